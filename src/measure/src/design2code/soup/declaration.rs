//! Everything that begins with `<!` or `<?`: comments, doctypes, marked sections, processing instructions.

use super::PageError;
use super::parser::Parser;
use super::python::{find_from, is_space, skip_space, skip_while};
use super::tree::StringKind;

impl Parser<'_> {
    /// `parse_html_declaration`; `None` if the text ends first.
    pub(super) fn html_declaration(&mut self, at: usize) -> Result<Option<usize>, PageError> {
        let html = self.html;
        let rest = &html.as_bytes()[at..];
        if rest.starts_with(b"<![") {
            return self.marked_section(at);
        }
        if !rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype")) {
            return Ok(self.bogus_comment(at));
        }
        let Some(close) = find_from(html, '>', at + 9) else { return Ok(None) };
        // The character after the word goes with it, whatever it is.
        let mut content = html[at + 9..close].chars();
        content.next();
        self.builder.special(StringKind::Doctype, content.as_str());
        Ok(Some(close + 1))
    }

    /// `<!…>` or `</…>` that is nothing else.
    pub(super) fn bogus_comment(&mut self, at: usize) -> Option<usize> {
        let close = find_from(self.html, '>', at + 2)?;
        self.builder.special(StringKind::Comment, &self.html[at + 2..close]);
        Some(close + 1)
    }

    /// `<!--…-- >`.
    pub(super) fn comment(&mut self, at: usize) -> Option<usize> {
        let from = at + 4;
        let found = (from < self.no_comment_end_from).then(|| closing(self.html, from, &["--"])).flatten();
        let Some((close, after)) = found else {
            self.no_comment_end_from = self.no_comment_end_from.min(from);
            return None;
        };
        self.builder.special(StringKind::Comment, &self.html[from..close]);
        Some(after)
    }

    /// `<?…>`.
    pub(super) fn processing_instruction(&mut self, at: usize) -> Option<usize> {
        let close = find_from(self.html, '>', at + 2)?;
        self.builder.special(StringKind::ProcessingInstruction, &self.html[at + 2..close]);
        Some(close + 1)
    }

    /// `<![name …]]>`, or `<![if …]>` as office programs write it.
    fn marked_section(&mut self, at: usize) -> Result<Option<usize>, PageError> {
        const MARKS: [&[&str]; 2] = [&["]", "]"], &["]"]];
        let (html, from) = (self.html, at + 3);
        if from == html.len() {
            return Ok(None);
        }
        if !html[from..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(PageError::Rejected { at });
        }
        let name_end = skip_while(html, from, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if skip_space(html, name_end) == html.len() {
            return Ok(None);
        }
        let sort = match html[from..name_end].to_ascii_lowercase().as_str() {
            "temp" | "cdata" | "ignore" | "include" | "rcdata" => 0,
            "if" | "else" | "endif" => 1,
            _ => return Err(PageError::Rejected { at }),
        };
        let absent_from = &mut self.no_section_end_from[sort];
        let found = (from < *absent_from).then(|| closing(html, from, MARKS[sort])).flatten();
        let Some((close, after)) = found else {
            *absent_from = (*absent_from).min(from);
            return Ok(None);
        };
        self.unknown_declaration(&html[from..close]);
        Ok(Some(after))
    }

    fn unknown_declaration(&mut self, content: &str) {
        match content.get(..6) {
            Some(start) if start.eq_ignore_ascii_case("cdata[") => {
                self.builder.special(StringKind::CData, &content[6..]);
            }
            _ => self.builder.special(StringKind::Declaration, content),
        }
    }
}

/// The first place from `from` on where the marks and a `>` follow one another, white space aside, and the place after.
fn closing(html: &str, from: usize, marks: &[&str]) -> Option<(usize, usize)> {
    let mut from = from;
    while let Some(at) = html[from..].find(marks[0]).map(|at| from + at) {
        let mut rest = &html[at..];
        let closed = marks.iter().chain(&[">"]).all(|mark| {
            let found = rest.trim_start_matches(is_space).strip_prefix(mark);
            rest = found.unwrap_or(rest);
            found.is_some()
        });
        if closed {
            return Some((at, html.len() - rest.len()));
        }
        from = at + 1;
    }
    None
}
