//! Sampling one step ahead: the same numbers whatever the threads do, and a guard that stale samples do not escape.

use std::sync::Arc;

use galley_core::{Part, Prompt, Task};

use super::{super::step::step, at_objective};
use crate::{
    objective::Objective,
    train::{
        ahead::{Ahead, Plan},
        session::Session,
    },
};

const AHEAD: [&str; 3] = ["train.async-level=1", "train.steps=4", "train.lr=1e-2"];

fn weights(session: &Session) -> Vec<Vec<f32>> {
    let flat = |var: &candle_core::Var| var.flatten_all().and_then(|flat| flat.to_vec1());
    session.policy.trainable().iter().map(|(_, var)| flat(var).expect("floats")).collect()
}

/// All steps of the objective with something done before each; numbers of every step.
fn run(
    session: &mut Session,
    objective: &dyn Objective,
    before: impl Fn(&mut Session),
) -> Vec<crate::store::Numbers> {
    let steps = 0..session.config.train.steps;
    let one = |_| {
        before(session);
        step(session, objective).expect("a step")
    };
    steps.map(one).collect()
}

#[test]
fn what_is_drawn_ahead_is_what_would_be_drawn_afterwards() {
    let dirs = [tempfile::tempdir().expect("dir"), tempfile::tempdir().expect("dir")];
    for tune in ["policy.tune=\"full\"", "policy.tune=\"lora\""] {
        let settings = [&AHEAD[..], &[tune]].concat();
        let (mut free, objective) = at_objective(dirs[0].path(), &settings).expect("a session");
        let numbers = run(&mut free, &*objective, |_| {});
        // Drawn when the update is over: whatever was drawn beside it does not count.
        let (mut late, _) = at_objective(dirs[1].path(), &settings).expect("a session");
        let forget = |session: &mut Session| {
            if let Some(ahead) = &mut session.ahead {
                assert!(ahead.drawn.take().is_some());
            }
        };
        let again = run(&mut late, &*objective, forget);
        assert!(weights(&free) == weights(&late), "{tune}");

        let of = |name: &str| numbers.iter().map(|step| step[name]).collect::<Vec<f64>>();
        assert_eq!(of("staleness"), [0.0, 1.0, 1.0, 1.0]);
        assert!(free.ahead.is_none(), "there is no step behind the last");
        assert!(of("engine-mismatch").iter().all(|&gap| gap < 1e-5), "{:?}", of("engine-mismatch"));
        for (step, again) in numbers.iter().zip(&again).skip(1) {
            assert!(step["drift"] > 1e-3 && step["ratio-min"] < 1.0, "it has learned meanwhile: {step:?}");
            assert_eq!((step["ratio"], step["drift"]), (again["ratio"], again["drift"]));
        }
    }
}

/// The error of the second step when its rollouts are not what they are taken for.
fn planted(plant: impl Fn(&Session, Ahead) -> Ahead) -> String {
    let dir = tempfile::tempdir().expect("dir");
    let (mut session, objective) = at_objective(dir.path(), &AHEAD).expect("a session");
    step(&mut session, &*objective).expect("a step");
    let ahead = session.ahead.take().expect("rollouts");
    session.ahead = Some(plant(&session, ahead));
    step(&mut session, &*objective).err().map_or(String::new(), |error| error.to_string())
}

#[test]
fn stale_samples_do_not_escape_the_check_of_the_sampler() {
    assert_eq!(planted(|_, ahead| ahead), "");
    let says = "the sampler's log-probabilities differ";
    let blind = planted(|session, mut ahead| {
        let plan = Plan::new(session, ahead.behaviour.clone(), 0).expect("a plan");
        let seen = plan.tasks().expect("tasks");
        let blind = seen.iter().map(|task| {
            let texts = task.prompt.parts.iter().filter(|part| matches!(part, Part::Text(_))).cloned();
            Arc::new(Task { prompt: Prompt { parts: texts.collect() }, ..(**task).clone() })
        });
        let mut drawn = plan.draw_for(&blind.collect::<Vec<_>>()).expect("rollouts");
        for (rollout, task) in drawn.rollouts.iter_mut().zip(seen.iter().flat_map(|task| [task, task])) {
            rollout.task = task.clone();
            rollout.prompt = Arc::new(session.policy.encode(&task.prompt).expect("a prompt"));
        }
        ahead.drawn = Some(drawn);
        ahead
    });
    assert!(blind.contains(says), "{blind}");
    // Drawn from weights that are not the ones it is said to be drawn from: the present ones.
    let other = planted(|session, mut ahead| {
        let plan = Plan::new(session, session.policy.clone(), 0).expect("a plan");
        ahead.drawn = Some(plan.draw().expect("rollouts"));
        ahead
    });
    assert!(other.contains(says), "{other}");
}
