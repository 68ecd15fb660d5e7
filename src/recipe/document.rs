//! TOML with the place of every key and value.

use std::{ops::Range, sync::Arc};

use serde_json::{Map, Number, Value};
use toml_edit::{Item, TableLike};

use super::{
    RecipeError,
    source::{Place, Source},
};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The key that names it; for list items the value itself.
    pub key: Place,
    pub value: Place,
    pub kind: NodeKind,
}

#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    Table(Vec<(String, Node)>),
    List(Vec<Node>),
    /// A string, number or truth value; `Null` for a number that is not finite.
    Leaf(Value),
}

impl Node {
    pub(super) fn table(place: Place, entries: Vec<(String, Node)>) -> Self {
        Self { key: place.clone(), value: place, kind: NodeKind::Table(entries) }
    }

    pub(super) fn entries(&self) -> &[(String, Node)] {
        match &self.kind {
            NodeKind::Table(entries) => entries,
            NodeKind::List(_) | NodeKind::Leaf(_) => &[],
        }
    }

    pub(super) fn child(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The node at a path of keys and list indices.
    pub(super) fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        path.into_iter().try_fold(self, |node, key| match &node.kind {
            NodeKind::List(items) => items.get(key.parse::<usize>().ok()?),
            NodeKind::Table(_) | NodeKind::Leaf(_) => node.child(key),
        })
    }

    /// Removes an entry of a table.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let NodeKind::Table(entries) = &mut self.kind else {
            return None;
        };
        let at = entries.iter().position(|(name, _)| name == key)?;
        Some(entries.remove(at).1)
    }

    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Table(entries) => Value::Object(
                entries.iter().map(|(key, node)| (key.clone(), node.to_value())).collect::<Map<_, _>>(),
            ),
            NodeKind::List(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            NodeKind::Leaf(value) => value.clone(),
        }
    }
}

/// Reads a whole file.
pub(super) fn parse(source: &Arc<Source>) -> Result<Node, RecipeError> {
    let document = toml_edit::Document::parse(source.text.as_str()).map_err(|error| {
        let place = Place::new(source, error.span().unwrap_or(0..0));
        RecipeError::new(error.message().trim_end().replace('\n', ", "), Some(place))
    })?;
    Ok(Node::table(Place::new(source, 0..0), table(document.as_table(), source)))
}

/// Reads the right side of `key=value`, which begins at byte `start` of the source. A bare word is a string, so that
/// `objective.name=grpo` needs no quotes in a shell.
pub(super) fn parse_value(source: &Arc<Source>, start: usize) -> Result<Node, RecipeError> {
    let text = source.text.get(start..).unwrap_or_default();
    let place = Place::new(source, start..source.text.len());
    // A padded document keeps spans equal to places in the argument.
    let padded = format!("{}v={text}", " ".repeat(start.saturating_sub(2)));
    let error = match toml_edit::Document::parse(padded.as_str()) {
        Ok(document) => match document.get("v") {
            Some(item) if document.as_table().len() == 1 => {
                return Ok(node(item, place.span.clone(), source));
            }
            _ => RecipeError::new("expected one value", Some(place.clone())),
        },
        Err(error) => RecipeError::new(error.message().trim_end().replace('\n', ", "), Some(place.clone())),
    };
    let word = text.trim();
    if word.starts_with(['"', '\'', '[', '{']) || word.contains('\n') {
        return Err(error);
    }
    Ok(Node { key: place.clone(), value: place, kind: NodeKind::Leaf(Value::String(word.into())) })
}

fn table(table: &dyn TableLike, source: &Arc<Source>) -> Vec<(String, Node)> {
    let entry = |(name, item): (&str, &Item)| {
        let key = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span()).unwrap_or(0..0);
        (name.to_owned(), node(item, key, source))
    };
    table.iter().map(entry).collect()
}

fn node(item: &Item, key: Range<usize>, source: &Arc<Source>) -> Node {
    let kind = if let Some(entries) = item.as_table_like() {
        NodeKind::Table(table(entries, source))
    } else if let Some(tables) = item.as_array_of_tables() {
        NodeKind::List(
            tables.iter().map(|entries| list_item(&Item::Table(entries.clone()), &key, source)).collect(),
        )
    } else if let Some(items) = item.as_array() {
        NodeKind::List(
            items.iter().map(|value| list_item(&Item::Value(value.clone()), &key, source)).collect(),
        )
    } else {
        NodeKind::Leaf(item.as_value().map_or(Value::Null, scalar))
    };
    let value = item.span().unwrap_or_else(|| key.clone());
    Node { key: Place::new(source, key), value: Place::new(source, value), kind }
}

fn list_item(item: &Item, list: &Range<usize>, source: &Arc<Source>) -> Node {
    node(item, item.span().unwrap_or_else(|| list.clone()), source)
}

fn scalar(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => {
            Number::from_f64(*number.value()).map_or(Value::Null, Value::Number)
        }
        toml_edit::Value::Boolean(truth) => Value::Bool(*truth.value()),
        toml_edit::Value::Datetime(date) => Value::String(date.value().to_string()),
        toml_edit::Value::Array(_) | toml_edit::Value::InlineTable(_) => Value::Null,
    }
}
