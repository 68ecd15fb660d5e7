//! The configuration of an external domain: the table `[domain.external]` of a recipe.

use std::time::Duration;

use galley_core::DomainError;
use galley_sandbox::JailMode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Every key. Only `command` has to be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ExternalConfig {
    /// The program and its arguments, started without a shell.
    pub command: Vec<String>,
    /// The folder that it is started in; empty: the one that galley was started in.
    pub directory: String,
    /// The longest that any answer may take, the first one included: `500ms`, `30s`, `2m`. A render gets no longer than
    /// `render.deadline-ms` and a moment.
    pub timeout: String,
    /// Copies of the program that work side by side.
    pub workers: usize,
    /// `none`: it may do what galley may. `best-effort`: no network and bounded memory, as far as the machine offers it;
    /// `required`: that, or nothing is started.
    pub sandbox: String,
    /// Put behind the target's picture in the prompt of a task that comes without one; empty: the picture alone.
    pub instruction: String,
    /// A table of the program's own, handed to it as it is.
    pub options: Value,
}

impl Default for ExternalConfig {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            directory: String::new(),
            timeout: "30s".into(),
            workers: 2,
            sandbox: "none".into(),
            instruction: String::new(),
            options: Value::Null,
        }
    }
}

/// What a recipe without a command is told.
pub(crate) const NO_COMMAND: &str = "[domain.external] command is empty";
pub(crate) const HELP: &str = "the program that speaks the wire, for example command = [\"python3\", \"my_domain.py\"]; \
                               `galley explain external/wire` says what it has to answer";

impl ExternalConfig {
    /// Reads the table that a recipe gives.
    ///
    /// # Errors
    /// `Setup` for a key or value that does not fit.
    pub fn read(value: Value) -> Result<Self, DomainError> {
        let wrong = |message: String, help: &str| {
            Err(DomainError::setup(format!("[domain.external] {message}"), help))
        };
        let config: Self = match serde_json::from_value(value) {
            Ok(config) => config,
            Err(error) => return wrong(error.to_string(), "`galley recipe schema` lists the keys"),
        };
        config.timeout()?;
        config.jail()?;
        if !(1..=256).contains(&config.workers) {
            return wrong(
                format!("workers: {} is not in 1..=256", config.workers),
                "as many as there are cores",
            );
        }
        if !(config.options.is_null() || config.options.is_object()) {
            return wrong(format!("options: {} is no table", config.options), "[domain.external.options]");
        }
        Ok(config)
    }

    /// # Errors
    /// `Setup` for what is no positive time of at most a day.
    pub fn timeout(&self) -> Result<Duration, DomainError> {
        let text = self.timeout.trim();
        let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let unit = match &text[split..] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            _ => 0.0,
        };
        let seconds = text[..split].trim().parse().unwrap_or(0.0) * unit;
        if (0.001..=86_400.0).contains(&seconds) {
            return Ok(Duration::from_secs_f64(seconds));
        }
        Err(DomainError::setup(
            format!("[domain.external] timeout: \"{text}\" is no time of at most a day"),
            "a number and its unit, for example \"500ms\", \"30s\", \"2m\"",
        ))
    }

    /// What the program is started in; `None` where it is left alone.
    ///
    /// # Errors
    /// `Setup` for an unknown name.
    pub fn jail(&self) -> Result<Option<JailMode>, DomainError> {
        match self.sandbox.as_str() {
            "none" => Ok(None),
            "best-effort" => Ok(Some(JailMode::Auto)),
            "required" => Ok(Some(JailMode::Required)),
            name => Err(DomainError::setup(
                format!("[domain.external] sandbox: there is no `{name}`"),
                "known: none, best-effort, required",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_have_a_number_and_a_unit() {
        let read = |timeout: &str| ExternalConfig::read(json!({"timeout": timeout}))?.timeout();
        for (text, milliseconds) in [("500ms", 500), ("30s", 30_000), ("1.5 s", 1500), ("2m", 120_000)] {
            assert_eq!(read(text).unwrap(), Duration::from_millis(milliseconds));
        }
        for text in ["", "30", "s", "0s", "-1s", "1h", "nan s", "1e9s"] {
            assert!(read(text).unwrap_err().to_string().contains("[domain.external] timeout"), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (table, key) in [
            (json!({"comand": []}), "comand"),
            (json!({"workers": 0}), "workers"),
            (json!({"sandbox": "on"}), "sandbox"),
            (json!({"options": 3}), "options"),
        ] {
            let error = ExternalConfig::read(table).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
        let written = serde_json::to_value(ExternalConfig::default()).unwrap();
        assert_eq!(ExternalConfig::read(written).unwrap(), ExternalConfig::default());
    }
}
