//! A configuration tree as TOML text.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Map, Value};

use super::Origin;

/// Plain values of a table first, then its tables with full headers. A value that is not set is a comment.
pub(super) fn toml(tree: &Value, origins: Option<&BTreeMap<String, Origin>>) -> String {
    let mut text = String::new();
    if let Value::Object(entries) = tree {
        section(entries, "", origins, &mut text);
    }
    text
}

fn section(
    entries: &Map<String, Value>,
    path: &str,
    origins: Option<&BTreeMap<String, Origin>>,
    text: &mut String,
) {
    let is_table = |value: &Value| matches!(value, Value::Object(below) if !below.is_empty());
    let (tables, values): (Vec<_>, Vec<_>) = entries.iter().partition(|(_, value)| is_table(value));
    if !path.is_empty() && (!values.is_empty() || tables.is_empty()) {
        let _infallible = writeln!(text, "\n[{path}]");
    }
    for (name, value) in values {
        let line = match value {
            Value::Null => format!("# {} is not set", key(name)),
            value => format!("{} = {}", key(name), inline(value)),
        };
        let at = if path.is_empty() { name.clone() } else { format!("{}.{name}", path.replace('"', "")) };
        let _infallible = match origins.and_then(|origins| origins.get(&at)) {
            Some(origin) => writeln!(text, "{line:<44} # {origin}"),
            None => writeln!(text, "{line}"),
        };
    }
    for (name, value) in tables {
        let below = if path.is_empty() { key(name) } else { format!("{path}.{}", key(name)) };
        if let Value::Object(entries) = value {
            section(entries, &below, origins, text);
        }
    }
}

/// Bare where TOML allows it.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_owned() } else { string(name) }
}

/// JSON's escapes are TOML's, except that TOML wants the delete character escaped too.
fn string(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A value on one line.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(fraction) => float(fraction),
            None => number.to_string(),
        },
        Value::String(text) => string(text),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let set = entries.iter().filter(|(_, value)| !value.is_null());
            let all: Vec<_> = set.map(|(name, value)| format!("{} = {}", key(name), inline(value))).collect();
            if all.is_empty() { "{}".into() } else { format!("{{ {} }}", all.join(", ")) }
        }
    }
}

fn float(value: f64) -> String {
    if value != 0.0 && (value.abs() < 1e-2 || value.abs() >= 1e15) {
        format!("{value:e}")
    } else {
        format!("{value:?}")
    }
}
