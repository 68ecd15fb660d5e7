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
