//! `[warm-start]`: supervised training before the objective.

use serde::{Deserialize, Serialize};

/// Supervised training that makes the teacher's context readable, before the objective starts. Stops at `steps`, or earlier
/// when `min-gain` and `until-reward` are both reached. No rule reads the clock: a resumed run must stop where it would have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WarmStartConfig {
    /// Optimiser steps at most; 0 = no warm start.
    pub steps: u64,
    /// Rows per step.
    pub batch: usize,
    pub lr: f64,
    pub weight_decay: f64,
    /// Steps of linear rise of the learning rate.
    pub warmup: u64,
    /// Stop when the teacher gain of the messages on own rollouts exceeds this many nats per reference; 0 = never.
    pub min_gain: f64,
    /// With `min-gain`: stop once the mean reward of sampled programs has reached this too.
    pub until_reward: f64,
    /// Text-only steps at most before the mixed ones, in which copying a correction is learned; 0 = none.
    pub reading_steps: u64,
    /// Rows per reading step.
    pub reading_batch: usize,
    pub reading_lr: f64,
    /// Reading stops when the moving average of its loss falls below this.
    pub reading_until: f64,
    /// Share of rows that carry a privileged context (a worsened attempt's render, rubric and messages).
    pub context_fraction: f64,
    /// From this share of the steps on, attempts are the policy's own rollouts instead of perturbed references.
    pub own_rollouts_from: f64,
    /// Share of context rows whose attempt failed to render, so that the error context is familiar.
    pub failed_fraction: f64,
    /// Fewest places in which a reference is worsened.
    pub perturb_min: usize,
    /// Most places.
    pub perturb_max: usize,
}

impl Default for WarmStartConfig {
    fn default() -> Self {
        Self {
            steps: 0,
            batch: 32,
            lr: 1e-3,
            weight_decay: 0.01,
            warmup: 50,
            min_gain: 5.0,
            until_reward: 0.0,
            reading_steps: 0,
            reading_batch: 16,
            reading_lr: 3e-3,
            reading_until: 0.03,
            context_fraction: 0.5,
            own_rollouts_from: 0.6,
            failed_fraction: 0.1,
            perturb_min: 1,
            perturb_max: 14,
        }
    }
}
