//! Finds the program in a response.

use galley_core::Span;

/// The page in `response`, without the white space around it: what stands in the first `html` fence, else in a fence
/// without a language that comes before any other markup (a fence that is never closed goes to the end), else everything
/// from the first tag, comment or doctype on. `None` without any markup.
pub fn find_program(response: &str) -> Option<Span> {
    let start = markup(response);
    let plain = || fence(response, "").filter(|fence| start.is_some_and(|start| fence.start <= start));
    let rest = || start.map(|start| Span::new(start, response.len()));
    let range = fence(response, "html").or_else(plain).or_else(rest)?;
    Some(trimmed(response, range)).filter(|span| !span.is_empty())
}

/// The inside of the first fence of a language; of those without one, the first that begins with markup.
fn fence(response: &str, language: &str) -> Option<Span> {
    response.match_indices("```").find_map(|(at, fence)| {
        let named = at + fence.len();
        let start = named + language.len();
        let inside = response.get(start..)?;
        let end = inside.find("```").unwrap_or(inside.len());
        let fits = response.get(named..start)?.eq_ignore_ascii_case(language)
            && (!language.is_empty()
                || inside.starts_with(['\n', '\r']) && markup(inside.trim_start()) == Some(0));
        fits.then(|| Span::new(start, start + end))
    })
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
    fn a_plain_fence_counts_if_the_page_begins_in_it() {
        check("Sure:\n```\n<p>a</p>\n```\nEnjoy.", Some("<p>a</p>"));
        check("<p>```\n<b>x</b>```</p>", Some("<p>```\n<b>x</b>```</p>"));
        check("```x```<p>é```", Some("<p>é```"));
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
