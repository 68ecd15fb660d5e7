//! What is wrong with a filter, and where.

/// A filter or an order that cannot be understood. Displays the text with a caret under the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n  {text}\n  {caret}", caret = caret(text, *at, *length))]
pub struct QueryError {
    pub message: String,
    /// The whole filter.
    pub text: String,
    /// Byte of the text.
    pub at: usize,
    pub length: usize,
}

impl QueryError {
    pub(super) fn new(text: &str, at: usize, length: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), text: text.to_owned(), at, length }
    }
}

fn caret(text: &str, at: usize, length: usize) -> String {
    let before = text.get(..at).map_or(0, |before| before.chars().count());
    let under = text.get(at..at + length).map_or(1, |under| under.chars().count().max(1));
    format!("{}{}", " ".repeat(before), "^".repeat(under))
}
