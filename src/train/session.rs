//! Everything a run holds while it is going.

use std::sync::Arc;

use galley_core::{Domain, Random, TaskSet};
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};

use super::{Interrupt, ahead::Ahead, assessor::Assessor};
use crate::{
    policy::{AdamW, Policy},
    recipe::RunConfig,
    store::RunWriter,
    teacher::{Teacher, Wording},
};

/// The parts of a run. The policy's weights, the optimiser, the teacher, `state` and `ahead` change; the rest does not.
pub struct Session {
    pub config: RunConfig,
    pub domain: Arc<dyn Domain>,
    pub train: Arc<dyn TaskSet>,
    pub held_out: Arc<dyn TaskSet>,
    pub policy: Arc<Policy>,
    pub optimiser: AdamW,
    pub teacher: Teacher,
    pub assessor: Arc<Assessor>,
    pub writer: Arc<RunWriter>,
    pub random: Random,
    pub wording: Wording,
    pub interrupt: Interrupt,
    pub state: State,
    /// The coming step's rollouts, where they were drawn while the last one was learned from.
    pub ahead: Option<Ahead>,
    /// Where rollouts are drawn ahead, if they are.
    pub lane: Option<ThreadPool>,
    /// The step of the newest checkpoint of this process.
    pub saved: Option<u64>,
}

/// Where the run stands; part of every checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub stage: Stage,
    /// Steps done in the stage.
    pub stage_step: u64,
    /// Optimiser steps of all stages: the step axis of every curve.
    pub step: u64,
    /// Rollouts that the objective has learned from, and their tokens.
    pub rollouts: u64,
    pub tokens: u64,
    /// Mean reward and failure rate of the objective's first steps: what the collapse alarms compare with.
    pub baseline: Baseline,
    /// Moving average of the reading stage's loss, its stop rule.
    pub reading_loss: Option<f64>,
    /// What early stopping goes by.
    #[serde(default)]
    pub progress: Improvement,
}

/// The objective's best evaluation on the way, and how many have passed since.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Improvement {
    pub best: Option<f64>,
    pub stale: u64,
}

impl Improvement {
    /// Takes an evaluation's primary metric into account.
    pub fn take(&mut self, value: f64, min_delta: f64) {
        if self.best.is_none_or(|best| value > best + min_delta) {
            *self = Self { best: Some(value), stale: 0 };
        } else {
            self.stale += 1;
        }
    }

    /// Whether `patience` evaluations in a row were no better.
    pub fn exhausted(&self, patience: u64) -> bool {
        patience > 0 && self.stale >= patience
    }
}

/// The stages of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Before,
    Reading,
    WarmStart,
    Objective,
    Done,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    pub steps: u64,
    pub reward: f64,
    pub failures: f64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            stage: Stage::Before,
            stage_step: 0,
            step: 0,
            rollouts: 0,
            tokens: 0,
            baseline: Baseline::default(),
            reading_loss: None,
            progress: Improvement::default(),
        }
    }
}

impl Session {
    /// Enters `stage` with a fresh optimiser.
    pub fn enter(&mut self, stage: Stage) -> anyhow::Result<()> {
        self.state.stage = stage;
        self.state.stage_step = 0;
        self.state.progress = Improvement::default();
        self.ahead = None;
        self.optimiser = super::build::optimiser(&self.policy, &self.config)?;
        Ok(())
    }

    /// The generator for a named purpose at a step; independent of every other.
    pub fn random_at(&self, purpose: &str, step: u64) -> Random {
        self.random.named(purpose).at(step)
    }

    /// The number that is compared: the recipe's choice, or the domain's.
    pub fn primary_metric(&self) -> String {
        match self.config.eval.primary.as_str() {
            "" => self.domain.primary_metric().to_owned(),
            name => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_with_evaluations_that_are_no_better() {
        let mut progress = Improvement::default();
        let stops = [0.5, 0.51, 0.6, 0.6, 0.61, 0.7].map(|value| {
            progress.take(value, 0.05);
            progress.exhausted(2)
        });
        assert_eq!(stops, [false, false, false, false, true, false]);
        assert!(!progress.exhausted(0));
    }
}
