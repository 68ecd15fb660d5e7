//! Which checkpoints stay: the newest ones, and the one with the best evaluation.

use std::collections::BTreeMap;

use crate::{EvalRecord, RunReader};

/// What a writer remembers in order to decide.
pub(crate) struct Retention {
    primary: String,
    /// Primary metric by step of evaluation.
    evals: BTreeMap<u64, f64>,
    /// Steps in the order of publication.
    checkpoints: Vec<u64>,
}

impl Retention {
    pub(crate) fn new(primary: String) -> Self {
        Self { primary, evals: BTreeMap::new(), checkpoints: Vec::new() }
    }

    /// What holds after a rewind to `to`.
    pub(crate) fn resumed(reader: &RunReader, to: Option<u64>) -> Self {
        let summary = reader.summary();
        let before = |step: u64| to.is_some_and(|to| step <= to);
        let evals = summary.primaries().map(|(eval, value)| (eval.step, value));
        let there = reader.checkpoints().into_iter().filter(|known| reader.dir().join(&known.path).is_dir());
        Self {
            evals: evals.filter(|(step, _)| before(*step)).collect(),
            checkpoints: there.map(|known| known.step).filter(|step| before(*step)).collect(),
            primary: summary.primary_metric,
        }
    }

    pub(crate) fn evaluated(&mut self, eval: &EvalRecord) {
        if let Some(&value) = eval.means.get(&self.primary) {
            self.evals.insert(eval.step, value);
        }
    }

    /// Adds the checkpoint of `step` and returns those to keep: the newest `count`, at least one, and the best.
    pub(crate) fn published(&mut self, step: u64, count: usize) -> &[u64] {
        self.checkpoints.retain(|&known| known != step);
        self.checkpoints.push(step);
        let best = self.best();
        let old = self.checkpoints.len().saturating_sub(count.max(1));
        let newest = self.checkpoints.split_off(old);
        self.checkpoints.retain(|&known| Some(known) == best);
        self.checkpoints.extend(newest);
        &self.checkpoints
    }

    fn best(&self) -> Option<u64> {
        let scored = self.checkpoints.iter().filter_map(|step| Some((*step, *self.evals.get(step)?)));
        let best = scored.filter(|(_, value)| !value.is_nan()).max_by(|a, b| a.1.total_cmp(&b.1));
        best.map(|(step, _)| step)
    }
}
