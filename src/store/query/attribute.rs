//! Who asks, and which names they may use.

use super::value::Entity;

/// Whose language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Everything.
    Galley,
    /// MLflow's search of runs.
    Mlflow,
    /// MLflow's search of experiments: attributes and tags.
    MlflowExperiments,
}

/// What an attribute is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Number,
    Text,
}

/// Names of an attribute; the first is the one that fields carry.
struct Attribute {
    names: &'static [&'static str],
    is: Type,
}

const fn number(names: &'static [&'static str]) -> Attribute {
    Attribute { names, is: Type::Number }
}

const fn text(names: &'static [&'static str]) -> Attribute {
    Attribute { names, is: Type::Text }
}

const RUNS: &[Attribute] = &[
    text(&["id", "run", "run_id"]),
    text(&["name", "run_name"]),
    text(&["status"]),
    text(&["objective"]),
    text(&["domain"]),
    text(&["stage"]),
    text(&["device"]),
    text(&["experiment", "experiment_id"]),
    text(&["origin"]),
    text(&["user", "user_id"]),
    text(&["metric", "primary_metric"]),
    text(&["recipe", "recipe_hash"]),
    text(&["commit", "git_commit"]),
    text(&["message"]),
    text(&["parent"]),
    text(&["note", "notes"]),
    text(&["starred"]),
    text(&["deleted"]),
    text(&["dirty"]),
    number(&["seed"]),
    number(&["step"]),
    number(&["steps"]),
    number(&["samples"]),
    number(&["attempts"]),
    number(&["created", "created_ms", "start_time"]),
    number(&["ended", "ended_ms", "end_time"]),
    number(&["updated", "updated_ms"]),
    number(&["time", "wall_ms"]),
    number(&["first"]),
    number(&["latest"]),
    number(&["best"]),
    number(&["alarms"]),
];

const MLFLOW_RUNS: &[Attribute] = &[
    text(&["id", "run_id"]),
    text(&["name", "run_name", "run name", "Run name", "Run Name"]),
    text(&["mlflow_status", "status"]),
    text(&["artifact_uri"]),
    text(&["user", "user_id"]),
    number(&["created", "start_time", "Created"]),
    number(&["ended", "end_time"]),
];

const MLFLOW_EXPERIMENTS: &[Attribute] =
    &[text(&["name"]), text(&["experiment_id"]), number(&["creation_time"]), number(&["last_update_time"])];

impl Dialect {
    fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::Galley => RUNS,
            Self::Mlflow => MLFLOW_RUNS,
            Self::MlflowExperiments => MLFLOW_EXPERIMENTS,
        }
    }

    /// The name that fields carry, and the type.
    pub(super) fn attribute(self, written: &str) -> Option<(&'static str, Type)> {
        let known = self.attributes().iter().find(|attribute| {
            // MLflow's names do not include ours, but for the ones that are the same.
            let names = if self == Self::Galley || attribute.names.len() == 1 {
                attribute.names
            } else {
                &attribute.names[1..]
            };
            names.contains(&written)
                || (self == Self::Mlflow && attribute.names[0] == "created" && written == "created")
        })?;
        Some((known.names[0], known.is))
    }

    /// Names that an error lists.
    pub(super) fn attribute_names(self) -> String {
        let shown = |attribute: &Attribute| match self {
            Self::Galley => attribute.names[0],
            _ => attribute.names.get(1).copied().unwrap_or(attribute.names[0]),
        };
        self.attributes().iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    /// The entity that `word.` stands for.
    pub(super) fn entity(self, word: &str) -> Option<Entity> {
        let entity = match word {
            "metric" | "metrics" => Entity::Metric,
            "param" | "params" | "parameter" | "parameters" => Entity::Param,
            "tag" | "tags" => Entity::Tag,
            "attr" | "attribute" | "attributes" | "run" => Entity::Attribute,
            "dataset" | "datasets" => Entity::Dataset,
            _ => return None,
        };
        let experiments_have = matches!(entity, Entity::Tag | Entity::Attribute) && word != "run";
        (self != Self::MlflowExperiments || experiments_have).then_some(entity)
    }

    /// Whether it has only AND.
    pub(super) fn is_strict(self) -> bool {
        self != Self::Galley
    }
}
