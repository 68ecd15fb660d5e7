//! A model that looks at pictures and answers in words: how a domain asks one without a network of its own.

use serde::{Deserialize, Serialize};

use crate::{DomainError, Part};

/// Where a model answers, by the chat protocol that OpenAI has made common. A domain reads it from its own table and hands
/// it to [`crate::Similarities::judge`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Endpoint {
    /// The address up to the version: `https://host/v1`. `/chat/completions` is put behind it.
    pub endpoint: String,
    /// The model's name there.
    pub model: String,
    /// The environment variable that holds the key; none is sent without.
    #[serde(default)]
    pub api_key_env: Option<String>,
}

/// Answers questions. The same question gets the same answer: answers are kept by what was asked.
pub trait Judge: Send + Sync {
    /// The model's name.
    fn name(&self) -> &str;

    /// What the model says to texts and pictures.
    ///
    /// # Errors
    /// `Setup` where the endpoint refuses (no key, no such model), `Harness` where it does not answer.
    fn answer(&self, question: &[Part]) -> Result<String, DomainError>;
}
