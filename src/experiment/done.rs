//! What is read of a finished run.

use std::path::Path;

use super::{
    ExperimentError, NodeState,
    curve::{Point, curve},
};
use crate::store::{EvalRecord, RunReader};

/// A finished run of a stage.
pub struct Done {
    pub seed: u64,
    pub run: String,
    /// The last evaluation.
    pub eval: EvalRecord,
    pub curve: Vec<Point>,
    pub rollouts: f64,
    pub seconds: f64,
    /// Mean over the objective's steps of the share of the KL that lies on flagged tokens, and of their share of all.
    pub kl_share_flagged: Option<f64>,
    pub flagged: Option<f64>,
}

impl Done {
    /// Reads the run of a node; `None` where it has no evaluation.
    pub fn read(state: &NodeState, runs: &Path, metric: &str) -> Result<Option<Self>, ExperimentError> {
        let Some(run) = &state.run else { return Ok(None) };
        let reader = RunReader::open(&runs.join(run))?;
        let evals = reader.evals();
        let Some(eval) = evals.last() else { return Ok(None) };
        let curve = curve(&reader, metric);
        let mean = |name: &str| {
            let series = reader.series(name);
            let sum: f64 = series.iter().map(|point| point.value).sum();
            (!series.is_empty()).then(|| sum / series.len() as f64)
        };
        Ok(Some(Self {
            seed: state.seed,
            run: run.clone(),
            eval: (*eval).clone(),
            rollouts: curve.last().map_or(0.0, |point| point.rollouts),
            curve,
            seconds: reader.summary().wall_ms as f64 / 1000.0,
            kl_share_flagged: mean("kl-share-flagged"),
            flagged: mean("flagged"),
        }))
    }

    /// The curve from the run that this one began from.
    pub fn curve_from(&self, parent: Option<&Done>) -> Vec<Point> {
        let start = parent.and_then(|parent| parent.curve.last());
        let start = start.map(|point| Point { rollouts: 0.0, wall: 0.0, cpu: 0.0, ..*point });
        start.into_iter().chain(self.curve.iter().copied()).collect()
    }
}
