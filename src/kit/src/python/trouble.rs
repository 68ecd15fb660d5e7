//! What went wrong in a program, as the worker that ran it reports it.

use galley_core::{Fault, FaultKind};
use serde::Deserialize;

use super::Lines;

/// `{"kind": "syntax" | "runtime" | "limit" | "blank", "message": ..., "at": [line, column, end line, end column] or null}`.
#[derive(Debug, Deserialize)]
pub struct Trouble {
    kind: Kind,
    message: String,
    #[serde(default)]
    at: Option<[i64; 4]>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Syntax,
    Runtime,
    Limit,
    Blank,
}

impl Trouble {
    /// As a fault of the program whose lines are given.
    pub fn into_fault(self, lines: &Lines<'_>) -> Fault {
        let kind = match self.kind {
            Kind::Syntax => FaultKind::Syntax,
            Kind::Runtime => FaultKind::Runtime,
            Kind::Limit => FaultKind::Limit,
            Kind::Blank => FaultKind::Blank,
        };
        let fault = Fault::new(kind, self.message);
        match self.at.and_then(|at| lines.span(at)) {
            Some(span) => fault.at(span),
            None => fault,
        }
    }
}
