//! Two evaluations, task by task.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::verdict;
use crate::{
    EvalRecord,
    stats::{Paired, SEED, holm},
};

/// Which evaluation of which run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// How tables and the verdict call it: `A`, `B`, or the stage.
    pub label: String,
    pub run: String,
    pub name: String,
    pub stage: String,
    pub step: u64,
    pub seed: u64,
}

/// `other` against `baseline`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub baseline: Side,
    pub other: Side,
    pub eval_set: String,
    pub primary: String,
    /// One sentence on the primary metric.
    pub verdict: String,
    /// Seed of every resampling.
    pub resampling_seed: u64,
    /// The primary metric first.
    pub metrics: Vec<MetricComparison>,
    /// Tasks that only one side has a result for; they are in no number.
    pub only_baseline: Vec<String>,
    pub only_other: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricComparison {
    pub name: String,
    pub paired: Paired,
    /// `paired.p`, corrected for all metrics of the table.
    pub p_holm: f64,
    /// The mean of each run, where a side is a group of seeds (one value else); empty where only two evaluations were
    /// compared.
    #[serde(default)]
    pub baseline_seeds: Vec<f64>,
    #[serde(default)]
    pub other_seeds: Vec<f64>,
}

/// Why two evaluations cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    #[error(
        "{a} was evaluated on set {a_set} ({a_tasks} tasks) and {b} on set {b_set} ({b_tasks} tasks): numbers of \
         different evaluation sets (tasks, renderer or reward) are not comparable"
    )]
    DifferentSets { a: String, a_set: String, a_tasks: usize, b: String, b_set: String, b_tasks: usize },
    #[error("{a} and {b} have no task in common that both have a result for")]
    NothingInCommon { a: String, b: String },
    #[error("{label} has no evaluation{}", of_stage(stage, known))]
    NoEvaluation { label: String, stage: Option<String>, known: Vec<String> },
    #[error("there is only one evaluation to compare; name another run, or two stages with --stage a..b")]
    OneEvaluation,
}

fn of_stage(stage: &Option<String>, known: &[String]) -> String {
    match stage {
        Some(stage) if !known.is_empty() => format!(" of stage `{stage}`; it has {}", known.join(", ")),
        _ => " yet".to_owned(),
    }
}

/// Compares `other` with `baseline` on every metric that both have.
pub fn compare_evals(
    baseline: (Side, &EvalRecord),
    other: (Side, &EvalRecord),
) -> Result<Comparison, CompareError> {
    let ((a, eval_a), (b, eval_b)) = (baseline, other);
    if eval_a.eval_set != eval_b.eval_set {
        return Err(CompareError::DifferentSets {
            a: a.label,
            a_set: eval_a.eval_set.clone(),
            a_tasks: eval_a.results.len(),
            b: b.label,
            b_set: eval_b.eval_set.clone(),
            b_tasks: eval_b.results.len(),
        });
    }
    let metrics = metrics(eval_a, eval_b);
    let Some(first) = metrics.first() else {
        return Err(CompareError::NothingInCommon { a: a.label, b: b.label });
    };
    Ok(Comparison {
        verdict: verdict::sentence(&a.label, &b.label, first),
        baseline: a,
        other: b,
        eval_set: eval_a.eval_set.clone(),
        primary: first.name.clone(),
        resampling_seed: SEED,
        only_baseline: missing(eval_a, eval_b),
        only_other: missing(eval_b, eval_a),
        metrics,
    })
}

/// (baseline, other) of every task that has a number on both sides.
pub(crate) fn pairs(a: &EvalRecord, b: &EvalRecord, metric: &str) -> Vec<(f64, f64)> {
    let pair = |(task, numbers): (&String, &crate::Numbers)| {
        let (a, b) = (*numbers.get(metric)?, *b.results.get(task)?.get(metric)?);
        (!a.is_nan() && !b.is_nan()).then_some((a, b))
    };
    a.results.iter().filter_map(pair).collect()
}

fn metrics(a: &EvalRecord, b: &EvalRecord) -> Vec<MetricComparison> {
    let mut names: BTreeSet<&String> = a.means.keys().filter(|name| b.means.contains_key(*name)).collect();
    let primary = names.take(&b.primary);
    let compared = primary.into_iter().chain(names).filter_map(|name| {
        let pairs = pairs(a, b, name);
        (!pairs.is_empty()).then(|| (name.clone(), Paired::of(&pairs, SEED)))
    });
    let compared: Vec<(String, Paired)> = compared.collect();
    let corrected = holm(&compared.iter().map(|(_, paired)| paired.p).collect::<Vec<_>>());
    let together = compared.into_iter().zip(corrected);
    let metric = |((name, paired), p_holm)| MetricComparison {
        name,
        paired,
        p_holm,
        baseline_seeds: Vec::new(),
        other_seeds: Vec::new(),
    };
    together.map(metric).collect()
}

fn missing(from: &EvalRecord, to: &EvalRecord) -> Vec<String> {
    from.results.keys().filter(|task| !to.results.contains_key(*task)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Numbers;

    fn side(label: &str) -> Side {
        Side { label: label.into(), ..Side::default() }
    }

    fn eval(set: &str, shift: f64, tasks: std::ops::Range<usize>) -> EvalRecord {
        let result = |task: usize| {
            let reward = (task % 7) as f64 / 10.0 + shift * (task % 3) as f64;
            let numbers =
                [("reward", reward), ("executed", 1.0)].map(|(name, value)| (name.to_owned(), value));
            (format!("task-{task:03}"), Numbers::from(numbers))
        };
        EvalRecord::new("end", 1, set, "reward", tasks.map(result).collect())
    }

    #[test]
    fn the_primary_metric_comes_first_and_missing_tasks_are_listed() {
        let (a, b) = (eval("s", 0.0, 0..60), eval("s", 0.02, 1..61));
        let comparison = compare_evals((side("A"), &a), (side("B"), &b)).unwrap();
        assert_eq!((comparison.metrics[0].name.as_str(), comparison.metrics[0].paired.n), ("reward", 59));
        assert_eq!(
            (comparison.only_baseline, comparison.only_other),
            (vec!["task-000".into()], vec!["task-060".into()])
        );
        assert!(
            comparison.verdict.starts_with("B better than A on reward: +0.020 ["),
            "{}",
            comparison.verdict
        );
        assert!(comparison.verdict.ends_with("paired, n = 59, p < 0.001; 40 wins, 19 ties, 0 losses"));
    }

    #[test]
    fn no_difference_says_what_could_have_been_seen() {
        let (a, mut b) = (eval("s", 0.0, 0..40), eval("s", 0.0, 0..40));
        for (index, numbers) in b.results.values_mut().enumerate() {
            *numbers.get_mut("reward").unwrap() += if index % 2 == 0 { 0.1 } else { -0.1 };
        }
        let verdict = compare_evals((side("A"), &a), (side("B"), &b)).unwrap().verdict;
        assert!(verdict.starts_with("no difference shown between A and B on reward:"), "{verdict}");
        assert!(verdict.ends_with("smallest detectable 0.045"), "{verdict}");
    }

    #[test]
    fn different_sets_are_refused() {
        let refused = compare_evals((side("A"), &eval("s", 0.0, 0..2)), (side("B"), &eval("t", 0.0, 0..2)));
        assert!(refused.err().unwrap().to_string().contains("on set s (2 tasks) and B on set t"));
    }
}
