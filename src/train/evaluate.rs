//! Held-out evaluation, and the teacher gain that goes with it.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use galley_core::{Split, Task};

use super::{
    best_of::best_of,
    progress::Progress,
    rollout::{Drawing, Rollout, roll_out},
    samples::sample_record,
    session::Session,
    warm_start::record_gain,
};
use crate::{
    store::{EvalRecord, Numbers, eval_set_hash},
    teacher::{Gain, GainProbe, Teacher, right_values, teacher_gain},
};

/// Held-out samples that are kept with text and pictures.
const KEPT: usize = 16;
/// Held-out tasks on which the teacher gain is measured.
const PROBES: usize = 32;

/// Judges the policy on the held-out tasks and records the result under `stage`.
///
/// # Errors
/// Harness faults do not stop it: their tasks are excluded from the result and named in it.
pub fn evaluate(session: &Session, stage: &str) -> Result<(EvalRecord, Gain)> {
    session.writer.heartbeat(&format!("evaluate {stage}"))?;
    let total = session.config.eval.tasks.min(session.held_out.len());
    let mut progress = Progress::new(&format!("eval {stage}"), total as u64, 0);
    let mut results: BTreeMap<String, Numbers> = BTreeMap::new();
    let (mut ids, mut excluded, mut probes) = (Vec::new(), Vec::new(), Vec::new());
    let mut labels = BTreeMap::new();
    for first in (0..total).step_by(session.config.eval.batch.max(1)) {
        let last = (first + session.config.eval.batch.max(1)).min(total);
        let tasks: Vec<Arc<Task>> =
            (first..last).map(|index| session.held_out.get(index)).collect::<Result<_, _>>()?;
        let drawn = rollouts(session, &tasks, first, &mut |done| {
            progress.at((first + done.min(last - first)) as u64, "")
        })?;
        let groups = drawn.chunks(session.config.eval.samples_per_task());
        for (group, sampled) in groups.zip(best_of(session, &tasks, first)?) {
            let id = group[0].task.id.clone();
            ids.push(id.clone());
            labels.insert(id.clone(), slicing_labels(&group[0].task));
            match mean_numbers(session, group) {
                Some(numbers) => _ = results.insert(id, numbers.into_iter().chain(sampled).collect()),
                None => excluded.push(id),
            }
            if ids.len() <= KEPT {
                keep(session, stage, &group[0])?;
            }
            if let (true, Some(assessment)) = (probes.len() < PROBES, &group[0].assessment) {
                probes.push(GainProbe { task: group[0].task.clone(), assessment: assessment.clone() });
            }
        }
        progress.at(last as u64, "");
    }
    let judge = format!("{} {}", session.domain.name(), session.domain.renderer().version());
    let set = eval_set_hash(&judge, ids.iter().map(String::as_str));
    let primary = session.primary_metric();
    let mut record = EvalRecord::new(stage, session.state.step, set, primary.clone(), results);
    record.excluded = excluded;
    labels.retain(|_, of_task: &mut BTreeMap<String, String>| !of_task.is_empty());
    record.labels = labels;
    session.writer.eval(&record)?;
    let teacher = match &session.teacher {
        Teacher::Own(teacher) => &**teacher,
        Teacher::Live | Teacher::Base => &*session.policy,
    };
    let gain = teacher_gain(
        teacher,
        &*session.domain,
        &probes,
        &session.config.teacher,
        session.wording,
        session.config.sampling.max_tokens,
    )?;
    record_gain(session, "teacher-gain", &gain)?;
    let mean = |name: &str| record.means.get(name).copied().unwrap_or(f64::NAN);
    progress.finish(&format!(
        "{primary} {:.4}, reward {:.4}, teacher gain {:+.2} nats",
        mean(&primary),
        mean("reward"),
        gain.all
    ));
    Ok((record, gain))
}

fn rollouts(
    session: &Session,
    tasks: &[Arc<Task>],
    first: usize,
    said: &mut dyn FnMut(usize),
) -> Result<Vec<Rollout>> {
    let eval = &session.config.eval;
    let drawing = Drawing {
        purpose: "eval",
        step: first as u64,
        group: eval.samples_per_task(),
        temperature: if eval.greedy { 0.0 } else { session.config.sampling.temperature },
    };
    Ok(roll_out(session, tasks, &drawing, |done| said(done / eval.samples_per_task()))?.rollouts)
}

/// A task's own labels and the length of its reference, by which comparisons are sliced.
fn slicing_labels(task: &Task) -> BTreeMap<String, String> {
    let program = task.reference.as_ref().and_then(|reference| reference.program.as_ref());
    let length = program.map(|program| ("length".to_owned(), program.len().to_string()));
    task.labels.clone().into_iter().chain(length).collect()
}

/// Mean over a task's samples; `None` when every one was lost to a harness fault.
fn mean_numbers(session: &Session, group: &[Rollout]) -> Option<Numbers> {
    let all: Vec<Numbers> = group.iter().filter_map(|one| numbers(session, one)).collect();
    let mut mean = Numbers::new();
    for name in all.first()?.keys() {
        let sum: f64 = all.iter().filter_map(|numbers| numbers.get(name)).sum();
        mean.insert(name.clone(), sum / all.len() as f64);
    }
    Some(mean)
}

/// The score of a rollout, with the values of its reference where the recipe asks for them.
fn numbers(session: &Session, rollout: &Rollout) -> Option<Numbers> {
    let assessment = rollout.assessment.as_ref()?;
    let mut numbers = assessment.score.numbers();
    if session.config.eval.values {
        let right = right_values(&*session.domain, &rollout.task, assessment);
        let share = right.iter().filter(|right| **right).count() as f64 / right.len().max(1) as f64;
        numbers.insert("values-right".into(), share);
        let each = right.iter().enumerate();
        numbers.extend(each.map(|(at, right)| (format!("value/{at}"), f64::from(u8::from(*right)))));
    }
    Some(numbers)
}

fn keep(session: &Session, stage: &str, rollout: &Rollout) -> Result<()> {
    let mut record = sample_record(session, rollout, &format!("eval-{stage}"), Split::HeldOut)?;
    let credit = rollout.credit(super::build::alpha(&session.config));
    if let (Some(assessment), Some(credit)) = (&rollout.assessment, credit) {
        record = record.with_assessment(assessment, &credit);
    }
    Ok(session.writer.sample(&record)?)
}
