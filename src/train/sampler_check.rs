//! Sampler and trainer must agree about the same tokens under the same weights.
//!
//! Of samples of the present policy the update itself says what the trainer makes of every token. Stale samples differ from
//! the present policy because it has learned; so some rows of every stale batch, others at every step, are scored with the
//! weights that they were sampled from.

use anyhow::{Result, bail};

use super::{
    session::Session,
    update::{Rows, Settings, log_probs},
};
use crate::{
    objective::Batch,
    policy::{Policy, Row},
    store::Numbers,
};

/// One row in so many is scored.
const EVERY: usize = 8;

/// |log μ − log π| of every token.
pub fn gaps(trainer: &[f32], sampler: &[f32]) -> Vec<f32> {
    trainer.iter().zip(sampler).map(|(trainer, sampler)| (trainer - sampler).abs()).collect()
}

/// The same of the tokens of some rows, by the policy that they were sampled from.
pub fn stale_gaps(
    behaviour: &Policy,
    step: u64,
    rows: &Rows,
    batch: &Batch,
    settings: &Settings<'_>,
) -> Result<Vec<f32>> {
    let _span = tracing::info_span!("check of the sampler").entered();
    let every = EVERY.min(rows.student.len()).max(1);
    let chosen = || batch.layout.ranges().zip(&rows.student).skip(step as usize % every).step_by(every);
    let some: Vec<Row> = chosen().map(|(_, row)| row.clone()).collect();
    let tokens: Vec<u32> = chosen().flat_map(|(range, _)| batch.tokens[range].to_vec()).collect();
    let sampler: Vec<f32> = chosen().flat_map(|(range, _)| batch.engine[range].to_vec()).collect();
    Ok(gaps(&log_probs(behaviour, &some, &tokens, settings)?, &sampler))
}

/// Stops when the two do not agree.
pub fn guard_mismatch(session: &Session, numbers: &Numbers) -> Result<()> {
    let (limit, found) =
        (session.config.guard.mismatch, numbers.get("engine-mismatch").copied().unwrap_or(0.0));
    if limit > 0.0 && found > limit {
        let text =
            format!("the sampler's log-probabilities differ from the trainer's by {found:.2e} on average");
        session.writer.alarm(session.state.step, "engine-mismatch", &text)?;
        bail!(
            "{text} (limit guard.mismatch = {limit}): the two do not see the same prompt (an image, its place) or not \
             the same weights, and every ratio and loss would be wrong"
        );
    }
    Ok(())
}
