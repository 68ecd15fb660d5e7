//! From the merged tree to the typed configuration, with every mistyped value and not only the first.

use figment::{
    Figment,
    error::{Actual, Kind},
    providers::Serialized,
};
use serde_json::Value;

use super::{RecipeError, RunConfig, layer::Layers, suggest};

/// Something wrong with the values at some paths; the first path that was written down is where it is shown.
pub(super) struct Mistake {
    pub paths: Vec<String>,
    pub message: String,
    pub help: String,
}

impl Mistake {
    pub(super) fn new(paths: &[&str], message: impl Into<String>) -> Self {
        let paths = paths.iter().map(ToString::to_string).collect();
        Self { paths, message: message.into(), help: String::new() }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Finds the place.
    pub(super) fn at(self, layers: &Layers, profile: Option<&str>) -> RecipeError {
        let written = self.paths.iter().find_map(|path| Some(layers.deciding(path, profile)?.1));
        let place = written.map(|node| node.value.clone());
        RecipeError::new(self.message, place).help(self.help)
    }
}

/// Replaces each value that does not fit by its default and tries again, so that all are found.
pub(super) fn extract(mut tree: Value, defaults: &Value) -> (RunConfig, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    loop {
        let error = match Figment::from(Serialized::defaults(&tree)).extract::<RunConfig>() {
            Ok(config) => return (config, mistakes),
            Err(error) => error,
        };
        let path = error.path.join(".");
        mistakes.push(mistake(&path, error.kind));
        if !restore(&mut tree, defaults, &error.path) {
            return (RunConfig::default(), mistakes);
        }
    }
}

/// Puts the default back at `path`, or at the nearest table above where that changes something.
fn restore(tree: &mut Value, defaults: &Value, path: &[String]) -> bool {
    (1..=path.len()).rev().any(|length| {
        let pointer = path[..length].iter().fold(String::new(), |pointer, key| pointer + "/" + key);
        match (tree.pointer_mut(&pointer), defaults.pointer(&pointer)) {
            (Some(value), Some(default)) if value != default => {
                *value = default.clone();
                true
            }
            _ => false,
        }
    })
}

fn mistake(path: &str, kind: Kind) -> Mistake {
    let name = match path.rsplit_once('.') {
        Some((list, index)) if index.chars().all(|c| c.is_ascii_digit()) => list,
        _ => path,
    };
    match kind {
        Kind::UnknownVariant(word, known) => {
            Mistake::new(&[path], format!("`{name}`: there is no `{word}`")).help(suggest::help(&word, known))
        }
        Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => Mistake::new(
            &[path],
            format!("`{name}`: expected {}, found {}", plain(&expected), found(&actual)),
        ),
        Kind::InvalidLength(actual, expected) => {
            Mistake::new(&[path], format!("`{name}`: expected {expected}, found {actual} items"))
        }
        other => Mistake::new(&[path], format!("`{name}`: {other}")),
    }
}

fn plain(expected: &str) -> &str {
    match expected {
        "u64" | "usize" | "u32" => "a whole number, 0 or more",
        "f64" => "a number",
        "a sequence" => "a list",
        other => other,
    }
}

fn found(actual: &Actual) -> String {
    match actual {
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        Actual::Bool(value) => value.to_string(),
        Actual::Str(text) => format!("the string \"{text}\""),
        Actual::Seq => "a list".into(),
        Actual::Map => "a table".into(),
        other => other.to_string(),
    }
}
