//! Attention of one new token: the query heads that share a key head go together, so that keys and values are read once.

use super::cache::Cache;
use crate::policy::ops::simd::{multiversion, softmax_row};

/// The first `tokens` of a cache.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) cache: &'a Cache,
    pub(super) tokens: usize,
}

/// Floats that are computed at once.
const LANES: usize = 16;

/// Query heads `q [heads · dim]` of one key head over a prefix and the sequence's own tokens → `out [heads · dim]`.
/// `at` is (layer, key head).
pub(super) fn attend_group(
    q: &[f32],
    out: &mut [f32],
    dim: usize,
    at: (usize, usize),
    prefix: Option<Seen<'_>>,
    own: Seen<'_>,
    scores: &mut Vec<f32>,
) {
    let scale = 1.0 / (dim as f32).sqrt();
    let before = prefix.map_or(0, |prefix| prefix.tokens);
    let seen = before + own.tokens;
    // Scores are computed in whole vectors: what a run writes too much, the next overwrites.
    let stride = seen + LANES;
    scores.resize((q.len() / dim) * stride, 0.0);
    let both = [prefix, Some(own)];
    for (q, (out, scores)) in
        q.chunks(3 * dim).zip(out.chunks_mut(3 * dim).zip(scores.chunks_mut(3 * stride)))
    {
        let mut start = 0;
        for run in both.iter().flatten() {
            let (keys, capacity) = run.cache.keys(at.0, at.1);
            let run_scores = Run { start, stride, tokens: run.tokens };
            match q.len() / dim {
                3 => score3(q, keys, capacity, scale, scores, run_scores),
                2 => score2(q, keys, capacity, scale, scores, run_scores),
                _ => score1(q, keys, capacity, scale, scores, run_scores),
            }
            start += run.tokens;
        }
        scores.chunks_exact_mut(stride).for_each(|scores| softmax_row(&mut scores[..seen], seen));
        out.fill(0.0);
        let mut start = 0;
        for run in both.iter().flatten() {
            let values = run.cache.values(at.0, at.1);
            let run_scores = Run { start, stride, tokens: run.tokens };
            match q.len() / dim {
                3 => mix3(scores, run_scores, values, out),
                2 => mix2(scores, run_scores, values, out),
                _ => mix1(scores, run_scores, values, out),
            }
            start += run.tokens;
        }
    }
}

/// Where a run of tokens stands in the scores: head `h`, token `t` at `h · stride + start + t`.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    stride: usize,
    tokens: usize,
}

/// `scores[h, t] = scale · Σ_d q[h, d] · keys[d, t]`, in vectors of 16 tokens.
#[inline(always)]
fn score<const H: usize>(q: &[f32], keys: &[f32], capacity: usize, scale: f32, scores: &mut [f32], run: Run) {
    let dim = q.len() / H;
    for t in (0..run.tokens).step_by(LANES) {
        let mut sums = [[0f32; LANES]; H];
        for d in 0..dim {
            let Some(key) = keys[d * capacity + t..].first_chunk::<LANES>() else { continue };
            for (h, sum) in sums.iter_mut().enumerate() {
                let q = q[h * dim + d];
                for i in 0..LANES {
                    sum[i] = q.mul_add(key[i], sum[i]);
                }
            }
        }
        for (h, sum) in sums.iter().enumerate() {
            let target = &mut scores[h * run.stride + run.start + t..][..LANES];
            for (target, sum) in target.iter_mut().zip(sum) {
                *target = sum * scale;
            }
        }
    }
}

/// `out[h, d] += Σ_t p[h, t] · values[t, d]`, in vectors of 16 dimensions where there are as many.
#[inline(always)]
fn mix<const H: usize>(p: &[f32], run: Run, values: &[f32], out: &mut [f32]) {
    let dim = out.len() / H;
    let p: [&[f32]; H] = std::array::from_fn(|h| &p[h * run.stride + run.start..][..run.tokens]);
    let whole = dim / LANES * LANES;
    for c in (0..whole).step_by(LANES) {
        let mut sums = [[0f32; LANES]; H];
        for t in 0..run.tokens {
            let Some(value) = values[t * dim + c..].first_chunk::<LANES>() else { continue };
            for (sum, p) in sums.iter_mut().zip(p) {
                for i in 0..LANES {
                    sum[i] = p[t].mul_add(value[i], sum[i]);
                }
            }
        }
        for (h, sum) in sums.iter().enumerate() {
            out[h * dim + c..][..LANES].iter_mut().zip(sum).for_each(|(out, sum)| *out += sum);
        }
    }
    for (h, p) in p.iter().enumerate() {
        for d in whole..dim {
            let sum = p.iter().enumerate().fold(0f32, |sum, (t, p)| p.mul_add(values[t * dim + d], sum));
            out[h * dim + d] += sum;
        }
    }
}

macro_rules! for_heads {
    ($heads:literal, $score:ident, $mix:ident) => {
        multiversion! {
            fn $score(q: &[f32], keys: &[f32], capacity: usize, scale: f32, scores: &mut [f32], run: Run) {
                score::<$heads>(q, keys, capacity, scale, scores, run);
            }
        }
        multiversion! {
            fn $mix(p: &[f32], run: Run, values: &[f32], out: &mut [f32]) {
                mix::<$heads>(p, run, values, out);
            }
        }
    };
}
for_heads!(1, score1, mix1);
for_heads!(2, score2, mix2);
for_heads!(3, score3, mix3);
