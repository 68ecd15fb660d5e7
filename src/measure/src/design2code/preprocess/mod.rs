//! What the official evaluator does to a prediction before it is rendered: cut off repetition, wrap a fragment, drop what
//! occurs more than fifty times. References are left alone.

mod repetition;
mod truncate;

use std::borrow::Cow;

use super::soup::{PageError, universal_newlines};

/// A rewritten prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preprocessed {
    /// The page that takes the place of the prediction.
    pub html: String,
    /// The character at which the prediction was cut off because it repeated itself.
    pub dedup_start: Option<usize>,
}

/// `pre_process` of the text of a prediction's file.
///
/// # Errors
/// [`PageError::TooDeep`] and what [`super::soup::Soup::parse`] returns.
pub fn preprocess(html: &str) -> Result<Preprocessed, PageError> {
    let content = universal_newlines(html);
    let dedup_start = repetition::start(&content);
    let content: String = content.chars().take(dedup_start.unwrap_or(usize::MAX)).collect();
    let html = truncate::truncate_repeated_elements(&as_page(&content))?;
    Ok(Preprocessed { html, dedup_start })
}

/// A fragment without an `html` tag becomes a page with one paragraph.
fn as_page(content: &str) -> Cow<'_, str> {
    if has_html_tag(content) {
        return Cow::Borrowed(content);
    }
    Cow::Owned(format!("<html><body><p>{content}</p></body></html>"))
}

/// `<html[^>]*>`, letter case aside.
fn has_html_tag(content: &str) -> bool {
    let last_close = content.rfind('>').unwrap_or(0);
    content.as_bytes()[..last_close].windows(5).any(|window| window.eq_ignore_ascii_case(b"<html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_are_wrapped() {
        assert_eq!(preprocess("a<b>c").unwrap().html, "<html><body><p>a<b>c</b></p></body></html>");
        assert_eq!(preprocess("<HTML\nx>c").unwrap().html, "<html x=\"\">c</html>");
        assert_eq!(preprocess("1 > 0 <html").unwrap().html.matches("<body>").count(), 1);
    }
}
