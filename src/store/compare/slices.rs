//! Where a difference comes from: the primary metric by parts of the evaluation set.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    EvalRecord,
    stats::{Paired, SEED},
};

/// Values of a facet from which on numbers are put into thirds.
const MANY: usize = 8;

/// The comparison on some of the tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// A label of the tasks (`family`, `length`, …), `outcome` or `baseline`.
    pub facet: String,
    pub value: String,
    pub paired: Paired,
}

/// Every facet with more than one value, in the order of their names. `outcome` is which side's programs ran;
/// `baseline` how well the baseline did: low, middle or high third.
pub(super) fn slices(baseline: &EvalRecord, other: &EvalRecord, primary: &str) -> Vec<Slice> {
    let tasks: Vec<(&String, f64, f64)> = baseline
        .results
        .iter()
        .filter_map(|(task, numbers)| {
            let (a, b) = (*numbers.get(primary)?, *other.results.get(task)?.get(primary)?);
            (!a.is_nan() && !b.is_nan()).then_some((task, a, b))
        })
        .collect();
    let mut facets: BTreeMap<String, BTreeMap<&String, String>> = BTreeMap::new();
    for (task, ..) in &tasks {
        for (facet, value) in baseline.labels.get(*task).into_iter().flatten() {
            facets.entry(facet.clone()).or_default().insert(task, value.clone());
        }
        if let (Some(a), Some(b)) = (executed(baseline, task), executed(other, task)) {
            facets.entry("outcome".into()).or_default().insert(task, outcome(a, b).to_owned());
        }
    }
    facets.values_mut().for_each(thirds_of_numbers);
    let scores: BTreeMap<&String, f64> = tasks.iter().map(|(task, a, _)| (*task, *a)).collect();
    facets.insert("baseline".into(), thirds(&scores));
    facets.iter().flat_map(|(facet, values)| of_facet(facet, values, &tasks)).collect()
}

fn of_facet(facet: &str, values: &BTreeMap<&String, String>, tasks: &[(&String, f64, f64)]) -> Vec<Slice> {
    let distinct: BTreeSet<&String> = values.values().collect();
    if distinct.len() < 2 {
        return Vec::new();
    }
    let slice = |value: &String| {
        let within = tasks.iter().filter(|(task, ..)| values.get(task) == Some(value));
        let pairs: Vec<(f64, f64)> = within.map(|(_, a, b)| (*a, *b)).collect();
        Slice { facet: facet.to_owned(), value: value.clone(), paired: Paired::of(&pairs, SEED) }
    };
    distinct.into_iter().map(slice).collect()
}

fn executed(eval: &EvalRecord, task: &str) -> Option<bool> {
    Some(*eval.results.get(task)?.get("executed")? >= 0.5)
}

fn outcome(a: bool, b: bool) -> &'static str {
    match (a, b) {
        (true, true) => "both ran",
        (true, false) => "only the baseline ran",
        (false, true) => "only the other ran",
        (false, false) => "neither ran",
    }
}

/// Many different numbers say little one by one.
fn thirds_of_numbers(values: &mut BTreeMap<&String, String>) {
    let numbers: Option<BTreeMap<&String, f64>> =
        values.iter().map(|(task, value)| Some((*task, value.parse().ok()?))).collect();
    let distinct: BTreeSet<&String> = values.values().collect();
    if let Some(numbers) = numbers.filter(|_| distinct.len() >= MANY) {
        *values = thirds(&numbers);
    }
}

fn thirds<'a>(numbers: &BTreeMap<&'a String, f64>) -> BTreeMap<&'a String, String> {
    let mut sorted: Vec<f64> = numbers.values().copied().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |third: usize| sorted.get(third * sorted.len() / 3).copied().unwrap_or(f64::NAN);
    let (low, high) = (at(1), at(2));
    let name = |value: f64| match value {
        value if value < low => "1 low",
        value if value < high => "2 middle",
        _ => "3 high",
    };
    numbers.iter().map(|(task, value)| (*task, name(*value).to_owned())).collect()
}
