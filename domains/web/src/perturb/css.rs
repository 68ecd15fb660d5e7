//! Finds declarations in CSS, by their bytes.

use galley_core::Span;

/// One declaration; the span counts from the start of the scanned text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Lower case.
    pub(super) property: String,
    /// Without white space at its ends, `!important` included.
    pub(super) value: Span,
    /// What stands before the braces around it, outermost first; nothing in a style attribute.
    pub(super) preludes: Vec<String>,
}

/// The declarations of a style attribute.
pub(super) fn inline(text: &str) -> Vec<Found> {
    Scanner { text, inline: true, start: 0, preludes: Vec::new(), found: Vec::new() }.scan()
}

/// The declarations of a style sheet, those inside at-rules included.
pub(super) fn block(text: &str) -> Vec<Found> {
    Scanner { text, inline: false, start: 0, preludes: Vec::new(), found: Vec::new() }.scan()
}

/// Cuts the text at `;`, `{` and `}` outside strings, parentheses and comments; a piece before `;`, `}` or the end is a
/// declaration if it has a colon and stands inside a block.
struct Scanner<'a> {
    text: &'a str,
    inline: bool,
    /// Where the present piece begins.
    start: usize,
    /// Of the open blocks.
    preludes: Vec<String>,
    found: Vec<Found>,
}

impl Scanner<'_> {
    fn scan(mut self) -> Vec<Found> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'"' | b'\'' => at = skip_string(bytes, at),
                b'(' => at = skip_parentheses(bytes, at),
                b'/' if bytes.get(at + 1) == Some(&b'*') => {
                    let end = skip_comment(self.text, at);
                    self.comment(at, end);
                    at = end - 1;
                }
                b'{' => self.open(at),
                b';' => self.cut(at),
                b'}' => {
                    self.cut(at);
                    self.preludes.pop();
                }
                _ => {}
            }
            at += 1;
        }
        self.cut(bytes.len());
        self.found
    }

    /// A comment at the beginning of a piece is no part of it.
    fn comment(&mut self, at: usize, end: usize) {
        if self.text.get(self.start..at).is_some_and(|piece| piece.trim().is_empty()) {
            self.start = end;
        }
    }

    fn open(&mut self, at: usize) {
        self.preludes.push(self.text.get(self.start..at).unwrap_or_default().trim().to_owned());
        self.start = at + 1;
    }

    fn cut(&mut self, at: usize) {
        if self.inline || !self.preludes.is_empty() {
            self.found.extend(declaration(self.text, self.start, at, &self.preludes));
        }
        self.start = at + 1;
    }
}

fn declaration(text: &str, start: usize, end: usize, preludes: &[String]) -> Option<Found> {
    let piece = text.get(start..end)?;
    let (property, value) = piece.split_once(':')?;
    let at = start + property.len() + 1 + value.len() - value.trim_start().len();
    let property = property.trim().to_ascii_lowercase();
    let value = value.trim();
    let named =
        !property.is_empty() && property.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let value = (named && !value.is_empty()).then(|| Span::new(at, at + value.len()))?;
    Some(Found { property, value, preludes: preludes.to_vec() })
}

/// Behind the comment that begins at `at`.
fn skip_comment(text: &str, at: usize) -> usize {
    let length = text.get(at + 2..).and_then(|rest| rest.find("*/"));
    length.map_or(text.len(), |length| at + length + 4)
}

/// The closing quote, or the last byte.
fn skip_string(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != bytes[open] {
        at += 1 + usize::from(bytes[at] == b'\\');
    }
    at
}

/// The closing parenthesis, or the end.
fn skip_parentheses(bytes: &[u8], open: usize) -> usize {
    let (mut at, mut depth) = (open, 0usize);
    while at < bytes.len() {
        match bytes[at] {
            b'(' => depth += 1,
            b')' if depth == 1 => return at,
            b')' => depth -= 1,
            b'"' | b'\'' => at = skip_string(bytes, at),
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: Vec<Found>, text: &str, expect: &[(&str, &str)]) {
        let found: Vec<(&str, &str)> =
            found.iter().map(|found| (found.property.as_str(), found.value.slice(text).unwrap())).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn inline_declarations() {
        for (text, expect) in [
            ("color:#fff;width: 45% ; ", &[("color", "#fff"), ("width", "45%")][..]),
            (
                "background:url(data:a;b) ; COLOR : red !important",
                &[("background", "url(data:a;b)"), ("color", "red !important")],
            ),
            ("/* a:b; */color:red/* x */", &[("color", "red/* x */")]),
            ("content:'a;b:c';x:1", &[("content", "'a;b:c'"), ("x", "1")]),
            ("color", &[]),
            ("color:", &[]),
            ("a:(", &[("a", "(")]),
            ("a:'é", &[("a", "'é")]),
        ] {
            check(inline(text), text, expect);
        }
    }

    #[test]
    fn style_sheets() {
        let text = "@import 'a:b'; a:hover{color:red} @media (max-width:600px){p,q{width:1px;height:2px}}/* u{v:w} */i{x:y";
        check(block(text), text, &[("color", "red"), ("width", "1px"), ("height", "2px"), ("x", "y")]);
        check(block("}}a:b;"), "}}a:b;", &[]);
        let preludes = |index: usize| block(text)[index].preludes.clone();
        assert_eq!(preludes(0), ["a:hover"]);
        assert_eq!(preludes(1), ["@media (max-width:600px)", "p,q"]);
        assert_eq!(preludes(3), ["i"]);
    }
}
