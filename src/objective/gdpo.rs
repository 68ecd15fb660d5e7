//! Advantages of several rewards, each normalised on its own (GDPO, as AeSlides publishes it).

/// Added to every standard deviation.
const EPSILON: f64 = 1e-4;

/// What a rollout got: the value of every reward with its weight, in the same order for all rollouts.
pub type Rewards = Vec<(f64, f64)>;

/// Advantages of a batch of groups of `group` rollouts, one after the other.
///
/// Every reward is normalised within its group, `(x − mean) / (std + 1e-4)` with n − 1; the weighted sums are normalised
/// once more over the batch. So a reward that all rollouts of a group share says nothing, however large the others are.
/// A `None` is a harness fault: it gets 0 and takes no part in any mean. A reward that is no number counts as 0.
pub fn gdpo(group: usize, rollouts: &[Option<Rewards>]) -> Vec<f32> {
    let mut sums: Vec<Option<f64>> = Vec::with_capacity(rollouts.len());
    for rollouts in rollouts.chunks(group.max(1)) {
        let known: Vec<&Rewards> = rollouts.iter().flatten().collect();
        let mut totals = vec![0.0; known.len()];
        for reward in 0..known.iter().map(|rewards| rewards.len()).max().unwrap_or(0) {
            let of = |rewards: &&Rewards| rewards.get(reward).copied().unwrap_or_default();
            let values: Vec<f64> = known.iter().map(|rewards| finite(of(rewards).0)).collect();
            for ((total, value), rewards) in totals.iter_mut().zip(normalised(&values)).zip(&known) {
                *total += of(rewards).1 * value;
            }
        }
        let mut totals = totals.into_iter();
        sums.extend(rollouts.iter().map(|rewards| rewards.as_ref().and_then(|_| totals.next())));
    }
    let known: Vec<f64> = sums.iter().flatten().copied().collect();
    let mut advantages = normalised(&known).into_iter();
    sums.iter().map(|sum| sum.and_then(|_| advantages.next()).unwrap_or(0.0) as f32).collect()
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

/// A single value has no spread and becomes 0.
fn normalised(values: &[f64]) -> Vec<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let spread = finite(variance.sqrt());
    values.iter().map(|value| (value - mean) / (spread + EPSILON)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewards(values: [f64; 3]) -> Option<Rewards> {
        Some(values.into_iter().zip([1.0, 1.0, 2.0]).collect())
    }

    /// ```text
    /// x = np.array([[[.1, 1, .5], [.9, 1, .25], [.4, 1, 0.]], [[0, .2, .3], [0, .8, .3], [0, .2, .9]]])
    /// n = (x - x.mean(1, keepdims=True)) / (x.std(1, ddof=1, keepdims=True) + 1e-4)
    /// s = (n * [1, 1, 2]).sum(2).ravel(); (s - s.mean()) / (s.std(ddof=1) + 1e-4)
    /// ```
    #[test]
    fn numpy_prints_these_advantages() {
        let batch = [[0.1, 1.0, 0.5], [0.9, 1.0, 0.25], [0.4, 1.0, 0.0]];
        let other = [[0.0, 0.2, 0.3], [0.0, 0.8, 0.3], [0.0, 0.2, 0.9]];
        let expected: [f32; 6] = [0.67671865, 0.66420035, -1.340_919, -1.072_894_8, 0.0, 1.072_894_8];
        let rollouts: Vec<_> = batch.into_iter().chain(other).map(rewards).collect();
        for (found, expected) in gdpo(3, &rollouts).into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    #[test]
    fn a_harness_fault_takes_no_part() {
        let (a, b) = (rewards([0.0, 0.5, 1.0]), rewards([1.0, 0.0, 1.0]));
        let with = gdpo(3, &[a.clone(), None, b.clone()]);
        let without = gdpo(2, &[a, b]);
        assert_eq!(with, [without[0], 0.0, without[1]]);
    }

    #[test]
    fn equal_rewards_give_no_signal() {
        assert_eq!(gdpo(2, &[rewards([0.5; 3]), rewards([0.5; 3])]), [0.0; 2]);
        assert_eq!(gdpo(1, &[rewards([0.5, f64::NAN, 0.0])]), [0.0]);
        assert_eq!(gdpo(4, &[None]), [0.0]);
    }
}
