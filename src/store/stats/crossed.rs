//! Bootstrap of a difference between two groups of training runs that were judged on the same examples.

use galley_core::Random;

use super::bootstrap::{Draws, Interval, RESAMPLES, mean};

/// Mean of `other` − mean of `baseline`, each one list of values for every seed, with the examples in the same order,
/// and the 95 % percentile interval over resamples that draw the seeds of each side and the examples of both together,
/// with replacement (Owen 2007, the pigeonhole bootstrap). All NaN when a side is empty or the lists are not alike.
pub fn crossed_difference(baseline: &[Vec<f64>], other: &[Vec<f64>], seed: u64) -> Interval {
    let examples = baseline.first().map_or(0, Vec::len);
    let alike = baseline.iter().chain(other).all(|values| values.len() == examples);
    if examples == 0 || other.is_empty() || !alike {
        return Interval { mean: f64::NAN, low: f64::NAN, high: f64::NAN };
    }
    let of = |seeds: &[Vec<f64>]| mean(&seeds.iter().map(|values| mean(values)).collect::<Vec<_>>());
    let center = of(other) - of(baseline);
    let mut draws = Draws::new(Random::new(seed).named("crossed").at(examples as u64));
    let mut weights = vec![0.0f64; examples];
    let differences = (0..RESAMPLES)
        .map(|_| {
            weights.fill(0.0);
            (0..examples).for_each(|_| weights[draws.below(examples)] += 1.0);
            let mut side = |seeds: &[Vec<f64>]| {
                let total: f64 = (0..seeds.len())
                    .map(|_| {
                        let values = &seeds[draws.below(seeds.len())];
                        values.iter().zip(&weights).map(|(value, weight)| value * weight).sum::<f64>()
                    })
                    .sum();
                total / (seeds.len() * examples) as f64
            };
            side(other) - side(baseline)
        })
        .collect();
    Interval::of_resamples(center, differences)
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::stats::bootstrap_mean;

    #[test]
    fn one_seed_a_side_is_the_paired_bootstrap_and_seeds_that_differ_widen_it() {
        let mut random = Random::new(9);
        let a: Vec<f64> = (0..120).map(|_| random.normal()).collect();
        let b: Vec<f64> = a.iter().map(|value| value + 0.3 + 0.2 * random.normal()).collect();
        let paired = bootstrap_mean(&a.iter().zip(&b).map(|(a, b)| b - a).collect::<Vec<_>>(), 1);
        let crossed = crossed_difference(from_ref(&a), from_ref(&b), 1);
        assert!((crossed.low - paired.low).abs() < 5e-3 && (crossed.high - paired.high).abs() < 5e-3);
        let shifted: Vec<f64> = b.iter().map(|value| value + 0.5).collect();
        let wide = crossed_difference(&[a], &[b, shifted], 1);
        assert!((wide.mean - crossed.mean - 0.25).abs() < 1e-12);
        assert!(wide.high - wide.low > 3.0 * (crossed.high - crossed.low));
        assert!(crossed_difference(&[], &[vec![1.0]], 1).mean.is_nan());
        assert!(crossed_difference(&[vec![1.0]], &[vec![1.0, 2.0]], 1).mean.is_nan());
    }
}
