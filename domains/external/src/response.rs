//! Where the program stands in a response.

use galley_core::Span;

use crate::wire::Marks;

/// The content of the first code fence; without one, from the first `begin` to the last `end` behind it; without marks,
/// everything but the white space around it. `None` where there is nothing.
pub fn find_program(response: &str, marks: Option<&Marks>) -> Option<Span> {
    let within = fenced(response).unwrap_or(Span::new(0, response.len()));
    let text = within.slice(response)?;
    let found = match marks {
        None => Span::new(0, text.len()),
        Some(marks) => {
            let start = text.find(&marks.begin)?;
            let end = if marks.end.is_empty() { None } else { text[start..].rfind(&marks.end) };
            Span::new(start, end.map_or(text.len(), |at| start + at + marks.end.len()))
        }
    };
    let piece = found.slice(text)?;
    let start = within.start + found.start + (piece.len() - piece.trim_start().len());
    let trimmed = piece.trim();
    (!trimmed.is_empty()).then(|| Span::new(start, start + trimmed.len()))
}

/// Between the line of the first fence and the next fence, or the end.
fn fenced(response: &str) -> Option<Span> {
    let fence = response.find("```")?;
    let start = fence + response[fence..].find('\n')? + 1;
    let end = response[start..].find("```").map_or(response.len(), |at| start + at);
    Some(Span::new(start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_stand_in_fences_or_between_marks() {
        let marks = Marks { begin: "<svg".into(), end: "</svg>".into() };
        let find =
            |text: &str, marks| find_program(text, marks).and_then(|span| span.slice(text).map(String::from));
        assert_eq!(find("Sure:\n```svg\n<svg>1</svg>\n```\n", None).as_deref(), Some("<svg>1</svg>"));
        assert_eq!(find("Sure: <svg>1</svg>, enjoy", Some(&marks)).as_deref(), Some("<svg>1</svg>"));
        assert_eq!(find("<svg>cut", Some(&marks)).as_deref(), Some("<svg>cut"));
        assert_eq!(find(" x y \n", None).as_deref(), Some("x y"));
        for nothing in ["", " \n", "```\n```"] {
            assert_eq!(find(nothing, None), None, "{nothing:?}");
        }
        assert_eq!(find("no picture", Some(&marks)), None);
    }
}
