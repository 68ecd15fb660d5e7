//! Faults of the harness, never of a program.

/// The domain could not do its work. The rollout is retried once, then excluded and counted: it is not a reward of 0.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// A tool that should run did not (browser died, worker lost, disk full).
    #[error("{tool} failed: {message}")]
    Harness { tool: String, message: String },
    /// Something is missing or set wrongly; the user can mend it.
    #[error("{message}\n  help: {help}")]
    Setup { message: String, help: String },
}

impl DomainError {
    pub fn harness(tool: impl Into<String>, message: impl ToString) -> Self {
        Self::Harness { tool: tool.into(), message: message.to_string() }
    }

    pub fn setup(message: impl ToString, help: impl ToString) -> Self {
        Self::Setup { message: message.to_string(), help: help.to_string() }
    }
}
