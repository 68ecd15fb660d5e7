//! Text that stays text.

/// `text` for an element's content or a quoted attribute; control characters become visible signs.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            '\u{7f}' => out.push('␡'),
            control if control < ' ' => out.push(char::from_u32(0x2400 + u32::from(control)).unwrap_or('␀')),
            // Marks that would turn the direction of the text around them.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('�'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_afterwards() {
        assert_eq!(escaped("<a b='c' d=\"e\">&\u{0}\n"), "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;␀\n");
        assert_eq!(escaped("a\u{202e}b"), "a�b");
    }
}
