//! Sorting by fields.

use std::cmp::Ordering;

use super::{
    attribute::Dialect,
    error::QueryError,
    parse,
    value::{Field, Queried, Value},
};

/// One field to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub field: Field,
    pub descending: bool,
}

impl Order {
    /// `metrics.loss DESC`; in galley's own dialect also `-metrics.loss`.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, QueryError> {
        if dialect == Dialect::Galley
            && let Some(field) = text.strip_prefix('-')
        {
            let (field, descending) = parse::order(field, dialect)?;
            return Ok(Self { field, descending: !descending });
        }
        let (field, descending) = parse::order(text, dialect)?;
        Ok(Self { field, descending })
    }
}

/// Sorts by the first order, then the second and so on, then naturally. In either direction NaN comes after every
/// number, and what an item does not have comes last.
pub fn sort<T: Queried>(items: &mut [T], orders: &[Order]) {
    items.sort_by(|a, b| {
        let by_field = orders.iter().map(|order| order.compare(a, b)).find(|order| order.is_ne());
        by_field.unwrap_or_else(|| a.natural_order(b))
    });
}

impl Order {
    fn compare(&self, a: &impl Queried, b: &impl Queried) -> Ordering {
        let (a, b) = (a.values(&self.field), b.values(&self.field));
        let rank = |values: &[Value<'_>]| match values.first() {
            None => 2,
            Some(Value::Number(number)) if number.is_nan() => 1,
            Some(_) => 0,
        };
        let ranked = rank(&a).cmp(&rank(&b));
        let (Some(a), Some(b)) = (a.first(), b.first()) else { return ranked };
        if ranked.is_ne() {
            return ranked;
        }
        let order = match (a, b) {
            (Value::Number(a), Value::Number(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (a, b) => a.to_text().cmp(&b.to_text()),
        };
        if self.descending { order.reverse() } else { order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunSummary;

    #[test]
    fn what_is_missing_comes_last_and_ties_go_by_time() {
        let run = |id: &str, created_ms: u64, loss: Option<f64>| {
            let metrics = loss.map(|loss| ("loss".to_owned(), loss)).into_iter().collect();
            RunSummary { id: id.into(), created_ms, metrics, ..RunSummary::default() }
        };
        let runs = [
            run("none", 9, None),
            run("nan", 1, Some(f64::NAN)),
            run("one", 1, Some(1.0)),
            run("one-later", 2, Some(1.0)),
            run("inf", 1, Some(f64::INFINITY)),
        ];
        let sorted = |text: &str| {
            let mut items = runs.to_vec();
            sort(&mut items, &[Order::parse(text, Dialect::Galley).unwrap()]);
            items.into_iter().map(|run| run.id).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(sorted("metrics.loss ASC"), "one-later one inf nan none");
        assert_eq!(sorted("metrics.loss desc"), "inf one-later one nan none");
        assert_eq!(sorted("-metrics.loss"), sorted("metrics.loss DESC"));
        assert_eq!(sorted("id"), "inf nan none one one-later");
        assert!(Order::parse("metrics.loss up", Dialect::Mlflow).is_err());
        assert!(Order::parse("attribute.Created desc", Dialect::Mlflow).is_ok());
    }
}
