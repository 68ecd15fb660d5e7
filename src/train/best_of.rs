//! Sampled responses beside the greedy evaluation: their mean, and the best of them by reward.

use std::sync::Arc;

use anyhow::Result;
use galley_core::Task;

use super::{
    rollout::{Drawing, Rollout, roll_out},
    session::Session,
};
use crate::store::Numbers;

/// Numbers of every task by name: `sampled/reward` and `sampled/<primary>` are means over the recipe's `eval.best-of`
/// responses, `best-of-<n>/…` those of the response with the highest reward (the first of equals). A task all of whose
/// responses were lost to harness faults has none.
pub fn best_of(session: &Session, tasks: &[Arc<Task>], first: usize) -> Result<Vec<Numbers>> {
    let count = session.config.eval.best_of;
    if count == 0 {
        return Ok(vec![Numbers::new(); tasks.len()]);
    }
    let drawing = Drawing {
        purpose: "best-of",
        step: first as u64,
        group: count,
        temperature: session.config.sampling.temperature,
    };
    let rollouts = roll_out(session, tasks, &drawing, |_| {})?.rollouts;
    let primary = session.primary_metric();
    Ok(rollouts.chunks(count).map(|group| summary(group, &["reward", "executed", &primary], count)).collect())
}

fn summary(group: &[Rollout], names: &[&str], count: usize) -> Numbers {
    let scored: Vec<Numbers> =
        group.iter().filter_map(|one| one.assessment.as_ref()).map(|one| one.score.numbers()).collect();
    of_scores(&scored, names, count)
}

fn of_scores(scored: &[Numbers], names: &[&str], count: usize) -> Numbers {
    let get = |numbers: &Numbers, name: &str| numbers.get(name).copied().unwrap_or(0.0);
    let best =
        scored.iter().reduce(|best, one| if get(one, "reward") > get(best, "reward") { one } else { best });
    let Some(best) = best else { return Numbers::new() };
    let mut numbers = Numbers::new();
    for name in names {
        let mean = scored.iter().map(|one| get(one, name)).sum::<f64>() / scored.len() as f64;
        numbers.insert(format!("sampled/{name}"), mean);
        numbers.insert(format!("best-of-{count}/{name}"), get(best, name));
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_chosen_by_reward_and_the_mean_is_over_all() {
        let score = |reward: f64, metric: f64| {
            Numbers::from([("reward".to_owned(), reward), ("metric".to_owned(), metric)])
        };
        let all = [score(0.2, 0.9), score(0.6, 0.3), score(0.6, 0.8)];
        let numbers = of_scores(&all, &["reward", "metric"], 3);
        assert_eq!((numbers["best-of-3/reward"], numbers["best-of-3/metric"]), (0.6, 0.3));
        assert!((numbers["sampled/metric"] - 2.0 / 3.0).abs() < 1e-12);
        assert!(of_scores(&[], &["reward"], 3).is_empty());
    }
}
