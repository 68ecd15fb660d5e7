//! A parsed filter, and whether an item passes it.

use super::{
    attribute::Dialect,
    error::QueryError,
    parse,
    pattern::like,
    value::{Entity, Field, Queried, Value},
};

/// Which items are wanted. The default wants all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub(super) root: Option<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Compare(Field, Comparator, Value<'static>),
    In(Field, Vec<Value<'static>>),
    /// Has no value.
    Null(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
    Like,
    LikeInAnyCase,
}

impl Filter {
    /// An empty text wants all.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, QueryError> {
        parse::filter(text, dialect)
    }

    pub fn admits(&self, item: &impl Queried) -> bool {
        self.root.as_ref().is_none_or(|node| node.holds(item))
    }
}

impl Node {
    fn holds(&self, item: &impl Queried) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(item)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(item)),
            Self::Not(node) => !node.holds(item),
            Self::Compare(field, comparator, wanted) => {
                item.values(field).iter().any(|value| comparator.holds(field, value, wanted))
            }
            Self::In(field, wanted) => item
                .values(field)
                .iter()
                .any(|value| wanted.iter().any(|wanted| Comparator::Equal.holds(field, value, wanted))),
            Self::Null(field) => item.values(field).is_empty(),
        }
    }
}

impl Comparator {
    fn holds(self, field: &Field, value: &Value<'_>, wanted: &Value<'_>) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        if matches!(self, Self::Like | Self::LikeInAnyCase) {
            return like(&value.to_text(), &wanted.to_text(), self == Self::LikeInAnyCase);
        }
        let order = match wanted {
            // What is no number is different from every number.
            Value::Number(wanted) => value.number().and_then(|value| value.partial_cmp(wanted)),
            Value::Text(wanted) => {
                let value = value.to_text();
                // Our own names of a state are words, not data.
                let same = field.entity == Entity::Attribute && value.eq_ignore_ascii_case(wanted);
                let plain = field.key == "status" || field.key == "objective";
                Some(if same && plain { Equal } else { (*value).cmp(&**wanted) })
            }
        };
        match self {
            Self::Equal => order == Some(Equal),
            Self::Different => order != Some(Equal),
            Self::Less => order == Some(Less),
            Self::AtMost => matches!(order, Some(Less | Equal)),
            Self::More => order == Some(Greater),
            Self::AtLeast => matches!(order, Some(Greater | Equal)),
            Self::Like | Self::LikeInAnyCase => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RunStatus, RunSummary};

    fn run() -> RunSummary {
        let mut run = RunSummary {
            id: "01ARZ3NDEKTSV4RRFFQ69G5FA1".into(),
            name: "it's".into(),
            status: RunStatus::Running,
            objective: "grpo".into(),
            seed: 3,
            ..RunSummary::default()
        };
        run.metrics = [("loss", 0.5), ("nan", f64::NAN), ("a b/c", 1e3)].map(|(k, v)| (k.into(), v)).into();
        run.params =
            [("lr", "1e-3"), ("y", "3"), ("train.lr", "2")].map(|(k, v)| (k.into(), v.into())).into();
        run.tags = [("z", "gamma"), ("mlflow.user", "me")].map(|(k, v)| (k.into(), v.into())).into();
        run.inputs = vec![
            serde_json::json!({"dataset": {"name": "one", "digest": "d"}, "tags": []}),
            serde_json::json!({"dataset": {"name": "two"}, "tags": [{"key": "mlflow.data.context", "value": "train"}]}),
        ];
        run
    }

    fn check(dialect: Dialect, cases: &[(&str, bool)]) {
        for (text, expected) in cases {
            let filter = Filter::parse(text, dialect).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(filter.admits(&run()), *expected, "{text}");
        }
    }

    #[test]
    fn filters_of_mlflow() {
        check(
            Dialect::Mlflow,
            &[
                ("", true),
                ("metrics.loss < 1 and params.y = '3'", true),
                ("metric.loss>=0.5 AND metrics.`a b/c` = 1000", true),
                ("metrics.\"a b/c\" > 1e3", false),
                ("metrics.nan > 0", false),
                ("metrics.nan != 0", true),
                ("metrics.none != 0", false),
                ("params.y != '4' and params.none != '4'", false),
                ("params.lr LIKE '1%' and tags.z ilike 'GAM%'", true),
                ("tags.z LIKE 'GAM%'", false),
                ("tags.`mlflow.user` = \"me\"", true),
                ("tags.mlflow.user = 'me'", true),
                ("tags.none IS NULL and params.y IS NOT NULL", true),
                ("attributes.status = 'RUNNING' and attribute.run_name LIKE 'it%'", true),
                ("status = 'RUNNING'", true),
                ("run_id IN ('01ARZ3NDEKTSV4RRFFQ69G5FA1', 'b')", true),
                ("attributes.run_id NOT IN ('a')", true),
                ("start_time = 0", true),
                ("datasets.name = 'two' and dataset.context = 'train'", true),
                ("dataset.name IN ('three')", false),
            ],
        );
    }

    #[test]
    fn filters_of_galley() {
        check(
            Dialect::Galley,
            &[
                ("metrics.loss > 0.4 and objective = \"grpo\"", true),
                ("objective == 'GRPO' && seed in (1, 3)", true),
                ("not (seed = 3 or seed = 4) or params.lr < 0.01", true),
                ("params.train.lr = 2 and params.lr > 1e-4", true),
                ("starred = false and tags.z not like '%x%'", true),
                ("name = \"it's\"", true),
                ("best is null", true),
                ("seed not in (3)", false),
                ("metrics.none not in (3)", false),
            ],
        );
    }

    #[test]
    fn errors_point_at_the_place() {
        for (dialect, text, at, message) in [
            (Dialect::Galley, "metrics.loss << 1", 14, "expected a number"),
            (Dialect::Galley, "metrics.loss < ", 15, "expected a number"),
            (Dialect::Galley, "objectiv = 'x'", 0, "no attribute `objectiv`"),
            (Dialect::Galley, "seed = 1 seed = 2", 9, "expected AND or OR"),
            (Dialect::Galley, "(seed = 1", 9, "expected `)`"),
            (Dialect::Galley, "name = 'x", 7, "not closed"),
            (Dialect::Galley, "metrics.loss like 'x'", 13, "no pattern"),
            (Dialect::Galley, "seed = 1 and ", 13, "expected a field"),
            (Dialect::Galley, "seed = 1; drop", 8, "`;` means nothing"),
            (Dialect::Galley, "seed = 1x", 7, "`1x` is no number"),
            (Dialect::Mlflow, "metrics.loss = '1'", 15, "expected a number"),
            (Dialect::Mlflow, "params.y = 3", 11, "text in quotes"),
            (Dialect::Mlflow, "params.y > '3'", 9, "can only be compared by"),
            (Dialect::Mlflow, "seed = 1", 0, "no attribute `seed`"),
            (Dialect::Mlflow, "params.y = '3' or params.y = '4'", 15, "only AND"),
            (Dialect::Mlflow, "tags.z IN ('a')", 7, "with a list"),
            (Dialect::Mlflow, "metrics.loss IS NULL", 13, "only tags and params"),
            (Dialect::Mlflow, "models.x = 1", 0, "none of metrics."),
            (Dialect::MlflowExperiments, "metrics.x = 1", 0, "none of metrics."),
        ] {
            let error = Filter::parse(text, dialect).expect_err(text);
            assert!(error.at == at && error.message.contains(message), "{error}");
        }
        let deep = "(".repeat(10_000);
        assert!(Filter::parse(&deep, Dialect::Galley).unwrap_err().message.contains("nested"));
        let shown = Filter::parse("ä.b = 1", Dialect::Galley).unwrap_err().to_string();
        assert!(shown.ends_with("\n  ä.b = 1\n  ^^^"), "{shown}");
    }
}
