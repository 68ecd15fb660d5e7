//! One evaluation: every held-out task's numbers, so that any two evaluations can be compared in pairs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Numbers, numbers};

/// An evaluation of one policy on one set of tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalRecord {
    pub step: u64,
    /// `before`, `warm-start`, or the name of the training stage.
    pub stage: String,
    /// What was asked and who judged it, see [`eval_set_hash`]; only equal ones are comparable.
    pub eval_set: String,
    /// Name of the number that decides; higher is better.
    pub primary: String,
    /// Task id → the numbers of its score (`reward`, `executed` 0 or 1, axes, metrics).
    #[serde(with = "numbers::nested")]
    pub results: BTreeMap<String, Numbers>,
    /// Mean over the tasks that have the number.
    #[serde(with = "numbers::map")]
    pub means: Numbers,
    /// Tasks lost to harness faults: in no mean.
    pub excluded: Vec<String>,
    /// Task id → its labels (`family`, `difficulty`, …), by which comparisons are sliced.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, BTreeMap<String, String>>,
}

impl EvalRecord {
    /// Computes the means.
    pub fn new(
        stage: impl Into<String>,
        step: u64,
        eval_set: impl Into<String>,
        primary: impl Into<String>,
        results: BTreeMap<String, Numbers>,
    ) -> Self {
        let means = means(&results);
        let (stage, eval_set, primary) = (stage.into(), eval_set.into(), primary.into());
        Self { step, stage, eval_set, primary, results, means, excluded: Vec::new(), labels: BTreeMap::new() }
    }

    /// One number of every task that has it, in the order of task ids.
    pub fn values(&self, metric: &str) -> Vec<f64> {
        self.results.values().filter_map(|numbers| numbers.get(metric).copied()).collect()
    }
}

fn means(results: &BTreeMap<String, Numbers>) -> Numbers {
    let mut sums: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for (name, value) in results.values().flatten() {
        let (sum, count) = sums.entry(name).or_default();
        *sum += value;
        *count += 1;
    }
    sums.into_iter().map(|(name, (sum, count))| (name.to_owned(), sum / count as f64)).collect()
}

/// Names an evaluation set: the judge (domain, renderer version, reward configuration) and the task ids, in any order.
pub fn eval_set_hash<'a>(judge: &str, ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut ids: Vec<&str> = ids.into_iter().collect();
    ids.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for part in std::iter::once(judge).chain(ids) {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_over_the_tasks_that_have_the_number() {
        let results = BTreeMap::from([
            ("a".to_owned(), Numbers::from([("reward".into(), 1.0), ("text".into(), 0.5)])),
            ("b".to_owned(), Numbers::from([("reward".into(), 0.0)])),
        ]);
        let eval = EvalRecord::new("before", 0, "h", "reward", results);
        assert_eq!(eval.means, Numbers::from([("reward".into(), 0.5), ("text".into(), 0.5)]));
        assert_eq!(eval.values("reward"), [1.0, 0.0]);
    }

    #[test]
    fn the_set_hash_ignores_order_and_sees_judge_and_ids() {
        let hash = eval_set_hash("web 1", ["a", "b"]);
        assert_eq!(hash, eval_set_hash("web 1", ["b", "a"]));
        assert_ne!(hash, eval_set_hash("web 2", ["a", "b"]));
        assert_ne!(hash, eval_set_hash("web 1", ["ab"]));
    }
}
