//! A mistake planted in each guard's territory is caught by name. (A reward that panics and a render that hangs:
//! `assessor`.)

use std::sync::Arc;

use candle_core::Tensor;
use galley_core::{Part, Prompt, Task};

use super::{super::step::step, at_objective};
use crate::{
    objective::{Batch, Loss, Objective, Privilege, Slice},
    train::{
        facts::facts,
        judged::judge,
        rollout::{Drawing, roll_out},
        rows::{batch, rows},
        sampler_check::guard_mismatch,
        session::Session,
        step::learn,
    },
};

/// Rollouts that the sampler drew from `seen` and the trainer takes for rollouts of `meant`.
fn mismatch(session: &mut Session, seen: &[Arc<Task>], meant: &[Arc<Task>]) -> anyhow::Result<()> {
    let drawing = Drawing { purpose: "rollout", step: 0, group: 2, temperature: 1.0 };
    let mut rollouts = roll_out(session, seen, &drawing, |_| {})?.rollouts;
    for (rollout, task) in rollouts.iter_mut().zip(meant.iter().flat_map(|task| [task, task])) {
        rollout.task = task.clone();
        rollout.prompt = Arc::new(session.policy.encode(&task.prompt)?);
    }
    let (judged, _) = judge(session, rollouts);
    let objective = super::build::objective(&session.config);
    let rows = rows(session, objective.privilege(), &judged)?;
    let (_, report) = learn(session, &*objective, &judged, &rows, None)?;
    let numbers = facts(&batch(session, &judged), &judged, &report);
    guard_mismatch(session, &numbers)
}

#[test]
fn an_image_that_the_sampler_did_not_see_stops_the_run() {
    let dir = tempfile::tempdir().expect("dir");
    let (mut session, _) = at_objective(dir.path(), &[]).expect("a session");
    let task = session.train.get(0).expect("a task");
    let same = std::slice::from_ref(&task);
    mismatch(&mut session, same, same).expect("the same prompts agree");
    let texts = task.prompt.parts.iter().filter(|part| matches!(part, Part::Text(_))).cloned();
    let blind = Arc::new(Task { prompt: Prompt { parts: texts.collect() }, ..(*task).clone() });
    let error = mismatch(&mut session, &[blind], &[task]).expect_err("it is noticed").to_string();
    assert!(
        error.contains("sampler's log-probabilities differ") && error.contains("guard.mismatch"),
        "{error}"
    );
}

#[test]
fn an_adapter_that_binds_no_layer_is_named() {
    let dir = tempfile::tempdir().expect("dir");
    let lora = "policy.tune=\"lora\"";
    for targets in ["policy.lora.targets=[\"q_prj\"]", "policy.lora.targets=[\"v_proj\", \"q_prj\"]"] {
        let error = at_objective(dir.path(), &[lora, targets]).err().expect("it is refused");
        assert!(format!("{error:#}").contains("q_prj"), "{error:#}");
    }
}

/// A loss with a mistake, of Σ logits.
struct Spoilt(fn(&Tensor) -> candle_core::Result<Tensor>);

impl Objective for Spoilt {
    fn name(&self) -> &'static str {
        "spoilt"
    }

    fn privilege(&self) -> Privilege {
        Privilege::None
    }

    fn loss(&self, _batch: &Batch, slice: &Slice<'_>) -> candle_core::Result<Loss> {
        let total = (self.0)(&slice.student.sum_all()?)?;
        Ok(Loss { total, kl: Vec::new(), ratio: Vec::new(), now: Vec::new() })
    }
}

#[test]
fn a_nan_stops_before_the_step_and_keeps_the_batch() {
    let dir = tempfile::tempdir().expect("dir");
    let (mut session, _) = at_objective(dir.path(), &[]).expect("a session");
    let weights = |session: &Session| -> Vec<Vec<f32>> {
        let flat = |var: &candle_core::Var| var.flatten_all().and_then(|flat| flat.to_vec1());
        session.policy.trainable().iter().map(|(_, var)| flat(var).expect("floats")).collect()
    };
    let before = weights(&session);
    let stops = |session: &mut Session, objective: Spoilt, name: &str| {
        let error = format!("{:#}", step(session, &objective).expect_err("it stops"));
        assert!(error.contains(name) && error.contains("failed-batch-0.json"), "{error}");
        assert!(session.writer.dir().join("failed-batch-0.json").is_file());
        assert!(weights(session) == before && session.optimiser.steps() == 0, "nothing has moved");
    };
    stops(&mut session, Spoilt(|sum| sum * f64::NAN), "the loss of rows 0..4 is not finite");
    // Finite in value, not in its gradient: the root of nothing.
    stops(&mut session, Spoilt(|sum| (sum - sum)?.sqrt()), "the gradient of `");
}
