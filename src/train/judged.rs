//! Rollouts with their credit and advantages.

use galley_core::Credit;

use super::{build, rollout::Rollout, session::Session};
use crate::{
    objective::{Advantages, Rewards, advantages, gdpo},
    store::Numbers,
};

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
    let advantage = match kind {
        Advantages::Gdpo => gdpo(group, &rollouts.iter().map(axes).collect::<Vec<_>>()),
        _ => rollouts.chunks(group).flat_map(|group| advantages(kind, &group_rewards(group))).collect(),
    };
    let equal = rollouts.chunks(group).filter(|group| is_equal(kind, group)).count();
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

fn group_rewards(group: &[Rollout]) -> Vec<Option<f64>> {
    group.iter().map(Rollout::reward).collect()
}

/// The values of the axes with their weights, which have the mean 1; `None` for a harness fault.
fn axes(rollout: &Rollout) -> Option<Rewards> {
    let axes = &rollout.assessment.as_ref()?.score.axes;
    Some(axes.iter().map(|axis| (axis.value, axis.weight * axes.len() as f64)).collect())
}

/// Whether a group says nothing: all that its advantages are made of is the same in all its rollouts.
fn is_equal(kind: Advantages, group: &[Rollout]) -> bool {
    match kind {
        Advantages::Gdpo => {
            let mut known = group.iter().filter_map(axes);
            let first = known.next();
            known.all(|axes| Some(&axes) == first.as_ref())
        }
        _ => {
            let mut known = group.iter().filter_map(Rollout::reward);
            let first = known.next();
            known.all(|reward| Some(reward) == first)
        }
    }
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
