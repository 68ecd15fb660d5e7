//! Picking a token from logits.

use galley_core::Random;
use serde::{Deserialize, Serialize};

use crate::policy::ops::simd::{exp, max, multiversion, sum};

/// How tokens are drawn, and when a sequence ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SampleOptions {
    /// 0 takes the most likely token.
    pub temperature: f32,
    /// Only the most likely tokens that together reach this probability; 1 = all.
    pub top_p: f32,
    /// Only so many of the most likely tokens; 0 = all.
    pub top_k: usize,
    /// Logits of tokens that the response already has are divided (if positive) or multiplied by it; 1 = off.
    pub repetition_penalty: f32,
    pub max_tokens: usize,
    /// Tokens that end a sequence.
    #[serde(skip)]
    pub stop: Vec<u32>,
    /// Text that ends a sequence once the response contains it.
    pub stop_strings: Vec<String>,
    /// Sequences that run at once.
    pub max_rows: usize,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_p: 1.0,
            top_k: 0,
            repetition_penalty: 1.0,
            max_tokens: 256,
            stop: Vec::new(),
            stop_strings: Vec::new(),
            max_rows: 64,
        }
    }
}

/// A drawn token with its two log-probabilities.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Drawn {
    pub(in crate::policy) token: u32,
    /// Under the model's own distribution (temperature 1, nothing left out).
    pub(in crate::policy) logprob: f32,
    /// Under the distribution it was drawn from.
    pub(in crate::policy) sampling_logprob: f32,
}

multiversion! {
    /// ln Σ exp(scale · x).
    fn log_sum_exp(x: &[f32], scale: f32) -> f32 {
        let top = max(x);
        let mut lanes = [0f32; 16];
        let (main, rest) = x.as_chunks::<16>();
        for x in main {
            for i in 0..16 {
                lanes[i] += exp((x[i] - top) * scale);
            }
        }
        let rest: f32 = rest.iter().map(|x| exp((*x - top) * scale)).sum();
        (sum(&lanes) + rest).ln() + top * scale
    }
}

multiversion! {
    /// `p[i] = exp(scale · x[i] − norm)`.
    fn probabilities(x: &[f32], scale: f32, norm: f32, p: &mut [f32]) {
        for (p, x) in p.iter_mut().zip(x) {
            *p = exp(x.mul_add(scale, -norm));
        }
    }
}

/// Draws one token; `random` gives one number exactly, also when greedy.
pub(super) fn draw(logits: &[f32], options: &SampleOptions, response: &[u32], random: &mut Random) -> Drawn {
    draw_at(logits, options, response, random.uniform())
}

/// The token at a place between 0 and 1 of what may be drawn, in the order of token ids.
pub(in crate::policy) fn draw_at(
    logits: &[f32],
    options: &SampleOptions,
    response: &[u32],
    uniform: f64,
) -> Drawn {
    let norm = log_sum_exp(logits, 1.0);
    let penalised;
    let scored = if options.repetition_penalty == 1.0 {
        logits
    } else {
        penalised = penalise(logits, response, options.repetition_penalty);
        &penalised
    };
    if options.temperature <= 0.0 {
        let token = best(scored);
        return Drawn { token, logprob: logits[token as usize] - norm, sampling_logprob: 0.0 };
    }
    let scale = 1.0 / options.temperature;
    let scaled_norm =
        if scale == 1.0 && options.repetition_penalty == 1.0 { norm } else { log_sum_exp(scored, scale) };
    let mut p = vec![0f32; scored.len()];
    probabilities(scored, scale, scaled_norm, &mut p);
    let (token, sampling) = match options.top_p >= 1.0 && options.top_k == 0 {
        true => {
            let token = pick(p.iter().enumerate().map(|(token, &p)| (token as u32, p)), uniform);
            (token, scored[token as usize].mul_add(scale, -scaled_norm))
        }
        false => filtered(&p, options, uniform),
    };
    Drawn { token, logprob: logits[token as usize] - norm, sampling_logprob: sampling }
}

/// The first of the largest logits.
fn best(logits: &[f32]) -> u32 {
    let top = max(logits);
    logits.iter().position(|&x| x == top).unwrap_or(0) as u32
}

fn penalise(logits: &[f32], response: &[u32], penalty: f32) -> Vec<f32> {
    let mut logits = logits.to_vec();
    let mut seen = response.to_vec();
    seen.sort_unstable();
    seen.dedup();
    for token in seen {
        let logit = &mut logits[token as usize];
        *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
    }
    logits
}

/// The token at which the running sum of probabilities passes `uniform` of the whole.
fn pick(candidates: impl Iterator<Item = (u32, f32)> + Clone, uniform: f64) -> u32 {
    let total: f64 = candidates.clone().map(|(_, p)| f64::from(p)).sum();
    let mut left = uniform * total;
    let mut last = 0;
    for (token, p) in candidates.filter(|(_, p)| *p > 0.0) {
        last = token;
        left -= f64::from(p);
        if left < 0.0 {
            break;
        }
    }
    last
}

/// Draws among the most likely tokens; also gives the log-probability among those.
fn filtered(p: &[f32], options: &SampleOptions, uniform: f64) -> (u32, f32) {
    // Tokens below this bound hold less than 1 − top_p together, so the nucleus lies above it.
    let bound = if options.top_p < 1.0 { (1.0 - options.top_p) / p.len() as f32 } else { 0.0 };
    let mut kept: Vec<(u32, f32)> =
        p.iter().enumerate().filter(|(_, p)| **p >= bound).map(|(token, &p)| (token as u32, p)).collect();
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if options.top_k > 0 && options.top_k < kept.len() {
        kept.select_nth_unstable_by(options.top_k - 1, order);
        kept.truncate(options.top_k);
    }
    kept.sort_unstable_by(order);
    if options.top_p < 1.0 {
        let whole: f32 = kept.iter().map(|(_, p)| p).sum();
        let mut mass = 0.0;
        let inside = kept.iter().take_while(|(_, p)| {
            let open = mass < options.top_p * whole;
            mass += p;
            open
        });
        let count = inside.count().max(1);
        kept.truncate(count);
    }
    kept.sort_unstable_by_key(|(token, _)| *token);
    let total: f32 = kept.iter().map(|(_, p)| p).sum();
    let token = pick(kept.iter().copied(), uniform);
    let own = kept.iter().find(|(kept, _)| *kept == token).map_or(0.0, |(_, p)| *p);
    (token, (own / total).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(options: &SampleOptions, logits: &[f32]) -> Vec<usize> {
        let mut counts = vec![0; logits.len()];
        for i in 0..4000 {
            counts[draw(logits, options, &[], &mut Random::new(i)).token as usize] += 1;
        }
        counts
    }

    #[test]
    fn frequencies_follow_the_distribution() {
        let logits = [0.0, 1.0, 2.0, f32::NEG_INFINITY];
        let got = counts(&SampleOptions::default(), &logits);
        for (count, want) in got.iter().zip([0.090_03, 0.244_73, 0.665_24, 0.0]) {
            assert!((*count as f64 / 4000.0 - want).abs() < 0.025, "{got:?}");
        }
    }

    #[test]
    fn filters_leave_the_most_likely() {
        let logits = [0.0, 1.0, 2.0, 1.5];
        let top_k = counts(&SampleOptions { top_k: 2, ..Default::default() }, &logits);
        assert!(top_k[0] == 0 && top_k[1] == 0 && top_k[3] > 0);
        let top_p = counts(&SampleOptions { top_p: 0.7, ..Default::default() }, &logits);
        assert!(top_p[0] == 0 && top_p[1] == 0 && top_p[3] > 0, "{top_p:?}");
        let drawn =
            draw(&logits, &SampleOptions { top_k: 1, ..Default::default() }, &[], &mut Random::new(0));
        assert_eq!((drawn.token, drawn.sampling_logprob), (2, 0.0));
        assert!((drawn.logprob + 0.746_6).abs() < 1e-3, "{}", drawn.logprob);
    }

    #[test]
    fn greedy_takes_the_first_maximum_and_the_penalty_moves_it() {
        let logits = [1.0, 2.0, 2.0];
        let options = SampleOptions { temperature: 0.0, repetition_penalty: 3.0, ..Default::default() };
        assert_eq!(draw(&logits, &options, &[], &mut Random::new(0)).token, 1);
        assert_eq!(draw(&logits, &options, &[1], &mut Random::new(0)).token, 2);
    }
}
