//! Checks what was written against the tree of defaults.

use std::fmt::Write;

use galley_core::Registry;
use serde_json::{Map, Value};

use super::{
    RecipeError, RunConfig,
    document::{Node, NodeKind},
    suggest,
};

/// Every key of a recipe with its default. A default of `null` takes anything.
pub fn defaults(registry: &Registry) -> Value {
    let mut tree = serde_json::to_value(RunConfig::default()).unwrap_or_else(|_| Value::Object(Map::new()));
    if let Some(Value::Object(domain)) = tree.get_mut("domain") {
        for entry in registry.entries() {
            domain.insert(entry.name.into(), (entry.defaults)());
        }
    }
    tree
}

/// Removes from `node` what does not fit `defaults` and says why, for the whole tree.
pub(super) fn check(node: &mut Node, defaults: &Value) -> Vec<RecipeError> {
    let mut errors = Vec::new();
    Checker { root: defaults, errors: &mut errors }.table(node, defaults, &mut Vec::new());
    errors
}

struct Checker<'a> {
    root: &'a Value,
    errors: &'a mut Vec<RecipeError>,
}

impl Checker<'_> {
    fn table(&mut self, node: &mut Node, defaults: &Value, path: &mut Vec<String>) {
        let (NodeKind::Table(entries), Some(known)) = (&mut node.kind, defaults.as_object()) else {
            return;
        };
        entries.retain_mut(|(key, child)| {
            path.push(key.clone());
            let fits = match known.get(key) {
                None => self.unknown(child, known, path),
                Some(default) => self.value(child, default, path),
            };
            path.pop();
            fits
        });
    }

    fn value(&mut self, node: &mut Node, default: &Value, path: &mut Vec<String>) -> bool {
        if let Some(expected) = mismatch(node, default) {
            let message = format!("`{}`: expected {expected}, found {}", path.join("."), found(node));
            self.errors.push(RecipeError::new(message, Some(node.value.clone())));
            return false;
        }
        self.table(node, default, path);
        true
    }

    fn unknown(&mut self, node: &Node, known: &Map<String, Value>, path: &[String]) -> bool {
        let (name, above) = path.split_last().map(|(name, above)| (name.as_str(), above)).unwrap_or_default();
        let table = if above.is_empty() { "the recipe".into() } else { format!("[{}]", above.join(".")) };
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let mut help = suggest::help(name, &names);
        if suggest::nearest(name, names).is_none()
            && let Some(elsewhere) = find(self.root, name, "")
        {
            help = format!("did you mean `{elsewhere}`? {help}");
        }
        let error = RecipeError::new(format!("unknown key `{name}` in {table}"), Some(node.key.clone()));
        self.errors.push(error.help(help));
        false
    }
}

/// The path of a key of that name anywhere in the tree.
fn find(tree: &Value, name: &str, prefix: &str) -> Option<String> {
    let entries = tree.as_object()?;
    if entries.contains_key(name) {
        return Some(format!("{prefix}{name}"));
    }
    entries.iter().find_map(|(key, child)| find(child, name, &format!("{prefix}{key}.")))
}

/// What the default's type asks for, where the node is something else.
fn mismatch(node: &Node, default: &Value) -> Option<&'static str> {
    let leaf = match &node.kind {
        NodeKind::Leaf(Value::Null) => return Some("a finite number"),
        NodeKind::Leaf(value) => Some(value),
        NodeKind::Table(_) | NodeKind::List(_) => None,
    };
    let (fits, expected) = match default {
        Value::Null => (true, "anything"),
        Value::Bool(_) => (leaf.is_some_and(Value::is_boolean), "true or false"),
        Value::String(_) => (leaf.is_some_and(Value::is_string), "a string"),
        Value::Number(number) if number.is_f64() => (leaf.is_some_and(Value::is_number), "a number"),
        Value::Number(_) => (leaf.is_some_and(|value| value.is_i64() || value.is_u64()), "a whole number"),
        Value::Array(_) => (matches!(node.kind, NodeKind::List(_)), "a list"),
        Value::Object(_) => (matches!(node.kind, NodeKind::Table(_)), "a table"),
    };
    (!fits).then_some(expected)
}

fn found(node: &Node) -> String {
    let mut text = String::new();
    let _infallible = match &node.kind {
        NodeKind::Table(_) => write!(text, "a table"),
        NodeKind::List(_) => write!(text, "a list"),
        NodeKind::Leaf(Value::Null) => write!(text, "one that is not"),
        NodeKind::Leaf(Value::String(word)) => write!(text, "the string \"{word}\""),
        NodeKind::Leaf(value) => write!(text, "{value}"),
    };
    text
}
