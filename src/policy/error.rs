//! What can go wrong in the policy, told apart where a caller may want to react.

use std::path::{Path, PathBuf};

/// An error of the policy: a bad folder, a bad request, or a numerical accident. Never a fault of a program.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A model that could not be had from the hub.
    #[error("hub model {id}: {message}")]
    Hub { id: String, message: String },
    #[error("cannot access {path}")]
    Io { path: PathBuf, source: std::io::Error },
    /// A field of `config.json` or `preprocessor_config.json` is missing, of the wrong type, or inconsistent.
    #[error("model configuration: `{field}` {problem}")]
    Config { field: String, problem: String },
    #[error("{what} is not valid json")]
    Json { what: String, source: serde_json::Error },
    /// A weight file that cannot be read: truncated, of another dtype, or holding NaN.
    #[error("weights in {path}: {problem}")]
    Weights { path: PathBuf, problem: String },
    /// The names in the weight files are not those of the configuration.
    #[error(
        "weights do not fit the configuration: missing [{}], unexpected [{}]",
        list(missing),
        list(unexpected)
    )]
    Names { missing: Vec<String>, unexpected: Vec<String> },
    #[error("image: {0}")]
    Image(String),
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// The caller asked for something impossible (a prompt whose image tokens do not match its images, say).
    #[error("{0}")]
    Input(String),
    /// A gradient is NaN or infinite; nothing was changed.
    #[error("the gradient of `{name}` is not finite; the step was not taken")]
    NonFiniteGradient { name: String },
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// The result of everything in this folder.
pub type Result<T, E = PolicyError> = std::result::Result<T, E>;

impl PolicyError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn config(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Config { field: field.into(), problem: problem.into() }
    }

    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(message.into())
    }
}

/// At most eight names, so that a wrong folder does not print a thousand lines.
fn list(names: &[String]) -> String {
    let shown = names.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 8 { format!("{shown}, … {} in all", names.len()) } else { shown }
}
