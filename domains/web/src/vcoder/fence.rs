//! The response: is there a fenced page in it?

/// The format term, 0..=1.
pub fn format(response: &str) -> f64 {
    let lower = response.to_ascii_lowercase();
    let opened = lower.contains("<html") || has_doctype(&lower);
    let part = |found: bool, worth: f64| if found { worth } else { 0.0 };
    part(page(response).is_some(), 0.5) + part(opened, 0.25) + part(lower.contains("</html>"), 0.25)
}

/// The text in the first ```` ```html ```` fence that is closed and has a line break behind the word, without white space
/// around it.
pub fn page(response: &str) -> Option<&str> {
    const FENCE: &str = "```html";
    response.match_indices(FENCE).find_map(|(at, _)| {
        let rest = &response[at + FENCE.len()..];
        let blank = &rest[..rest.find(|c| !is_space(c)).unwrap_or(rest.len())];
        let body = &rest[blank.rfind('\n')? + 1..];
        Some(body[..body.find("```")?].trim_matches(is_space))
    })
}

fn has_doctype(lower: &str) -> bool {
    const WORD: &str = "<!doctype";
    lower.match_indices(WORD).any(|(at, _)| {
        let rest = &lower[at + WORD.len()..];
        let word = rest.trim_start_matches(is_space);
        word.len() < rest.len() && word.starts_with("html")
    })
}

/// White space as Python's regular expressions have it: four control characters more than Unicode's.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}
