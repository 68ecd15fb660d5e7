//! Settings from the environment and the command line.

use std::sync::Arc;

use serde_json::Value;

use super::{
    RecipeError,
    document::{self, Node},
    source::{Place, Source, SourceKind},
};

const PREFIX: &str = "GALLEY__";

/// `train.lr=3e-4`: a dotted path and a TOML value; a bare word is a string.
pub(super) fn argument(text: &str) -> Result<Node, RecipeError> {
    let source = Arc::new(Source { kind: SourceKind::CommandLine, text: text.into() });
    let Some((path, _)) = text.split_once('=').filter(|(path, _)| !path.trim().is_empty()) else {
        let error =
            RecipeError::new(format!("`{text}` is no setting"), Some(Place::new(&source, 0..text.len())));
        return Err(error.help("expected key=value, for example train.lr=3e-4"));
    };
    let value = document::parse_value(&source, path.len() + 1)?;
    let mut keys = Vec::new();
    let mut start = 0;
    for key in path.split('.') {
        let left = start + key.len() - key.trim_start().len();
        keys.push((key.trim().to_owned(), Place::new(&source, left..left + key.trim().len())));
        start += key.len() + 1;
    }
    Ok(nest(keys, value))
}

/// `GALLEY__TRAIN__WEIGHT_DECAY=0.1`: `__` separates tables, case and `_` against `-` do not matter. `None` for a
/// variable that is not a setting.
pub(super) fn variable(name: &str, text: &str, defaults: &Value) -> Option<Result<Node, RecipeError>> {
    let path = name.strip_prefix(PREFIX)?;
    let source =
        Arc::new(Source { kind: SourceKind::Environment(name.into()), text: format!("{name}={text}") });
    let value = match document::parse_value(&source, name.len() + 1) {
        Ok(value) => value,
        Err(error) => return Some(Err(error)),
    };
    let mut keys = Vec::new();
    let (mut start, mut known) = (PREFIX.len(), Some(defaults));
    for key in path.split("__") {
        let wanted = key.to_lowercase().replace('_', "-");
        let matching = known.and_then(Value::as_object).and_then(|entries| {
            entries.iter().find(|(name, _)| name.to_lowercase().replace('_', "-") == wanted)
        });
        keys.push((
            matching.map_or(wanted, |(name, _)| name.clone()),
            Place::new(&source, start..start + key.len()),
        ));
        known = matching.map(|(_, below)| below);
        start += key.len() + 2;
    }
    Some(Ok(nest(keys, value)))
}

/// Tables within tables around one value.
fn nest(keys: Vec<(String, Place)>, value: Node) -> Node {
    let outside = value.value.clone();
    keys.into_iter().rev().fold(value, |inner, (name, place)| {
        let inner = Node { key: place, ..inner };
        Node::table(outside.clone(), vec![(name, inner)])
    })
}
