//! `[domain]`: a name, and one free table per domain.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `[domain] name = "web"` with its settings in `[domain.web]`. The tables' keys are checked against
/// [`galley_core::DomainEntry::defaults`] when a recipe is loaded, so here they are plain JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct DomainConfig {
    /// Which domain; its settings are in the table of the same name.
    pub name: String,
    /// Settings by domain name. A resolved recipe holds exactly one: that of `name`, with every key of its defaults.
    pub tables: Map<String, Value>,
}

impl Default for DomainConfig {
    fn default() -> Self {
        Self { name: "web".into(), tables: Map::new() }
    }
}

impl DomainConfig {
    /// Forgets the tables of domains that the run does not use.
    pub(in crate::recipe) fn keep_chosen(&mut self) {
        let name = self.name.clone();
        self.tables.retain(|table, _| *table == name);
    }

    /// What the chosen domain's `build` is given.
    pub fn settings(&self) -> Value {
        self.tables.get(&self.name).cloned().unwrap_or_else(|| Value::Object(Map::new()))
    }
}

impl TryFrom<Map<String, Value>> for DomainConfig {
    type Error = String;

    fn try_from(mut map: Map<String, Value>) -> Result<Self, String> {
        match map.shift_remove("name") {
            Some(Value::String(name)) => Ok(Self { name, tables: map }),
            Some(other) => Err(format!("domain.name must be a string, not {other}")),
            None => Ok(Self { tables: map, ..Self::default() }),
        }
    }
}

impl From<DomainConfig> for Map<String, Value> {
    fn from(config: DomainConfig) -> Self {
        let mut map = Map::new();
        map.insert("name".into(), Value::String(config.name));
        map.extend(config.tables);
        map
    }
}
