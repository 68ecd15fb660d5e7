//! From Python's lines and columns to bytes.

use galley_core::Span;

/// Where the lines of a program begin, as Python counts them: after `\n`, `\r\n` and `\r`.
#[derive(Debug)]
pub struct Lines<'a> {
    program: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn new(program: &'a str) -> Self {
        let bytes = program.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { program, starts }
    }

    /// The span of `[line, column, end line, end column]`: lines from 1, columns in bytes from 0, -1 for the end of the
    /// line. Nothing where it leaves the program or cuts a character.
    pub fn span(&self, at: [i64; 4]) -> Option<Span> {
        let (start, end) = (self.byte(at[0], at[1])?, self.byte(at[2], at[3])?);
        (start <= end && self.program.get(start..end).is_some()).then(|| Span::new(start, end))
    }

    fn byte(&self, line: i64, column: i64) -> Option<usize> {
        let index = usize::try_from(line.checked_sub(1)?).ok()?;
        let start = *self.starts.get(index)?;
        let next = self.starts.get(index + 1).copied().unwrap_or(self.program.len());
        let text = self.program.get(start..next)?;
        let end = start + text.trim_end_matches(['\n', '\r']).len();
        match usize::try_from(column) {
            Ok(column) => Some((start + column).min(end)),
            Err(_) => Some(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_byte_columns_become_spans() {
        let program = "a = 1\r\nb = 'é' + c\rd\n";
        let lines = Lines::new(program);
        let text = |at| lines.span(at).and_then(|span| span.slice(program));
        assert_eq!(text([1, 0, 1, 1]), Some("a"));
        assert_eq!(text([2, 4, 2, 8]), Some("'é'"));
        assert_eq!(text([2, 4, 3, -1]), Some("'é' + c\rd"));
        assert_eq!(text([2, 0, 2, 6]), None, "inside a character");
        assert_eq!(text([9, 0, 9, 1]), None);
        assert_eq!(text([0, 0, 0, 0]), None);
        assert_eq!(text([2, 3, 1, 0]), None);
    }
}
