//! Numbers about a batch of logits that tell whether learning is healthy.

use candle_core::Tensor;
use rayon::prelude::*;

/// Per-token facts of one micro-batch.
#[derive(Clone, Debug, Default)]
pub struct TokenFacts {
    /// Entropy of the student in nats.
    pub entropy: Vec<f32>,
    /// Whether student and teacher rank the same token first; empty without a teacher.
    pub agree: Vec<bool>,
}

impl TokenFacts {
    /// Logits `[n, V]`.
    pub fn of(student: &Tensor, teacher: Option<&Tensor>) -> candle_core::Result<Self> {
        let vocabulary = student.dim(1)?;
        let flat = |logits: &Tensor| logits.detach().flatten_all()?.to_vec1::<f32>();
        let own = flat(student)?;
        let entropy = own.par_chunks(vocabulary).map(entropy).collect();
        let agree = match teacher {
            Some(teacher) => {
                let other = flat(teacher)?;
                let pairs = own.par_chunks(vocabulary).zip(other.par_chunks(vocabulary));
                pairs.map(|(a, b)| first(a) == first(b)).collect()
            }
            None => Vec::new(),
        };
        Ok(Self { entropy, agree })
    }

    pub fn extend(&mut self, other: Self) {
        self.entropy.extend(other.entropy);
        self.agree.extend(other.agree);
    }
}

fn entropy(logits: &[f32]) -> f32 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - top).exp()).sum();
    let mean: f32 = logits.iter().map(|logit| (logit - top).exp() / sum * (logit - top)).sum();
    sum.ln() - mean
}

fn first(logits: &[f32]) -> usize {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
    best.map_or(0, |(index, _)| index)
}

/// The `count` likeliest tokens of the first `rows` rows with their log-probabilities, likeliest first. Logits `[n, V]`.
pub fn likeliest(logits: &Tensor, rows: usize, count: usize) -> candle_core::Result<Vec<Vec<(u32, f32)>>> {
    let (n, vocabulary) = logits.dims2()?;
    let flat = logits.narrow(0, 0, rows.min(n))?.detach().flatten_all()?.to_vec1::<f32>()?;
    Ok(flat.par_chunks(vocabulary).map(|row| likeliest_of(row, count)).collect())
}

fn likeliest_of(logits: &[f32], count: usize) -> Vec<(u32, f32)> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum = top + logits.iter().map(|logit| (logit - top).exp()).sum::<f32>().ln();
    let mut order: Vec<usize> = (0..logits.len()).collect();
    let before = |a: &usize, b: &usize| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b));
    let count = count.min(logits.len());
    if count < logits.len() {
        order.select_nth_unstable_by(count, before);
    }
    order.truncate(count);
    order.sort_by(before);
    order.into_iter().map(|at| (at as u32, logits[at] - sum)).collect()
}

/// Mean of the values where `keep` holds; `None` when there are none.
pub fn mean_where(values: &[f32], keep: impl Fn(usize) -> bool) -> Option<f64> {
    let kept: Vec<f64> = (0..values.len()).filter(|&t| keep(t)).map(|t| f64::from(values[t])).collect();
    (!kept.is_empty()).then(|| kept.iter().sum::<f64>() / kept.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_come_first_and_are_log_probabilities() {
        let found = likeliest_of(&[0.0, 3f32.ln(), 0.0, 5f32.ln()], 2);
        assert_eq!(found.iter().map(|(token, _)| *token).collect::<Vec<_>>(), [3, 1]);
        assert!((found[0].1 - 0.5f32.ln()).abs() < 1e-6 && (found[1].1 - 0.3f32.ln()).abs() < 1e-6);
        assert_eq!(likeliest_of(&[1.0], 5), [(0, 0.0)]);
    }

    #[test]
    fn entropy_of_uniform_and_certain_rows() {
        assert!((entropy(&[0.0; 4]) - 4f32.ln()).abs() < 1e-6);
        assert!(entropy(&[100.0, 0.0, 0.0]) < 1e-6);
    }
}
