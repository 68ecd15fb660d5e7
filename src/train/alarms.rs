//! Collapse alarms of the objective (SPEC-objectives §6 and §10).

use crate::store::Numbers;

use super::session::Baseline;

/// Steps whose mean is the baseline that later steps are compared with.
const BASELINE_STEPS: u64 = 5;

/// Takes a step's numbers into the baseline, or compares them with it. Returns name and text of every alarm.
pub fn watch(baseline: &mut Baseline, numbers: &Numbers) -> Vec<(&'static str, String)> {
    let get = |name: &str| numbers.get(name).copied();
    let (reward, failures) = (get("reward").unwrap_or(0.0), get("failures").unwrap_or(0.0));
    if baseline.steps < BASELINE_STEPS {
        let n = baseline.steps as f64;
        baseline.reward = (baseline.reward * n + reward) / (n + 1.0);
        baseline.failures = (baseline.failures * n + failures) / (n + 1.0);
        baseline.steps += 1;
        return Vec::new();
    }
    let mut alarms = Vec::new();
    if let (Some(kl), Some(agreement)) = (get("kl"), get("agreement"))
        && kl < 0.01
        && agreement > 0.98
        && reward < 0.8 * baseline.reward
    {
        let text = format!(
            "KL {kl:.4} and agreement {agreement:.3} look converged, but the reward fell from {:.3} to {reward:.3}",
            baseline.reward
        );
        alarms.push(("collapse", text));
    }
    if failures > (2.0 * baseline.failures).max(0.1) {
        let text = format!("failed programs rose from {:.3} to {failures:.3} of all", baseline.failures);
        alarms.push(("failures", text));
    }
    alarms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(reward: f64, failures: f64, kl: f64) -> Numbers {
        let all = [("reward", reward), ("failures", failures), ("kl", kl), ("agreement", 0.99)];
        all.map(|(name, value)| (name.to_owned(), value)).into()
    }

    #[test]
    fn a_vanishing_kl_with_a_falling_reward_is_a_collapse() {
        let mut baseline = Baseline::default();
        for _ in 0..5 {
            assert!(watch(&mut baseline, &numbers(0.5, 0.02, 0.3)).is_empty());
        }
        assert!(watch(&mut baseline, &numbers(0.5, 0.02, 0.001)).is_empty(), "converged, and no worse");
        let alarms = watch(&mut baseline, &numbers(0.1, 0.9, 0.001));
        assert_eq!(alarms.iter().map(|alarm| alarm.0).collect::<Vec<_>>(), ["collapse", "failures"]);
    }
}
