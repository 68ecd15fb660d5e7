//! What both sides made of the same task, the largest differences first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Comparison;
use crate::{EvalRecord, RunReader, SampleHead, numbers};

/// One task with a sample of each side at the compared evaluations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GalleryItem {
    pub task: String,
    /// Other − baseline on the primary metric; `None` where a side has no number.
    #[serde(with = "numbers::maybe")]
    pub difference: Option<f64>,
    pub baseline: GallerySample,
    pub other: GallerySample,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GallerySample {
    pub run: String,
    /// For `galley runs sample`.
    pub sample: String,
    #[serde(with = "numbers::one")]
    pub reward: f64,
    /// Role (`target`, `render`) → hash in the media store.
    pub media: BTreeMap<String, String>,
}

/// Tasks that both runs kept a sample of.
pub(super) fn gallery(
    comparison: &Comparison,
    evals: (&EvalRecord, &EvalRecord),
    runs: (&RunReader, &RunReader),
) -> Vec<GalleryItem> {
    let (a, b) = (by_task(runs.0, comparison.baseline.step), by_task(runs.1, comparison.other.step));
    let number = |eval: &EvalRecord, task: &str| eval.results.get(task)?.get(&comparison.primary).copied();
    let item = |(task, baseline): (&&str, &&SampleHead)| {
        let other = b.get(task)?;
        let difference = number(evals.1, task).zip(number(evals.0, task)).map(|(b, a)| b - a);
        let (baseline, other) = (sample(runs.0, baseline), sample(runs.1, other));
        Some(GalleryItem { task: (*task).to_owned(), difference, baseline, other })
    };
    let mut items: Vec<GalleryItem> = a.iter().filter_map(item).collect();
    let size = |item: &GalleryItem| item.difference.filter(|d| !d.is_nan()).map_or(-1.0, f64::abs);
    items.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.task.cmp(&b.task)));
    items
}

/// The first sample of every task at a step; held-out ones before those of training.
fn by_task(run: &RunReader, step: u64) -> BTreeMap<&str, &SampleHead> {
    let mut found: BTreeMap<&str, &SampleHead> = BTreeMap::new();
    let held_out = |head: &SampleHead| head.stage.starts_with("eval");
    for head in run.sample_heads().filter(|head| head.step == step && head.sample == 0) {
        if found.get(head.task.as_str()).is_none_or(|known| held_out(head) || !held_out(known)) {
            found.insert(&head.task, head);
        }
    }
    found
}

fn sample(run: &RunReader, head: &SampleHead) -> GallerySample {
    let (run, media) = (run.start().run.clone(), head.media.clone());
    GallerySample { run, sample: head.id(), reward: head.reward, media }
}
