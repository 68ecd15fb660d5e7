//! The health of an update in numbers.

use super::{diagnostics::mean_where, judged::Judged, sampler_check::gaps, update::Report};
use crate::{
    objective::{Batch, CAP},
    store::Numbers,
};

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
    put("engine-mismatch", mean_where(&report.sampler_gap, |_| true));
    numbers
}

/// How old the samples of the update were, and what that made of their ratios (SPEC-objectives §6).
pub fn of_staleness(batch: &Batch, report: &Report, stale: bool) -> Numbers {
    let mut numbers = Numbers::from([("staleness".to_owned(), f64::from(u8::from(stale)))]);
    let mut put = |name: &str, value: Option<f64>| {
        numbers.extend(value.map(|value| (name.to_owned(), value)));
    };
    put("ratio-min", report.ratio.iter().copied().map(f64::from).reduce(f64::min));
    let capped: Vec<f32> =
        report.ratio.iter().map(|&rho| f32::from(u8::from(f64::from(rho) >= CAP))).collect();
    put("ratio-capped", mean_where(&capped, |_| true));
    if stale {
        put("drift", mean_where(&gaps(&report.now, &batch.engine), |_| true));
    }
    numbers
}
