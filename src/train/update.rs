//! One optimiser step on a batch, in micro-batches.

use anyhow::{Context, Result};
use candle_core::{DType, Tensor};

use super::diagnostics::{TokenFacts, likeliest};
use crate::{
    objective::{Batch, Objective, Slice, token_logprobs},
    policy::{AdamW, Gradients, Policy, PolicyError, Row},
    teacher::Teacher,
};

/// The rows of a batch. `teacher` rows hold the same responses after the privileged prompts.
pub struct Rows {
    pub student: Vec<Row>,
    pub teacher: Vec<Row>,
}

impl Rows {
    /// The rows of a minibatch.
    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        let teacher = self.teacher.get(range.clone()).unwrap_or_default().to_vec();
        Self { student: self.student[range].to_vec(), teacher }
    }
}

/// What an update did; per-token vectors are flat over the batch.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub loss: f64,
    pub grad_norm: f64,
    pub kl: Vec<f32>,
    pub ratio: Vec<f32>,
    /// log π of the response tokens before the update.
    pub now: Vec<f32>,
    /// |log μ − log π| of tokens that the trainer scored with the weights they were sampled from: all, or of stale samples
    /// some rows.
    pub sampler_gap: Vec<f32>,
    pub facts: TokenFacts,
    /// What student and teacher found likeliest at the first places of the batch, as many as [`Settings::shown`].
    pub student_top: Vec<Likeliest>,
    pub teacher_top: Vec<Likeliest>,
}

/// Tokens with their log-probabilities, likeliest first.
pub type Likeliest = Vec<(u32, f32)>;

/// How many tokens of each distribution are kept for the record.
const TOP: usize = 5;

impl Report {
    /// Appends the report of the batch's next minibatch.
    pub fn extend(&mut self, next: Self) {
        self.loss += next.loss;
        self.grad_norm = self.grad_norm.max(next.grad_norm);
        self.kl.extend(next.kl);
        self.ratio.extend(next.ratio);
        self.now.extend(next.now);
        self.sampler_gap.extend(next.sampler_gap);
        self.facts.extend(next.facts);
        self.student_top.extend(next.student_top);
        self.teacher_top.extend(next.teacher_top);
    }
}

/// log π of the response tokens as the policy is now, without gradient, flat over the rows.
pub fn log_probs(policy: &Policy, rows: &[Row], tokens: &[u32], settings: &Settings<'_>) -> Result<Vec<f32>> {
    let mut all = Vec::with_capacity(tokens.len());
    for rows in rows.chunks(settings.micro_batch.max(1)) {
        let states = policy.states(rows)?;
        for range in states.ranges()? {
            let own = &tokens[all.len()..all.len() + range.len()];
            let logits = scaled(&states.logits(range)?, settings.temperature)?;
            all.extend(token_logprobs(&logits, own)?.to_vec1::<f32>()?);
        }
    }
    Ok(all)
}

/// How to update.
pub struct Settings<'a> {
    pub objective: &'a dyn Objective,
    /// Reads `Rows::teacher`.
    pub teacher: Option<&'a Teacher>,
    pub temperature: f64,
    pub micro_batch: usize,
    pub lr: f64,
    /// Places of the batch, from its beginning, whose likeliest tokens are reported.
    pub shown: usize,
    /// Token and amount of a teacher that is wrong on purpose.
    pub bias: Option<(u32, f64)>,
}

/// Accumulates the gradient of the whole batch and takes one step.
///
/// # Errors
/// A non-finite loss or gradient, before anything is changed.
pub fn update(
    policy: &Policy,
    optimiser: &mut AdamW,
    batch: &Batch,
    rows: &Rows,
    settings: &Settings<'_>,
) -> Result<Report> {
    let mut gradients = Gradients::new(&policy.trainable());
    let mut report = Report::default();
    let mut at = 0;
    for first in (0..rows.student.len()).step_by(settings.micro_batch.max(1)) {
        let last = (first + settings.micro_batch.max(1)).min(rows.student.len());
        let student = &rows.student[first..last];
        let teacher_pass = tracing::info_span!("teacher pass").entered();
        let teacher = match settings.teacher {
            Some(teacher) => Some(teacher.states(policy, &rows.teacher[first..last])?),
            None => None,
        };
        drop(teacher_pass);
        let _student = tracing::info_span!("student pass, loss and backward").entered();
        policy.differentiate(student, &mut gradients, &mut |range, logits| {
            let student = scaled(logits, settings.temperature)?;
            let teacher = teacher.as_ref().map(|teacher| teacher.logits(range.clone())).transpose()?;
            let teacher = teacher.map(|logits| scaled(&logits, settings.temperature)).transpose()?;
            let teacher = teacher.map(|logits| biased(logits, settings.bias)).transpose()?;
            let range = at + range.start..at + range.end;
            if let Some(left @ 1..) = settings.shown.checked_sub(range.start) {
                report.student_top.extend(likeliest(&student, left, TOP)?);
                if let Some(teacher) = &teacher {
                    report.teacher_top.extend(likeliest(teacher, left, TOP)?);
                }
            }
            let slice = Slice { range, student: &student, teacher: teacher.as_ref() };
            let loss = settings.objective.loss(batch, &slice)?;
            let total = f64::from(loss.total.to_scalar::<f32>()?);
            if !total.is_finite() {
                return Err(PolicyError::Input(format!("the loss of rows {first}..{last} is not finite")));
            }
            report.loss += total;
            report.kl.extend(loss.kl);
            report.ratio.extend(loss.ratio);
            report.now.extend(loss.now);
            report.facts.extend(TokenFacts::of(&student, teacher.as_ref())?);
            Ok(loss.total)
        })?;
        at += student.iter().map(|row| row.response.len()).sum::<usize>();
    }
    if optimiser.steps() == 0 {
        all_adapters_learn(&gradients)?;
    }
    let _optimiser = tracing::info_span!("optimiser step").entered();
    let step = optimiser.step_accumulated(&mut gradients, settings.lr).context("optimiser step")?;
    report.grad_norm = step.grad_norm;
    Ok(report)
}

/// Refuses a first step in which some adapters learn and others do not: those are bound to nothing that the loss depends
/// on. (Of fresh adapters only B has a gradient; where none has any, student and teacher agree.)
fn all_adapters_learn(gradients: &Gradients) -> Result<(), PolicyError> {
    let of_b = || gradients.iter().filter(|(name, _)| name.ends_with("lora_B.weight"));
    let still = |gradient: &[f32]| gradient.iter().all(|&value| value == 0.0);
    match of_b().find(|(_, gradient)| still(gradient)) {
        Some((name, _)) if of_b().any(|(_, gradient)| !still(gradient)) => Err(PolicyError::Input(format!(
            "the adapter `{name}` gets no gradient: no layer of the model uses it"
        ))),
        _ => Ok(()),
    }
}

/// Logits `[n, V]` with an amount added to those of one token.
fn biased(logits: Tensor, bias: Option<(u32, f64)>) -> candle_core::Result<Tensor> {
    let Some((token, amount)) = bias else { return Ok(logits) };
    let vocabulary = logits.dim(1)? as u32;
    let add = (0..vocabulary).map(|at| if at == token { amount as f32 } else { 0.0 });
    logits.broadcast_add(&Tensor::from_iter(add, logits.device())?)
}

/// Logits in f32, divided by the temperature they were sampled with.
fn scaled(logits: &Tensor, temperature: f64) -> candle_core::Result<Tensor> {
    let logits = logits.to_dtype(DType::F32)?;
    if temperature == 1.0 || temperature == 0.0 { Ok(logits) } else { logits / temperature }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn a_bias_moves_one_token_of_every_row() {
        let logits = Tensor::new(&[[1f32, 2.0, 3.0], [0.0, 0.0, 0.0]], &Device::Cpu).unwrap();
        let moved = biased(logits, Some((1, 4.0))).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(moved, [[1.0, 6.0, 3.0], [0.0, 4.0, 0.0]]);
    }

    #[test]
    fn an_adapter_without_gradient_beside_one_with_is_named() {
        let var = |value: f32| Var::new(&[value], &Device::Cpu).unwrap();
        let (used, unused) = (var(2.0), var(3.0));
        let vars =
            [("a.lora_B.weight".to_owned(), used.clone()), ("b.lora_B.weight".to_owned(), unused.clone())];
        let mut gradients = Gradients::new(&vars);
        assert!(all_adapters_learn(&gradients).is_ok(), "nobody learns: student and teacher agree");
        gradients.add(&used.sqr().unwrap().sum_all().unwrap().backward().unwrap(), 1.0).unwrap();
        let error = all_adapters_learn(&gradients).unwrap_err().to_string();
        assert!(error.contains("`b.lora_B.weight` gets no gradient"), "{error}");
        gradients.add(&unused.sqr().unwrap().sum_all().unwrap().backward().unwrap(), 1.0).unwrap();
        assert!(all_adapters_learn(&gradients).is_ok());
    }
}
