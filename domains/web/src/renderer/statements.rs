//! The statement of a page's script that made an element.
//!
//! The browser's positions are those of the numbered page; the text of a script is the same there and in the program, so
//! that a position in it is one in the program.

use galley_core::Span;

use crate::{
    browser::Frame,
    inject::{Injected, Outline, SourceElement},
};

/// The address of every document that is written into a tab.
const DOCUMENT: &str = "about:blank";

/// Calls of one stack that are looked at, from the innermost.
const DEEPEST: usize = 16;

/// The scripts that stand in a page, in source order.
#[derive(Debug)]
pub struct Statements<'a> {
    program: &'a str,
    scripts: Vec<Script>,
}

/// One script's text: where it is in the program, and in the numbered page.
#[derive(Debug)]
struct Script {
    text: Span,
    /// Lines before it, from 0.
    line: usize,
    /// UTF-16 units before it on its first line.
    column: usize,
    /// Its lines in the program, without their ends.
    lines: Vec<Span>,
    /// Where its statements end in the program, ascending.
    cuts: Vec<usize>,
}

impl<'a> Statements<'a> {
    pub fn of(program: &'a str, outline: &Outline, injected: &Injected) -> Self {
        let mut cursor = Cursor { html: &injected.html, at: 0, line: 0, line_start: 0 };
        let elements = outline.elements.iter().enumerate().filter(|(_, element)| element.name == "script");
        let mut script = |(index, element)| {
            let text = text(program, element)?;
            let inner = text.slice(program)?;
            cursor.seek(&format!("{}=\"{index}\"", injected.attribute))?;
            cursor.seek(&format!(">{inner}"))?;
            let (line, column) = cursor.behind_bracket();
            let lines = lines(inner, text.start);
            let cuts = lines.iter().flat_map(|line| cuts(program, *line)).collect();
            Some(Script { text, line, column, lines, cuts })
        };
        Self { program, scripts: elements.filter_map(&mut script).collect() }
    }

    /// The statement of the innermost call that stands in a script of the page, or as much of it as its line has: from
    /// one of `;`, `{`, `}` or the start of the line to the next or the end. `None` where no call does, as in event
    /// handlers and in text that a script evaluates.
    pub fn of_trace(&self, trace: &[Frame]) -> Option<Span> {
        let handler = trace.last().filter(|root| is_handler(&root.function_name)).map(|root| &root.script_id);
        let near = &trace[..trace.len().min(DEEPEST)];
        let own = near.iter().filter(|frame| frame.url == DOCUMENT && Some(&frame.script_id) != handler);
        own.filter_map(|frame| {
            let (script, at) = self.locate(frame)?;
            // Positions of a script that another script wrote start anew, and are in no or in many scripts.
            let mut same = near.iter().filter(|other| other.script_id == frame.script_id);
            same.all(|other| self.locate(other).is_some_and(|(found, _)| found.text == script.text))
                .then(|| script.statement(self.program, at))
        })
        .next()
    }

    fn locate(&self, frame: &Frame) -> Option<(&Script, usize)> {
        let position = (frame.line_number, frame.column_number);
        let behind = self.scripts.partition_point(|script| (script.line, script.column) <= position);
        let script = self.scripts.get(behind.checked_sub(1)?)?;
        Some((script, script.locate(self.program, frame)?))
    }
}

impl Script {
    /// The byte of the program at the position of a call.
    fn locate(&self, program: &str, frame: &Frame) -> Option<usize> {
        let line = frame.line_number.checked_sub(self.line)?;
        let column = frame.column_number.checked_sub(if line == 0 { self.column } else { 0 })?;
        let line = self.lines.get(line)?;
        let text = line.slice(program)?;
        if text.is_ascii() {
            return (column < text.len()).then_some(line.start + column);
        }
        let mut units = 0;
        let at = text.char_indices().find(|(_, character)| {
            units += character.len_utf16();
            units > column
        });
        at.map(|(at, _)| line.start + at)
    }

    fn statement(&self, program: &str, at: usize) -> Span {
        let behind = self.cuts.partition_point(|&cut| cut <= at);
        let start = behind.checked_sub(1).map_or(self.text.start, |before| self.cuts[before]);
        let end = self.cuts.get(behind).copied().unwrap_or(self.text.end);
        let part = program.get(start..end).unwrap_or_default();
        let start = start + part.len() - part.trim_start().len();
        Span::new(start, start + part.trim().len())
    }
}

/// A place in the numbered page that moves forward.
struct Cursor<'a> {
    html: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
}

impl Cursor<'_> {
    /// Goes to where `text` begins next.
    fn seek(&mut self, text: &str) -> Option<()> {
        let next = self.at + self.html.get(self.at..)?.find(text)?;
        for line in lines(self.html.get(self.at..next)?, self.at).iter().skip(1) {
            self.line += 1;
            self.line_start = line.start;
        }
        self.at = next;
        Some(())
    }

    /// Line and column, in UTF-16 units, of what follows the `>` here.
    fn behind_bracket(&self) -> (usize, usize) {
        let before = self.html.get(self.line_start..=self.at).unwrap_or_default();
        (self.line, before.encode_utf16().count())
    }
}

/// What stands between the tags of an element.
fn text(program: &str, element: &SourceElement) -> Option<Span> {
    let start = element.start_tag.end;
    let inner = program.get(start..element.span.end)?;
    let end = if element.closed { inner.rfind("</")? } else { inner.len() };
    Some(Span::new(start, start + end))
}

/// The lines of a text that begins at `start`, without their ends, as HTML and JavaScript count them; at least one.
fn lines(text: &str, start: usize) -> Vec<Span> {
    let (mut lines, mut from) = (Vec::new(), 0);
    for (at, end) in text.match_indices(['\n', '\r', '\u{2028}', '\u{2029}']) {
        if end == "\n" && at > 0 && text.as_bytes()[at - 1] == b'\r' {
            from = at + 1;
            continue;
        }
        lines.push(Span::new(start + from, start + at));
        from = at + end.len();
    }
    lines.push(Span::new(start + from, start + text.len()));
    lines
}

/// Where the statements of one line end: behind `;`, `{` and `}` outside of quotes, within brackets only those of a
/// block, and at the end of the line.
fn cuts(program: &str, line: Span) -> Vec<usize> {
    let (mut cuts, mut open, mut quote, mut escaped) = (Vec::new(), Vec::new(), None, false);
    for (at, character) in line.slice(program).unwrap_or_default().char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(opened), _) if opened == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '(' | '[' | '{') => open.push(character),
            (None, ')' | ']' | '}') => drop(open.pop()),
            (None, _) => {}
        }
        let ends =
            matches!(character, '{' | '}') || (character == ';' && !matches!(open.last(), Some('(' | '[')));
        if quote.is_none() && ends {
            cuts.push(line.start + at + 1);
        }
    }
    cuts.push(line.end);
    cuts
}

/// Whether a function is the one that an `on…` attribute becomes.
fn is_handler(name: &str) -> bool {
    name.strip_prefix("on")
        .is_some_and(|event| !event.is_empty() && event.bytes().all(|b| b.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::inject::{inject, outline};

    fn frame(name: &str, script: &str, line: usize, column: usize) -> Frame {
        Frame {
            function_name: name.into(),
            script_id: script.into(),
            url: DOCUMENT.into(),
            line_number: line,
            column_number: column,
        }
    }

    /// The statement of a trace whose positions are those of the program as it is written.
    fn found<'a>(program: &'a str, trace: &[Frame]) -> Option<&'a str> {
        let outline = outline(program);
        let injected = inject(program, &outline, &BTreeMap::new(), true);
        let statements = Statements::of(program, &outline, &injected);
        statements.of_trace(trace).and_then(|span| span.slice(program))
    }

    const PAGE: &str =
        "<p>ä</p>\r\n<script>\r\nfunction add(t) { make(t); }\n  add('a;b'); add(\"c\");\n</script>\n";

    #[test]
    fn a_call_is_found_in_its_line() {
        assert_eq!(found(PAGE, &[frame("", "3", 3, 2)]), Some("add('a;b');"));
        assert_eq!(found(PAGE, &[frame("", "3", 3, 14)]), Some("add(\"c\");"));
        assert_eq!(found(PAGE, &[frame("add", "3", 2, 18), frame("", "3", 3, 2)]), Some("make(t);"));
    }

    #[test]
    fn columns_of_the_first_line_are_those_of_the_numbered_page() {
        let program = "<b>ä</b><script>make(); other()</script>";
        let outline = outline(program);
        let injected = inject(program, &outline, &BTreeMap::new(), true);
        let before = &injected.html[..injected.html.find("make").unwrap()];
        let at = before.encode_utf16().count();
        assert_eq!(found(program, &[frame("", "3", 0, at)]), Some("make();"));
        assert_eq!(found(program, &[frame("", "3", 0, at + 8)]), Some("other()"));
        assert_eq!(found(program, &[frame("", "3", 0, 2)]), None);
    }

    #[test]
    fn calls_outside_of_the_pages_scripts_are_passed_over() {
        let evaluated = Frame { url: String::new(), ..frame("eval", "4", 0, 30) };
        assert_eq!(found(PAGE, &[evaluated.clone(), frame("", "3", 3, 2)]), Some("add('a;b');"));
        assert_eq!(found(PAGE, &[evaluated]), None);
        // The handler's own positions look like those of a script.
        assert_eq!(found(PAGE, &[frame("onload", "8", 3, 2)]), None);
        let calls = [frame("add", "3", 2, 18), frame("onload", "8", 3, 2)];
        assert_eq!(found(PAGE, &calls), Some("make(t);"));
        // So do those of a script whose other calls are nowhere.
        assert_eq!(found(PAGE, &[frame("f", "9", 3, 2), frame("", "9", 0, 0)]), None);
        assert_eq!(found(PAGE, &[]), None);
    }

    #[test]
    fn statements_end_at_semicolons_and_blocks_but_not_in_brackets_or_quotes() {
        let ends = |line: &str| cuts(line, Span::new(0, line.len()));
        assert_eq!(ends("for (i = 0; i < 3; i++) { f(';}'); }"), [25, 34, 36, 36]);
        assert_eq!(ends("each(() => { a(); b(); });"), [12, 17, 22, 24, 26, 26]);
        assert_eq!(ends("x = '\\';'"), [9]);
    }
}
