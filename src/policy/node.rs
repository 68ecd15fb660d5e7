//! Reading a json object whose errors name the field.

use serde_json::Value;

use super::{PolicyError, Result};

/// A json object with its path, for errors that name the field.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    /// With a full stop at its end, or empty.
    pub(super) path: String,
}

impl<'a> Node<'a> {
    pub(super) fn error(&self, name: &str, problem: impl Into<String>) -> PolicyError {
        PolicyError::config(format!("{}{name}", self.path), problem)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value.get(name).is_some_and(|value| !value.is_null())
    }

    pub(super) fn get(&self, name: &str) -> Result<&'a Value> {
        self.value.get(name).ok_or_else(|| self.error(name, "is missing"))
    }

    pub(super) fn child(&self, name: &str) -> Result<Node<'a>> {
        Ok(Node { value: self.get(name)?, path: format!("{}{name}.", self.path) })
    }

    pub(super) fn number(&self, name: &str) -> Result<usize> {
        let value = self.get(name)?;
        value
            .as_u64()
            .map(|n| n as usize)
            .ok_or_else(|| self.error(name, format!("is {value}, not a whole number")))
    }

    pub(super) fn real(&self, name: &str) -> Result<f64> {
        let value = self.get(name)?;
        value.as_f64().ok_or_else(|| self.error(name, format!("is {value}, not a number")))
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Vec<usize>> {
        let value = self.get(name)?;
        let list = value.as_array().map(|list| list.iter().map(Value::as_u64).collect::<Option<Vec<_>>>());
        let list = list
            .flatten()
            .ok_or_else(|| self.error(name, format!("is {value}, not a list of whole numbers")))?;
        Ok(list.into_iter().map(|n| n as usize).collect())
    }

    pub(super) fn triple(&self, name: &str) -> Result<[usize; 3]> {
        <[usize; 3]>::try_from(self.numbers(name)?)
            .map_err(|_| self.error(name, "does not have three entries"))
    }

    /// A token id; a list of them counts as its first.
    pub(super) fn id(&self, name: &str, default: u32) -> Result<u32> {
        let Some(value) = self.value.get(name).filter(|value| !value.is_null()) else { return Ok(default) };
        let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        first
            .as_u64()
            .and_then(|id| u32::try_from(id).ok())
            .ok_or_else(|| self.error(name, format!("is {value}, not a token id")))
    }

    pub(super) fn optional_text(&self, name: &str) -> Option<&'a str> {
        self.value.get(name)?.as_str()
    }

    pub(super) fn optional_flag(&self, name: &str) -> Option<bool> {
        self.value.get(name)?.as_bool()
    }

    pub(super) fn expect_text(&self, name: &str, known: &[&str]) -> Result<()> {
        let value = self.get(name)?;
        match value.as_str().is_some_and(|text| known.contains(&text)) {
            true => Ok(()),
            false => Err(self.error(name, format!("is {value}; known: {}", known.join(", ")))),
        }
    }
}
