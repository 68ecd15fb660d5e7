//! What is compared: fields of an item, and their values.

use std::borrow::Cow;

/// The part of an item that a field belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    Metric,
    Param,
    Tag,
    Attribute,
    Dataset,
}

/// A field by name; attributes under the name that [`Dialect`](super::Dialect) gives them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    pub entity: Entity,
    pub key: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Number(f64),
    Text(Cow<'a, str>),
}

impl<'a> Value<'a> {
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// As a number; texts that are one count.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }

    pub(super) fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Number(number) => number.to_string().into(),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

/// Something that can be filtered and sorted.
pub trait Queried {
    /// What it has under `field`: nothing, one value, or for data sets several.
    fn values(&self, field: &Field) -> Vec<Value<'_>>;

    /// Of two items that no order tells apart: which comes first.
    fn natural_order(&self, other: &Self) -> std::cmp::Ordering;
}

impl<T: Queried> Queried for std::sync::Arc<T> {
    fn values(&self, field: &Field) -> Vec<Value<'_>> {
        (**self).values(field)
    }

    fn natural_order(&self, other: &Self) -> std::cmp::Ordering {
        (**self).natural_order(other)
    }
}
