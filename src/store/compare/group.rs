//! Several seeds of one recipe as one side of a comparison.

use std::collections::BTreeMap;

use super::{CompareError, MetricComparison};
use crate::{
    EvalRecord, Numbers,
    stats::{SEED, crossed_difference, two_level},
};

/// The evaluations of a side's seeds as one: of every task that all have, the means over the seeds.
///
/// # Errors
/// When they are of different sets, or there is none.
pub(super) fn merged(label: &str, evals: &[&EvalRecord]) -> Result<EvalRecord, CompareError> {
    let Some((first, rest)) = evals.split_first() else {
        return Err(CompareError::NoEvaluation { label: label.to_owned(), stage: None, known: Vec::new() });
    };
    if let Some(other) = rest.iter().find(|eval| eval.eval_set != first.eval_set) {
        return Err(CompareError::DifferentSets {
            a: format!("one run of {label}"),
            a_set: first.eval_set.clone(),
            a_tasks: first.results.len(),
            b: format!("another run of {label}"),
            b_set: other.eval_set.clone(),
            b_tasks: other.results.len(),
        });
    }
    if rest.is_empty() {
        return Ok((*first).clone());
    }
    let mut results = BTreeMap::new();
    for (task, numbers) in &first.results {
        let all: Option<Vec<&Numbers>> = evals.iter().map(|eval| eval.results.get(task)).collect();
        let Some(all) = all else { continue };
        let mean = |name: &String| {
            let values: Option<Vec<f64>> = all.iter().map(|numbers| numbers.get(name).copied()).collect();
            values.map(|values| (name.clone(), values.iter().sum::<f64>() / values.len() as f64))
        };
        results.insert(task.clone(), numbers.keys().filter_map(mean).collect());
    }
    let mut merged = EvalRecord::new(&first.stage, first.step, &first.eval_set, &first.primary, results);
    merged.labels.clone_from(&first.labels);
    merged.excluded = evals.iter().flat_map(|eval| eval.excluded.iter().cloned()).collect();
    Ok(merged)
}

/// Replaces the intervals of a metric by those that cover seeds and examples, and notes each seed's mean.
pub(super) fn widen(metric: &mut MetricComparison, baseline: &[&EvalRecord], other: &[&EvalRecord]) {
    let tasks: Vec<&String> = baseline
        .first()
        .into_iter()
        .flat_map(|eval| eval.results.keys())
        .filter(|task| baseline.iter().chain(other).all(|eval| has(eval, task, &metric.name)))
        .collect();
    let of = |evals: &[&EvalRecord]| -> Vec<Vec<f64>> {
        let values =
            |eval: &&EvalRecord| tasks.iter().map(|task| eval.results[*task][&metric.name]).collect();
        evals.iter().map(values).collect()
    };
    let (a, b) = (of(baseline), of(other));
    let means = |seeds: &[Vec<f64>]| -> Vec<f64> {
        seeds.iter().map(|values| values.iter().sum::<f64>() / values.len() as f64).collect()
    };
    (metric.baseline_seeds, metric.other_seeds) = (means(&a), means(&b));
    if a.len() > 1 || b.len() > 1 {
        metric.paired.baseline = two_level(&a, SEED);
        metric.paired.other = two_level(&b, SEED);
        metric.paired.difference = crossed_difference(&a, &b, SEED);
    }
}

fn has(eval: &EvalRecord, task: &str, metric: &str) -> bool {
    eval.results.get(task).and_then(|numbers| numbers.get(metric)).is_some_and(|value| !value.is_nan())
}
