//! What is wrong with a page before any browser sees it.
//!
//! A browser shows anything; a reward must not. A program whose tags do not close does not parse here, although HTML
//! has an answer for it. What HTML itself lets authors leave out (`</p>`, `</li>`, `<body>`, …) may be left out.

use galley_core::{Fault, FaultKind, Span};

use crate::inject::{Outline, Unfinished, outline};

/// The first parse-level fault of `program`, if it has one. Pure.
pub fn syntax(program: &str) -> Option<Fault> {
    of(program, &outline(program))
}

/// The same, for a program whose outline is known.
pub fn of(program: &str, outline: &Outline) -> Option<Fault> {
    if program.trim().is_empty() {
        return Some(fault(program, Span::new(0, program.len()), "the program is empty"));
    }
    if let Some(unfinished) = outline.unfinished {
        return Some(cut(program, unfinished));
    }
    let mut unclosed = outline.unclosed();
    let first = unclosed.next()?;
    let others = match unclosed.count() {
        0 => String::new(),
        count => format!(" (and {count} more)"),
    };
    Some(fault(program, first.start_tag, &format!("<{}> is never closed{others}", first.name)))
}

fn cut(program: &str, unfinished: Unfinished) -> Fault {
    match unfinished {
        Unfinished::Tag(span) => {
            let text = span.slice(program).unwrap_or_default();
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            fault(program, span, &format!("the tag `{}` has no `>`", &text[..end]))
        }
        Unfinished::Comment(span) => fault(program, span, "the comment has no `-->`"),
    }
}

fn fault(program: &str, span: Span, what: &str) -> Fault {
    let (line, column) = position(program, span.start);
    Fault::new(FaultKind::Syntax, format!("line {line}, column {column}: {what}")).at(span)
}

/// Line and column (in characters), both from 1.
fn position(program: &str, at: usize) -> (usize, usize) {
    let before = program.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(program: &str) -> String {
        syntax(program).map(|fault| fault.message).unwrap_or_default()
    }

    #[test]
    fn faults_name_line_and_column() {
        assert_eq!(message(" \n"), "line 1, column 1: the program is empty");
        assert_eq!(message("<html>\n<body>ä<div>x</body></html>"), "line 2, column 8: <div> is never closed");
        assert_eq!(message("<div><span>x"), "line 1, column 1: <div> is never closed (and 1 more)");
        assert_eq!(message("<p>\n<a href=\"x"), "line 2, column 1: the tag `<a` has no `>`");
        assert_eq!(message("<p>a<!-- b"), "line 1, column 5: the comment has no `-->`");
    }

    #[test]
    fn the_span_is_the_start_tag() {
        let fault = syntax("<p>a</p><div class=x>").map(|fault| fault.span);
        assert_eq!(fault, Some(Some(Span::new(8, 21))));
    }

    #[test]
    fn what_html_lets_out_is_no_fault() {
        for program in [
            "hello",
            "<p>a<p>b",
            "<ul><li>a<li>b</ul>",
            "<!doctype html><html><body><br>x",
            "<img src=a><hr/>",
        ] {
            assert_eq!(syntax(program), None, "{program}");
        }
    }
}
