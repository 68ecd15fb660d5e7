//! Group-relative advantages (Visual-SDPO eq. 7–8, VisRefiner eq. 6).

use serde::{Deserialize, Serialize};

/// How a reward becomes an advantage within its group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advantages {
    /// `(r − mean) / (std + 1e-4)`, std with n − 1.
    #[default]
    Grpo,
    /// `r − mean` (Dr.GRPO: no division by the spread).
    DrGrpo,
    /// Every axis of the reward by itself, by its value, then their weighted sum over the batch ([`super::gdpo`]).
    Gdpo,
}

/// Advantages of one group by its whole reward; [`Advantages::Gdpo`] needs the batch and is [`super::gdpo`]. A `None`
/// reward is a harness fault: it gets 0 and takes no part in mean and spread. A group whose rewards are all equal (or that
/// has one member) gets zeros.
pub fn advantages(kind: Advantages, rewards: &[Option<f64>]) -> Vec<f32> {
    let known: Vec<f64> = rewards.iter().flatten().copied().collect();
    if known.len() < 2 || known.iter().all(|&reward| reward == known[0]) {
        return vec![0.0; rewards.len()];
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let variance = known.iter().map(|reward| (reward - mean).powi(2)).sum::<f64>() / (known.len() - 1) as f64;
    let scale = match kind {
        Advantages::Grpo | Advantages::Gdpo => 1.0 / (variance.sqrt() + 1e-4),
        Advantages::DrGrpo => 1.0,
    };
    rewards.iter().map(|reward| reward.map_or(0.0, |reward| ((reward - mean) * scale) as f32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harness_fault_takes_no_part_in_its_group() {
        let with = advantages(Advantages::Grpo, &[Some(1.0), None, Some(0.0)]);
        let without = advantages(Advantages::Grpo, &[Some(1.0), Some(0.0)]);
        assert_eq!(with, [without[0], 0.0, without[1]]);
    }

    #[test]
    fn equal_rewards_give_no_signal() {
        assert_eq!(advantages(Advantages::Grpo, &[Some(0.4); 3]), [0.0; 3]);
        assert_eq!(advantages(Advantages::DrGrpo, &[Some(1.0)]), [0.0]);
    }
}
