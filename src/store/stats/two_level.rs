//! Bootstrap over two levels: training runs, and examples within them.

use galley_core::Random;

use super::bootstrap::{Draws, Interval, RESAMPLES, mean};

/// The mean over groups (one for each seed) of the means of their values, with the 95 % percentile interval over
/// resamples that draw the groups with replacement and within each the values. All NaN when a group is empty or there is
/// none; with few groups the interval is as coarse as they are.
pub fn two_level(groups: &[Vec<f64>], seed: u64) -> Interval {
    let of = |groups: &mut dyn Iterator<Item = f64>| mean(&groups.collect::<Vec<f64>>());
    let center = of(&mut groups.iter().map(|group| mean(group)));
    if !center.is_finite() {
        return Interval { mean: center, low: center, high: center };
    }
    let mut draws = Draws::new(Random::new(seed).named("two-level").at(groups.len() as u64));
    let means = (0..RESAMPLES)
        .map(|_| {
            let total: f64 = (0..groups.len())
                .map(|_| {
                    let group = &groups[draws.below(groups.len())];
                    (0..group.len()).map(|_| group[draws.below(group.len())]).sum::<f64>()
                        / group.len() as f64
                })
                .sum();
            total / groups.len() as f64
        })
        .collect();
    Interval::of_resamples(center, means)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_covers_both_levels() {
        let mut random = Random::new(5);
        let group =
            |shift: f64, random: &mut Random| (0..200).map(|_| shift + random.normal()).collect::<Vec<f64>>();
        let alike: Vec<Vec<f64>> = (0..8).map(|_| group(0.0, &mut random)).collect();
        let apart: Vec<Vec<f64>> = (0..8).map(|at| group(f64::from(at) - 3.5, &mut random)).collect();
        let (alike, apart) = (two_level(&alike, 1), two_level(&apart, 1));
        assert!(alike.high - alike.low < 0.4, "{alike:?}");
        assert!(apart.high - apart.low > 2.0, "{apart:?}: seeds that differ widen it");
        assert!(two_level(&[], 1).mean.is_nan() && two_level(&[Vec::new()], 1).mean.is_nan());
        assert_eq!(two_level(&[vec![1.0, 1.0]], 1), Interval { mean: 1.0, low: 1.0, high: 1.0 });
    }
}
