//! Percentile bootstrap of a mean (Efron 1979): resample with replacement, take the 2.5th and 97.5th percentile.

use galley_core::Random;
use serde::{Deserialize, Serialize};

/// Resamples of every bootstrap and every sampled permutation test.
pub const RESAMPLES: usize = 10_000;

/// A mean with its 95 % interval. All NaN for no values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// The interval that holds 95 % of the [`RESAMPLES`] resampled values.
    pub(super) fn of_resamples(mean: f64, mut resampled: Vec<f64>) -> Self {
        resampled.sort_unstable_by(f64::total_cmp);
        let cut = RESAMPLES / 40;
        Self { mean, low: resampled[cut], high: resampled[RESAMPLES - 1 - cut] }
    }

    /// Whether it leaves out 0.
    pub fn excludes_zero(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// The mean of `values` and its 95 % percentile interval over [`RESAMPLES`] resamples. Two lists of equal length are
/// resampled alike under one seed.
pub fn bootstrap_mean(values: &[f64], seed: u64) -> Interval {
    let mean = mean(values);
    let constant = values.windows(2).all(|pair| pair[0] == pair[1]);
    if constant || !mean.is_finite() {
        return Interval { mean, low: mean, high: mean };
    }
    let mut draws = Draws::new(Random::new(seed).named("bootstrap").at(values.len() as u64));
    let means = (0..RESAMPLES)
        .map(|_| {
            (0..values.len()).map(|_| values[draws.below(values.len())]).sum::<f64>() / values.len() as f64
        })
        .collect();
    Interval::of_resamples(mean, means)
}

/// NaN for no values.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Indices from half a random word each: the bias of at most n / 2^32 is far below that of the bootstrap.
pub(super) struct Draws {
    random: Random,
    spare: Option<u32>,
}

impl Draws {
    pub(super) fn new(random: Random) -> Self {
        Self { random, spare: None }
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        let half = self.spare.take().unwrap_or_else(|| {
            let word = self.random.next_u64();
            self.spare = Some((word >> 32) as u32);
            word as u32
        });
        ((u64::from(half) * n as u64) >> 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_many_values_is_the_normal_one() {
        let mut random = Random::new(3);
        let values: Vec<f64> = (0..400).map(|_| random.normal()).collect();
        let interval = bootstrap_mean(&values, 1);
        let spread = values.iter().map(|v| (v - interval.mean).powi(2)).sum::<f64>() / 400.0;
        let half = 1.96 * (spread / 400.0).sqrt();
        assert!((interval.low - (interval.mean - half)).abs() < 0.05 * half, "{interval:?}, half {half}");
        assert!((interval.high - (interval.mean + half)).abs() < 0.05 * half, "{interval:?}, half {half}");
        assert_eq!(interval, bootstrap_mean(&values, 1), "the same seed gives the same interval");
    }

    #[test]
    fn constant_and_absent_values_have_their_trivial_interval() {
        assert_eq!(bootstrap_mean(&[0.5, 0.5], 1), Interval { mean: 0.5, low: 0.5, high: 0.5 });
        assert!(bootstrap_mean(&[], 1).low.is_nan());
    }
}
