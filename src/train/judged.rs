//! Rollouts with their credit and advantages.

use galley_core::Credit;

use super::{build, rollout::Rollout, session::Session};
use crate::{objective::advantages, store::Numbers};

/// A rollout with everything that the loss needs.
pub struct Judged {
    pub rollout: Rollout,
    pub credit: Credit,
    /// Tokens of statements that answer for a defect, whatever α makes of that.
    pub flagged: Vec<bool>,
    pub advantage: f32,
}

/// Credit and advantage of every rollout; harness faults are dropped here, counted, and take no part in their group.
pub fn judge(session: &Session, rollouts: Vec<Rollout>) -> (Vec<Judged>, Numbers) {
    let group = session.config.train.group;
    let alpha = build::alpha(&session.config);
    let kind = session.config.objective.grpo.advantage;
    let mut advantage = Vec::with_capacity(rollouts.len());
    let mut equal = 0;
    for group in rollouts.chunks(group) {
        let rewards: Vec<Option<f64>> = group.iter().map(Rollout::reward).collect();
        let values = advantages(kind, &rewards);
        equal += usize::from(values.iter().all(|&value| value == 0.0));
        advantage.extend(values);
    }
    let (drawn, groups) = (rollouts.len(), rollouts.len().div_ceil(group));
    let judged: Vec<Judged> = rollouts
        .into_iter()
        .zip(advantage)
        .filter_map(|(rollout, advantage)| {
            let (credit, flagged) = (rollout.credit(alpha)?, rollout.flagged()?);
            Some(Judged { credit, flagged, rollout, advantage })
        })
        .collect();
    let mut numbers = reward_numbers(&judged);
    numbers.insert("harness-faults".into(), (drawn - judged.len()) as f64);
    numbers.insert("equal-groups".into(), equal as f64 / groups.max(1) as f64);
    (judged, numbers)
}

fn reward_numbers(judged: &[Judged]) -> Numbers {
    let count = judged.len().max(1) as f64;
    let mean = |value: &dyn Fn(&Judged) -> f64| judged.iter().map(value).sum::<f64>() / count;
    let score = |judged: &Judged, name: &str| {
        let numbers = judged.rollout.assessment.as_ref().map(|assessment| assessment.score.numbers());
        numbers.and_then(|numbers| numbers.get(name).copied()).unwrap_or(0.0)
    };
    let mut numbers = Numbers::new();
    let names = judged.iter().filter_map(|judged| judged.rollout.assessment.as_ref());
    let names: std::collections::BTreeSet<String> =
        names.flat_map(|a| a.score.numbers().into_keys()).collect();
    for name in names {
        numbers.insert(name.clone(), mean(&|judged| score(judged, &name)));
    }
    numbers.insert("failures".into(), 1.0 - numbers.get("executed").copied().unwrap_or(0.0));
    numbers.insert("response-tokens".into(), mean(&|judged| judged.rollout.sampled.tokens.len() as f64));
    numbers.insert(
        "unfinished".into(),
        mean(&|judged| f64::from(u8::from(judged.rollout.finish() == "length"))),
    );
    numbers
}
