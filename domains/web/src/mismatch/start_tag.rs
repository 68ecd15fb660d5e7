//! The start tag of an element and the declarations of its style attribute, verbatim from the source.

/// What a start tag says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartTag<'a> {
    /// Bytes from `<` to behind `>`.
    pub len: usize,
    pub attributes: Vec<Attribute<'a>>,
}

/// One attribute; `value` is the raw source text without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    pub name: &'a str,
    pub value: &'a str,
    /// Where the value begins, counted from the `<`.
    pub at: usize,
}

impl<'a> StartTag<'a> {
    /// Reads the start tag at the beginning of `source`; empty where there is none.
    pub fn read(source: &'a str) -> Self {
        let mut reader = Reader { source, at: 0 };
        if !reader.take('<') {
            return Self::default();
        }
        reader.skip(|c| !c.is_whitespace() && c != '>' && c != '/');
        let mut attributes = Vec::new();
        loop {
            reader.skip(|c| c.is_whitespace() || c == '/');
            if reader.done() || reader.take('>') {
                return Self { len: reader.at, attributes };
            }
            attributes.push(reader.attribute());
        }
    }

    pub fn attribute(&self, name: &str) -> Option<Attribute<'a>> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name)).copied()
    }

    /// The declarations of the style attribute; offsets count from the `<`.
    pub fn declarations(&self) -> Vec<Declaration> {
        self.attribute("style").map(|style| declarations(style.value, style.at)).unwrap_or_default()
    }
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn done(&self) -> bool {
        self.at >= self.source.len()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn skip(&mut self, while_true: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !while_true(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// At least one character is consumed, so reading ends.
    fn attribute(&mut self) -> Attribute<'a> {
        let start = self.at;
        self.take('=');
        self.skip(|c| !c.is_whitespace() && c != '=' && c != '>' && c != '/');
        let name = &self.source[start..self.at];
        let after_name = self.at;
        self.skip(char::is_whitespace);
        if !self.take('=') {
            self.at = after_name;
            return Attribute { name, value: "", at: after_name };
        }
        self.skip(char::is_whitespace);
        for quote in ['"', '\''] {
            if self.take(quote) {
                let at = self.at;
                let value = self.skip(|c| c != quote);
                self.take(quote);
                return Attribute { name, value, at };
            }
        }
        let at = self.at;
        Attribute { name, value: self.skip(|c| !c.is_whitespace() && c != '>'), at }
    }
}

/// One `property:value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Lower case.
    pub property: String,
    /// Without `!important`, trimmed.
    pub value: String,
    /// As the source has it, from the property to before the `;`.
    pub quoted: String,
    /// Where `quoted` begins.
    pub at: usize,
    pub important: bool,
}

/// The declarations of a block in order; of a property that is declared twice only the last, which is the one that
/// counts. `offset` is added to every position.
pub fn declarations(block: &str, offset: usize) -> Vec<Declaration> {
    let mut found: Vec<Declaration> = Vec::new();
    for (start, piece) in pieces(block) {
        let quoted = piece.trim();
        let Some((property, value)) = quoted.split_once(':') else { continue };
        let property = property.trim().to_ascii_lowercase();
        let (value, important) = without_important(value.trim());
        let at = offset + start + (piece.len() - piece.trim_start().len());
        found.retain(|earlier| earlier.property != property);
        found.push(Declaration { property, value, quoted: quoted.to_owned(), at, important });
    }
    found
}

/// The value and whether `!important` stood behind it.
fn without_important(value: &str) -> (String, bool) {
    const WORD: &str = "important";
    let split = value.len().checked_sub(WORD.len()).filter(|at| value.is_char_boundary(*at));
    let marked = split.filter(|at| value[*at..].eq_ignore_ascii_case(WORD));
    match marked.and_then(|at| value[..at].trim_end().strip_suffix('!')) {
        Some(value) => (value.trim_end().to_owned(), true),
        None => (value.to_owned(), false),
    }
}

/// Splits at semicolons outside quotes and parentheses.
fn pieces(block: &str) -> Vec<(usize, &str)> {
    let (mut found, mut start, mut depth, mut quote) = (Vec::new(), 0, 0usize, None);
    for (at, c) in block.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ';') if depth == 0 => {
                found.push((start, &block[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push((start, &block[start..]));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_quoted_as_they_stand() {
        let source = r#"<div class=a style="background:#f0a; width: 45% ;;color:red!important">x</div>"#;
        let tag = StartTag::read(source);
        assert_eq!(&source[tag.len..], "x</div>");
        assert_eq!(tag.attribute("CLASS").map(|class| class.value), Some("a"));
        let found = tag.declarations();
        let quoted: Vec<&str> = found.iter().map(|declaration| declaration.quoted.as_str()).collect();
        assert_eq!(quoted, ["background:#f0a", "width: 45%", "color:red!important"]);
        assert!(found.iter().all(|declaration| source[declaration.at..].starts_with(&declaration.quoted)));
        assert_eq!((found[2].value.as_str(), found[2].important), ("red", true));
        assert_eq!(declarations("top:é ! IMPORTANT", 0)[0].value, "é");
    }

    #[test]
    fn the_last_of_two_equal_properties_counts() {
        let found = declarations("width:1px;width:2px", 0);
        assert_eq!((found.len(), found[0].quoted.as_str(), found[0].at), (1, "width:2px", 10));
    }

    #[test]
    fn semicolons_in_addresses_do_not_split() {
        assert_eq!(declarations("background:url(data:image/png;base64,AA);color:red", 0).len(), 2);
    }

    #[test]
    fn odd_tags_end() {
        for source in ["", "<", "<div", "<div =", "<div ==a b=\"", "<br/>", "x", "<p é=ü>", "<a '>"] {
            let tag = StartTag::read(source);
            assert!(tag.len <= source.len(), "{source}");
        }
        assert!(StartTag::read("<p style=color:red>").attribute("style").is_some());
    }
}
