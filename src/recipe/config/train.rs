//! `[train]`: the optimiser loop of the objective.

use serde::{Deserialize, Serialize};

use crate::policy::Schedule;

/// The optimiser loop of the objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Steps of sampling and learning; 0 = only warm start and evaluation.
    pub steps: u64,
    /// Distinct tasks per step.
    pub prompts: usize,
    /// Rollouts per task.
    pub group: usize,
    pub lr: f64,
    /// Adam's β₁, β₂.
    pub betas: [f64; 2],
    pub eps: f64,
    pub weight_decay: f64,
    /// Largest gradient norm; 0 = no limit.
    pub clip: f64,
    /// Course of the learning rate after the warm-up.
    pub schedule: Schedule,
    /// Steps of linear rise of the learning rate.
    pub warmup: u64,
    /// Optimiser steps per batch of rollouts.
    pub minibatches: usize,
    /// Sequences in one forward and backward pass (gradients are accumulated); bounds memory.
    pub micro_batch: usize,
    /// Steps that sampling runs ahead of learning, 0 or 1. 0: strictly on-policy, one after the other. 1: while a step is
    /// learned from, the next one's rollouts are sampled and judged, from the weights before that update (prime-rl's
    /// `max_async_level`, verl's one-step-off-policy); importance ratios π/μ, capped at 2, correct for it.
    pub async_level: u64,
    /// Steps between checkpoints; 0 = only the last.
    pub checkpoint_every: u64,
    /// Checkpoints that are kept beside the best one.
    pub keep: usize,
    /// Steps between evaluations; 0 = only before and after.
    pub eval_every: u64,
    /// End the objective early when this many evaluations on the way (`eval-every`) in a row brought no better primary
    /// metric; 0 = never.
    pub patience: u64,
    /// By how much an evaluation must be better to count as such.
    pub min_delta: f64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            steps: 60,
            prompts: 64,
            group: 1,
            lr: 1e-3,
            betas: [0.9, 0.95],
            eps: 1e-8,
            weight_decay: 0.0,
            clip: 1.0,
            schedule: Schedule::Constant,
            warmup: 0,
            minibatches: 1,
            micro_batch: 16,
            async_level: 0,
            checkpoint_every: 20,
            keep: 2,
            eval_every: 20,
            patience: 0,
            min_delta: 0.0,
        }
    }
}
