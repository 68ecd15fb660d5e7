//! One layer of settings, and the merged stack of them.

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Map},
};
use serde_json::Value;

use super::{
    Origin, RecipeError,
    document::Node,
    schema,
    source::{Place, SourceKind},
};

/// Settings of one origin.
pub(super) struct Layer {
    pub node: Node,
    pub rank: Rank,
}

/// When a layer applies. figment lets a selected profile win over the default one and the global one over both, which
/// is the order that recipes promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// A recipe file.
    File,
    /// A `[profile.<name>]` table, only when it is chosen.
    Profile(String),
    /// Environment and command line.
    Above,
}

impl Layer {
    fn origin(&self, place: &Place) -> Origin {
        match (&place.source.kind, &self.rank) {
            (SourceKind::File(path), Rank::Profile(name)) => {
                Origin::Profile { name: name.clone(), path: path.clone(), line: place.line() }
            }
            (SourceKind::File(path), _) => Origin::File { path: path.clone(), line: place.line() },
            (SourceKind::Environment(variable), _) => Origin::Environment { variable: variable.clone() },
            (SourceKind::CommandLine, _) => Origin::CommandLine { argument: place.source.text.clone() },
        }
    }
}

impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.node.value.label())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = figment::value::Value::serialize(self.node.to_value())?.into_dict().unwrap_or_default();
        let profile = match &self.rank {
            Rank::File => Profile::Default,
            Rank::Profile(name) => Profile::new(name),
            Rank::Above => Profile::Global,
        };
        Ok(Map::from([(profile, dict)]))
    }
}

/// All layers, weakest first.
#[derive(Default)]
pub(super) struct Layers {
    layers: Vec<Layer>,
}

impl Layers {
    pub(super) fn push(&mut self, node: Node, rank: Rank) {
        self.layers.push(Layer { node, rank });
    }

    /// Removes what does not fit the defaults, from every layer, applied or not.
    pub(super) fn check(&mut self, defaults: &Value) -> Vec<RecipeError> {
        self.layers.iter_mut().flat_map(|layer| schema::check(&mut layer.node, defaults)).collect()
    }

    /// Names of the profiles that the files define.
    pub(super) fn profiles(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for layer in &self.layers {
            if let Rank::Profile(name) = &layer.rank
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }

    /// The merged tree: tables merge, everything else is replaced. Keys keep the order of `defaults`.
    pub(super) fn merged(&self, defaults: &Value, profile: Option<&str>) -> Result<Value, RecipeError> {
        let base = figment::providers::Serialized::defaults(defaults);
        let stack = self.layers.iter().fold(Figment::from(base), Figment::merge);
        let selected = stack.select(profile.map_or(Profile::Default, Profile::new));
        let tree: Value = selected.extract().map_err(|error| RecipeError::new(error.to_string(), None))?;
        Ok(in_order(tree, defaults))
    }

    /// The node that decides the value at `path`.
    pub(super) fn deciding<'a>(&'a self, path: &str, profile: Option<&str>) -> Option<(&'a Layer, &'a Node)> {
        let applies = |layer: &&Layer| match &layer.rank {
            Rank::Profile(name) => profile.is_some_and(|chosen| chosen.eq_ignore_ascii_case(name)),
            Rank::File | Rank::Above => true,
        };
        let strength = |layer: &Layer| match layer.rank {
            Rank::File => 0,
            Rank::Profile(_) => 1,
            Rank::Above => 2,
        };
        let layers = self.layers.iter().filter(applies);
        let found = layers.filter_map(|layer| Some((layer, layer.node.at(path.split('.'))?)));
        found.max_by_key(|(layer, _)| strength(layer))
    }

    pub(super) fn origin(&self, path: &str, profile: Option<&str>) -> Origin {
        self.deciding(path, profile).map_or(Origin::Default, |(layer, node)| layer.origin(&node.key))
    }
}

/// The order of the defaults, and whole numbers as fractions where the default is one, so that `lr = 1` and `lr = 1.0`
/// are the same recipe.
fn in_order(tree: Value, defaults: &Value) -> Value {
    match (tree, defaults) {
        (Value::Object(mut entries), known) => {
            order(&mut entries, known);
            Value::Object(entries)
        }
        (Value::Number(number), Value::Number(default)) if default.is_f64() => {
            number.as_f64().map_or(Value::Number(number), Value::from)
        }
        (tree, _) => tree,
    }
}

/// Sorts the entries as `defaults` has them; others stay behind them.
pub(super) fn order(entries: &mut serde_json::Map<String, Value>, defaults: &Value) {
    let mut ordered = serde_json::Map::new();
    for (key, default) in defaults.as_object().into_iter().flatten() {
        if let Some(value) = entries.shift_remove(key) {
            ordered.insert(key.clone(), in_order(value, default));
        }
    }
    ordered.append(entries);
    *entries = ordered;
}
