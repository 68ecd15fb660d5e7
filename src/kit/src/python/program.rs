//! Finds the program in a response.

use galley_core::Span;

/// The program in `response`, without the white space around it: what stands in the first `python` fence, else in the
/// first fence without a language (a fence that is never closed goes to the end), else everything from the first line on
/// that looks like Python. `None` without any.
pub fn find_program(response: &str) -> Option<Span> {
    let code = first_line(response);
    let plain = || fence(response, "").filter(|fence| code.is_none_or(|start| fence.start <= start));
    let rest = || code.map(|start| Span::new(start, response.len()));
    let found = fence(response, "python").or_else(plain).or_else(rest)?;
    Some(trimmed(response, found)).filter(|span| !span.is_empty())
}

/// The inside of the first fence of a language; without one, of the first whose line names none.
fn fence(response: &str, language: &str) -> Option<Span> {
    response.match_indices("```").find_map(|(at, mark)| {
        // A fence stands at the beginning of a line: programs hold such marks in their texts.
        let line = response[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let start = at + mark.len() + language.len();
        let inside = response.get(start..)?;
        let named = response.get(at + mark.len()..start)?.eq_ignore_ascii_case(language);
        let fits = response[line..at].trim().is_empty() && named && inside.starts_with(['\n', '\r']);
        let end = inside.find("\n```").map_or(inside.len(), |end| end + 1);
        fits.then(|| Span::new(start, start + end))
    })
}

/// Where the first line begins that is an import, a comment or a call of `plt`.
fn first_line(response: &str) -> Option<usize> {
    let python = ["import ", "from ", "#", "plt.", "\"\"\"", "fig", "np.", "x =", "prs"];
    let mut start = 0;
    for line in response.split_inclusive('\n') {
        if python.iter().any(|begin| line.starts_with(begin)) {
            return Some(start);
        }
        start += line.len();
    }
    None
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
    fn the_first_python_fence_wins() {
        check("Here:\n```python\nplot(1)\n```\nand\n```python\nb\n```", Some("plot(1)"));
        check("```bash\nls\n```\n```Python\nplot(1)\n```", Some("plot(1)"));
        check("```python\nplot(1", Some("plot(1"));
        check("```python\n \n```", None);
    }

    #[test]
    fn a_plain_fence_counts_too() {
        check("Sure:\n```\nplot(1)\n```\nEnjoy.", Some("plot(1)"));
    }

    #[test]
    fn without_a_fence_it_begins_where_python_does() {
        check("Sure!\nimport a\nb\n", Some("import a\nb"));
        check("# a\nimport a\nx = '```'\n", Some("# a\nimport a\nx = '```'"));
        check("no program", None);
        check("", None);
    }
}
