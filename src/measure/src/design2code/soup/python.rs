//! The few habits of Python's text that decide results: what is white space, how files are read.

use std::borrow::Cow;

use super::PageError;

/// `str.isspace()` of one character, and `\s` of a regular expression: Unicode white space and U+001C..=U+001F.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `str.strip()`.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The bytes of a file as strict UTF-8; a byte order mark stays, as `open(…, encoding="utf-8")` leaves it.
///
/// # Errors
/// [`PageError::NotUtf8`], where Python raises `UnicodeDecodeError`.
pub fn decode(bytes: &[u8]) -> Result<&str, PageError> {
    std::str::from_utf8(bytes).map_err(|error| PageError::NotUtf8 { at: error.valid_up_to() })
}

/// What reading a file in text mode does: `\r\n` and a lone `\r` become `\n`.
pub fn universal_newlines(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The place after the white space that starts at `at`.
pub(super) fn skip_space(text: &str, at: usize) -> usize {
    skip_while(text, at, is_space)
}

/// The place of the first character from `at` on that does not belong.
pub(super) fn skip_while(text: &str, at: usize, belongs: impl Fn(char) -> bool) -> usize {
    text[at..].find(|c| !belongs(c)).map_or(text.len(), |length| at + length)
}

/// `text.find(needle, from)`.
pub(super) fn find_from(text: &str, needle: char, from: usize) -> Option<usize> {
    text.get(from..)?.find(needle).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_space_and_newlines_are_one_character() {
        assert_eq!(strip("\u{1c}\u{a0}x\u{3000}\n"), "x");
        assert_eq!(universal_newlines("a\r\nb\rc\n\r"), "a\nb\nc\n\n");
        assert_eq!(decode(b"ab\xff"), Err(PageError::NotUtf8 { at: 2 }));
    }
}
