//! What goes wrong with the other program.

use std::fmt;

use galley_core::DomainError;
use galley_sandbox::LineError;

use crate::wire::WrongField;

/// Bytes of a line that an error quotes.
const QUOTED: usize = 160;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("the command cannot be started: {0}")]
    Start(#[from] std::io::Error),
    #[error("{0}")]
    Line(#[from] LineError),
    #[error("it speaks version {theirs} of the wire, and this galley speaks version {ours}")]
    Version { theirs: String, ours: u64 },
    #[error("{reason}; the line begins with {line}")]
    Nonsense { reason: String, line: String },
    /// It answered that it cannot; it is well otherwise.
    #[error("it reports an error: {0}")]
    Reported(String),
}

impl WorkerError {
    /// An answer that does not fit, with its beginning.
    pub fn nonsense(reason: impl fmt::Display, line: &[u8]) -> Self {
        let cut = line.len().min(QUOTED);
        let text = String::from_utf8_lossy(&line[..cut]);
        let more = if cut < line.len() { format!(" … ({} bytes)", line.len()) } else { String::new() };
        Self::Nonsense { reason: reason.to_string(), line: format!("{text:?}{more}") }
    }

    pub fn wrong_field(error: &WrongField, line: &[u8]) -> Self {
        Self::nonsense(error, line)
    }
}

/// A question without an answer: who was asked what, and why there is none.
#[derive(Debug, thiserror::Error)]
#[error("asked for `{ask}`: {cause}{}", said(.log))]
pub struct Failure {
    pub command: String,
    /// `hello`, or the name of the question.
    pub ask: String,
    pub cause: WorkerError,
    /// The end of what it said on standard error.
    pub log: String,
}

fn said(log: &str) -> String {
    if log.is_empty() { String::new() } else { format!("; it said:\n  {}", log.replace('\n', "\n  ")) }
}

impl Failure {
    /// While a run goes on: the rollout is excluded.
    pub fn harness(&self) -> DomainError {
        DomainError::harness(format!("`{}`", self.command), self)
    }

    /// Before a run begins: the user can mend it.
    pub fn setup(&self) -> DomainError {
        DomainError::setup(
            format!("[domain.external] command: `{}` does not answer: {self}", self.command),
            "start it by hand in the same folder; `galley explain external/wire` says what it has to answer",
        )
    }
}
