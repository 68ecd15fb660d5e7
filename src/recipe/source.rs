//! Where a setting was written: a text, and a place in it that can be shown to the reader.

use std::{fmt::Write, ops::Range, path::PathBuf, sync::Arc};

/// A text that settings are read from.
#[derive(Debug)]
pub(super) struct Source {
    pub kind: SourceKind,
    /// A whole file, or one `key=value`.
    pub text: String,
}

#[derive(Debug)]
pub(super) enum SourceKind {
    File(PathBuf),
    Environment(String),
    CommandLine,
}

/// Some bytes of a source.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub source: Arc<Source>,
    pub span: Range<usize>,
}

impl Place {
    pub(super) fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        Self { source: Arc::clone(source), span }
    }

    /// Counted from 1.
    pub(super) fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// Counted from 1, in characters.
    pub(super) fn column(&self) -> usize {
        self.before().rsplit('\n').next().unwrap_or_default().chars().count() + 1
    }

    fn before(&self) -> &str {
        let mut end = self.span.start.min(self.source.text.len());
        while !self.source.text.is_char_boundary(end) {
            end -= 1;
        }
        &self.source.text[..end]
    }

    /// `recipes/a.toml:3:1`, `command line: train.lrr=1`, `environment: GALLEY__TRAIN__LR=x`.
    pub(super) fn label(&self) -> String {
        match &self.source.kind {
            SourceKind::File(path) => {
                format!("{}:{}:{}", path.display(), self.line(), self.column())
            }
            SourceKind::Environment(_) => format!("environment: {}", self.source.text),
            SourceKind::CommandLine => format!("command line: {}", self.source.text),
        }
    }

    /// The label, the offending line, and carets below the bytes with `help` behind them.
    pub(super) fn excerpt(&self, help: &str) -> String {
        let line = self.source.text.lines().nth(self.line() - 1).unwrap_or_default();
        let (number, column) = (self.line().to_string(), self.column());
        let margin = " ".repeat(number.len());
        let left = line.chars().count().saturating_sub(column - 1).max(1);
        let marked = self.source.text.get(self.span.clone()).unwrap_or_default();
        let width = marked.lines().next().unwrap_or_default().chars().count().clamp(1, left);
        let indent: String = line.chars().take(column - 1).map(|c| if c == '\t' { c } else { ' ' }).collect();
        let mut text = format!("{margin}--> {}\n{margin} |\n{number} | {line}\n", self.label());
        let _infallible = write!(text, "{margin} | {indent}{} {help}", "^".repeat(width));
        text.truncate(text.trim_end().len());
        text
    }
}
