//! Two systems on the same tasks.

use serde::{Deserialize, Serialize};

use super::{
    bootstrap::{Interval, bootstrap_mean, mean},
    mcnemar::mcnemar_exact,
    permutation::sign_flip,
};

/// Standard normal quantiles of a two-sided 5 % test and of 80 % power, added.
const DETECTABLE: f64 = 1.959_964 + 0.841_621;

/// Which test gave a p value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// All values are 0 or 1.
    Mcnemar,
    SignFlip,
}

/// The comparison of `other` with `baseline`, task by task; differences are other − baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    pub n: usize,
    pub baseline: Interval,
    pub other: Interval,
    pub difference: Interval,
    pub test: Test,
    pub p: f64,
    pub wins: usize,
    pub ties: usize,
    pub losses: usize,
    /// The smallest true difference that a comparison with this spread and this many tasks shows with 80 % power at
    /// the 5 % level; NaN for fewer than two tasks.
    pub detectable: f64,
}

impl Paired {
    /// `pairs` are (baseline, other).
    pub fn of(pairs: &[(f64, f64)], seed: u64) -> Self {
        let (baseline, other): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let differences: Vec<f64> = pairs.iter().map(|(a, b)| b - a).collect();
        let wins = differences.iter().filter(|difference| **difference > 0.0).count();
        let losses = differences.iter().filter(|difference| **difference < 0.0).count();
        let binary = baseline.iter().chain(&other).all(|value| *value == 0.0 || *value == 1.0);
        let (test, p) = match binary {
            true => (Test::Mcnemar, mcnemar_exact(wins, losses)),
            false => (Test::SignFlip, sign_flip(&differences, seed)),
        };
        Self {
            n: pairs.len(),
            baseline: bootstrap_mean(&baseline, seed),
            other: bootstrap_mean(&other, seed),
            difference: bootstrap_mean(&differences, seed),
            test,
            p,
            wins,
            ties: pairs.len() - wins - losses,
            losses,
            detectable: detectable(&differences),
        }
    }
}

fn detectable(differences: &[f64]) -> f64 {
    let n = differences.len();
    if n < 2 {
        return f64::NAN;
    }
    let mean = mean(differences);
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    DETECTABLE * (variance / n as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wins_ties_losses_and_the_detectable_difference() {
        let paired = Paired::of(&[(0.0, 0.5), (0.5, 0.5), (0.75, 0.5), (0.0, 0.25)], 1);
        assert_eq!((paired.n, paired.wins, paired.ties, paired.losses), (4, 2, 1, 1));
        assert_eq!((paired.difference.mean, paired.test), (0.125, Test::SignFlip));
        // sd of [.5, 0, -.25, .25] = 0.322749, over 2, times 2.801585
        assert!((paired.detectable - 0.452_104).abs() < 1e-5, "{}", paired.detectable);
    }

    #[test]
    fn pass_and_fail_is_tested_by_mcnemar() {
        let paired = Paired::of(&[(0.0, 1.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)], 1);
        assert_eq!((paired.test, paired.p), (Test::Mcnemar, 0.5));
    }
}
