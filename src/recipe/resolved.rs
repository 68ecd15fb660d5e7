//! A resolved recipe.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::Value;

use super::{Origin, RunConfig, annotate};

/// What a run does, completely, and where every value came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    pub config: RunConfig,
    /// By dotted path, for every value of [`Recipe::tree`].
    pub origins: BTreeMap<String, Origin>,
    /// The profile that was applied.
    pub profile: Option<String>,
    pub file: PathBuf,
}

/// A value that two recipes do not share; `None` where one has no such key.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub path: String,
    pub a: Option<Value>,
    pub b: Option<Value>,
}

impl Recipe {
    /// The configuration as JSON, keys in the order of the documentation.
    pub fn tree(&self) -> Value {
        serde_json::to_value(&self.config).unwrap_or(Value::Null)
    }

    /// The whole recipe as TOML, each value with its origin behind it. Loads back to the same configuration.
    pub fn to_annotated_toml(&self) -> String {
        annotate::toml(&self.tree(), Some(&self.origins))
    }

    /// The same without origins.
    pub fn to_toml(&self) -> String {
        annotate::toml(&self.tree(), None)
    }

    /// BLAKE3 in hexadecimal over the values: equal for recipes that do the same, whatever layer a value came from, in
    /// whatever order it was written, and whatever the run is called.
    pub fn hash(&self) -> String {
        let mut tree = self.tree();
        if let Some(entries) = tree.as_object_mut() {
            entries.remove("name");
        }
        let mut paths = Vec::new();
        leaves(&tree, "", &mut paths);
        paths.sort_by(|a, b| a.0.cmp(&b.0));
        let mut hasher = blake3::Hasher::new();
        for (path, value) in paths {
            hasher.update(format!("{path}={value}\n").as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    pub fn difference(&self, other: &Recipe) -> Vec<Difference> {
        tree_difference(&self.tree(), &other.tree())
    }
}

/// Every leaf that differs, in the order of `a`, then what only `b` has.
pub fn tree_difference(a: &Value, b: &Value) -> Vec<Difference> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    leaves(a, "", &mut left);
    leaves(b, "", &mut right);
    let of_b: BTreeMap<&String, &Value> = right.iter().map(|(path, value)| (path, *value)).collect();
    let of_a: BTreeMap<&String, &Value> = left.iter().map(|(path, value)| (path, *value)).collect();
    let changed = left.iter().filter(|(path, value)| of_b.get(path) != Some(value));
    let changed = changed.map(|(path, value)| (path, Some(*value), of_b.get(path).copied()));
    let added = right.iter().filter(|(path, _)| !of_a.contains_key(path));
    let added = added.map(|(path, value)| (path, None, Some(*value)));
    changed
        .chain(added)
        .map(|(path, a, b)| Difference { path: path.clone(), a: a.cloned(), b: b.cloned() })
        .collect()
}

/// All values that are not tables, with dotted paths; an empty table counts as a value.
pub(super) fn leaves<'a>(tree: &'a Value, prefix: &str, into: &mut Vec<(String, &'a Value)>) {
    match tree {
        Value::Object(entries) if prefix.is_empty() || !entries.is_empty() => {
            for (key, child) in entries {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                leaves(child, &path, into);
            }
        }
        leaf => into.push((prefix.to_owned(), leaf)),
    }
}
