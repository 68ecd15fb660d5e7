//! Finds declarations in CSS, by their bytes.

use galley_core::Span;

/// One declaration; the span counts from the start of the scanned text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Lower case.
    pub(super) property: String,
    /// Without white space at its ends, `!important` included.
    pub(super) value: Span,
}

/// The declarations of a style attribute.
pub(super) fn inline(text: &str) -> Vec<Found> {
    scan(text, 1)
}

/// The declarations of a style sheet, those inside at-rules included.
pub(super) fn block(text: &str) -> Vec<Found> {
    scan(text, 0)
}

/// Cuts the text at `;`, `{` and `}` outside strings, parentheses and comments; a piece before `;`, `}` or the end is a
/// declaration if it has a colon and stands inside a block.
fn scan(text: &str, mut depth: usize) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\'' => at = skip_string(bytes, at),
            b'(' => at = skip_parentheses(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let end = text.get(at + 2..).and_then(|rest| rest.find("*/"));
                at = end.map_or(bytes.len(), |end| at + 2 + end + 2);
                if text
                    .get(start..at)
                    .is_some_and(|piece| !piece.contains(':') || piece.trim().starts_with("/*"))
                {
                    start = at;
                }
                continue;
            }
            b'{' => {
                depth += 1;
                start = at + 1;
            }
            end @ (b';' | b'}') => {
                if depth > 0 {
                    found.extend(declaration(text, start, at));
                }
                depth -= usize::from(end == b'}' && depth > 0);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if depth > 0 {
        found.extend(declaration(text, start, bytes.len()));
    }
    found
}

fn declaration(text: &str, start: usize, end: usize) -> Option<Found> {
    let piece = text.get(start..end)?;
    let (property, value) = piece.split_once(':')?;
    let at = start + property.len() + 1 + value.len() - value.trim_start().len();
    let property = property.trim().to_ascii_lowercase();
    let value = value.trim();
    let named =
        !property.is_empty() && property.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (named && !value.is_empty()).then(|| Found { property, value: Span::new(at, at + value.len()) })
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
    }
}
