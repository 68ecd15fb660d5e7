//! A domain that refuses its settings, put down to the line that set them.

use galley_core::DomainError;

use super::{Origin, Recipe, RecipeError, RecipeErrors};

impl Recipe {
    /// A [`DomainError::Setup`] as a mistake of this recipe, with the places of the settings that its message names (by
    /// key, or by the value that was given); other errors are handed back.
    ///
    /// # Errors
    /// The error itself, when it is no refusal of settings.
    pub fn blame(&self, error: DomainError) -> Result<RecipeErrors, DomainError> {
        let DomainError::Setup { message, help } = error else { return Err(error) };
        let places = self.named_in(&message);
        let message = if places.is_empty() { message } else { format!("{}: {message}", places.join(", ")) };
        Ok(RecipeError::new(message, None).help(help).into())
    }

    /// A mistake of the setting at `path`, with the place that set it.
    pub fn mistake(&self, path: &str, message: impl std::fmt::Display) -> RecipeErrors {
        let origin = self.origins.get(path).cloned().unwrap_or_default();
        RecipeError::new(format!("{origin}: {path}: {message}"), None).into()
    }

    fn named_in(&self, message: &str) -> Vec<String> {
        let table = format!("domain.{}.", self.config.domain.name);
        let tree = self.tree();
        let mut places = Vec::new();
        for (path, origin) in &self.origins {
            let Some(key) = path.strip_prefix(&table).filter(|_| *origin != Origin::Default) else {
                continue;
            };
            let pointer = format!("/{}", path.replace('.', "/"));
            let value = tree.pointer(&pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
            if message.contains(&format!("{table}{key}"))
                || message.contains(&format!("] {key}"))
                || (value.len() > 1 && message.contains(value))
            {
                places.push(format!("{origin}: {path}"));
            }
        }
        places
    }
}
