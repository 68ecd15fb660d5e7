//! Finds the program in a response.

use galley_core::Span;

/// The page in `response`: what stands in the first `html` fence (to the end when it is never closed), else everything
/// from the first tag, comment or doctype on; without the white space around it. `None` without any markup.
pub fn find_program(response: &str) -> Option<Span> {
    let range =
        fenced(response).or_else(|| markup(response).map(|start| Span::new(start, response.len())))?;
    Some(trimmed(response, range)).filter(|span| !span.is_empty())
}

fn fenced(response: &str) -> Option<Span> {
    let fence = response.match_indices("```").find_map(|(at, fence)| {
        let rest = &response[at + fence.len()..];
        let language = rest.get(..4).filter(|language| language.eq_ignore_ascii_case("html"))?;
        Some(at + fence.len() + language.len())
    })?;
    let length = response[fence..].find("```").unwrap_or(response.len() - fence);
    Some(Span::new(fence, fence + length))
}

/// Where markup begins: a `<` with a letter or `!` behind it.
fn markup(response: &str) -> Option<usize> {
    let begins = |at: &usize| {
        response.as_bytes().get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'!')
    };
    response.match_indices('<').map(|(at, _)| at).find(begins)
}

fn trimmed(response: &str, span: Span) -> Span {
    let text = &response[span.start..span.end];
    let start = span.start + text.len() - text.trim_start().len();
    Span::new(start, span.start + text.trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(response: &str, expect: Option<&str>) {
        assert_eq!(find_program(response).and_then(|span| span.slice(response)), expect, "{response:?}");
    }

    #[test]
    fn the_first_html_fence_wins() {
        check("Here:\n```html\n<p>a</p>\n```\nand\n```html\n<p>b</p>\n```", Some("<p>a</p>"));
        check("<b>no</b> ```HTML\n<p>a</p>```", Some("<p>a</p>"));
        check("```css\nb{}\n```\n```html\n<p>a</p>\n```", Some("<p>a</p>"));
        check("```html\n<p>cut of", Some("<p>cut of"));
        check("```html\n \n```", None);
    }

    #[test]
    fn without_a_fence_it_begins_at_the_first_tag() {
        check(" <body>x</body>\n", Some("<body>x</body>"));
        check("1 < 2 é <!doctype html><p>x", Some("<!doctype html><p>x"));
        check("no page", None);
        check("a <", None);
        check("", None);
    }
}
