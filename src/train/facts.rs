//! The health of an update in numbers, and the guard on the sampler.

use anyhow::{Result, bail};

use super::{diagnostics::mean_where, judged::Judged, session::Session, update::Report};
use crate::{objective::Batch, store::Numbers};

/// The health of the update in numbers (SPEC-objectives §6). Token by token as in the batch: `judged` are its rollouts.
pub fn facts(batch: &Batch, judged: &[Judged], report: &Report) -> Numbers {
    let marks: Vec<bool> = judged.iter().flat_map(|one| one.flagged.iter().copied()).collect();
    let flagged = |t: usize| marks[t];
    let mut numbers = Numbers::new();
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            numbers.insert(name.to_owned(), value);
        }
    };
    put("loss", Some(report.loss));
    put("grad-norm", Some(report.grad_norm));
    put("kl", mean_where(&report.kl, |_| true));
    put("kl-flagged", mean_where(&report.kl, flagged));
    put("kl-unflagged", mean_where(&report.kl, |t| !flagged(t)));
    put("entropy", mean_where(&report.facts.entropy, |_| true));
    let agree: Vec<f32> = report.facts.agree.iter().map(|&same| f32::from(u8::from(same))).collect();
    put("agreement", mean_where(&agree, |_| true));
    put("ratio", mean_where(&report.ratio, |_| true));
    put("ratio-max", report.ratio.iter().copied().map(f64::from).reduce(f64::max));
    let count = batch.tokens.len().max(1) as f64;
    put("flagged", Some((0..batch.tokens.len()).filter(|&t| flagged(t)).count() as f64 / count));
    let total: f64 = report.kl.iter().map(|&kl| f64::from(kl)).sum();
    let on: f64 = (0..report.kl.len()).filter(|&t| flagged(t)).map(|t| f64::from(report.kl[t])).sum();
    put("kl-share-flagged", (total > 0.0).then_some(on / total));
    let gap: Vec<f32> =
        report.now.iter().zip(&batch.engine).map(|(now, engine)| (now - engine).abs()).collect();
    put("engine-mismatch", mean_where(&gap, |_| true));
    numbers
}

/// Stops when the sampler and the trainer do not agree about the same tokens.
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
