//! One step of the objective, as in the README's figure.

use std::{sync::Arc, time::Instant};

use anyhow::{Result, bail};
use galley_core::Task;

use super::{
    build,
    clock::Clock,
    facts::{facts, guard_mismatch},
    failed_batch,
    judged::{Judged, judge},
    rollout::{Drawing, roll_out},
    rows::{batch, rows},
    samples::record_samples,
    session::Session,
    supervised::supervised,
    teacher::follow,
    update::{self, Report, Rows, Settings, update},
    usage,
};
use crate::{
    objective::{Batch, Objective, Privilege},
    recipe::ObjectiveName,
    store::Numbers,
};

/// Tasks → rollouts (judged while others are sampled) → credit and contexts → loss → optimiser → record. Returns the
/// numbers of the step.
pub fn step(session: &mut Session, objective: &dyn Objective) -> Result<Numbers> {
    let _step = tracing::info_span!("step", number = session.state.step).entered();
    let mut clock = Clock::start();
    let (began, cpu) = (Instant::now(), usage::cpu_seconds());
    let tasks = draw_tasks(session)?;
    if session.config.objective.name == ObjectiveName::Sft {
        let numbers = supervised(session, objective, &tasks)?;
        return record(session, numbers, began, cpu);
    }
    let drawing = Drawing {
        purpose: "rollout",
        step: session.state.step,
        group: session.config.train.group,
        temperature: session.config.sampling.temperature,
    };
    session.writer.heartbeat("rollout")?;
    let drawn = roll_out(session, &tasks, &drawing, |_| {})?;
    clock.lap("rollout");
    clock.put("judging-busy", drawn.time.busy);
    clock.put("judging-exposed", drawn.time.exposed);
    let (judged, mut numbers) = judge(session, drawn.rollouts);
    if judged.is_empty() {
        bail!("no rollout of step {} could be judged: see the harness faults above", session.state.step);
    }
    session.writer.heartbeat("update")?;
    let contexts = tracing::info_span!("contexts").entered();
    let rows = rows(session, objective.privilege(), &judged)?;
    drop(contexts);
    clock.lap("contexts");
    let learned = learn(session, objective, &judged, &rows);
    let (batch, report) = learned.map_err(|error| failed_batch::keep(session, &judged, error))?;
    clock.lap("update");

    session.state.stage_step += 1;
    session.state.step += 1;
    session.state.rollouts += judged.len() as u64;
    session.state.tokens += batch.tokens.len() as u64;
    numbers.extend(facts(&batch, &judged, &report));
    numbers.extend(clock.into_numbers());
    guard_mismatch(session, &numbers)?;
    record_samples(session, &judged, &report)?;
    record(session, numbers, began, cpu)
}

/// Puts the step on record with what it took: wall and CPU time since `began` and `cpu`, and the memory held now.
fn record(session: &Session, mut numbers: Numbers, began: Instant, cpu: f64) -> Result<Numbers> {
    numbers.insert("time/step".into(), began.elapsed().as_secs_f64());
    numbers.insert("time/cpu".into(), usage::cpu_seconds() - cpu);
    numbers.insert("memory/rss-mib".into(), usage::resident_mib());
    numbers.insert("rollouts".into(), session.state.rollouts as f64);
    numbers.insert("tokens".into(), session.state.tokens as f64);
    session.writer.metrics(session.state.step, numbers.clone())?;
    Ok(numbers)
}

/// Distinct tasks in the order of a permutation of the training set that changes every epoch.
fn draw_tasks(session: &Session) -> Result<Vec<Arc<Task>>> {
    let (count, size) = (session.config.train.prompts, session.train.len());
    let first = session.state.stage_step as usize * count;
    let (mut tasks, mut epoch, mut order) = (Vec::with_capacity(count), None, Vec::new());
    for position in first..first + count {
        if epoch != Some(position / size) {
            epoch = Some(position / size);
            order = (0..size).collect();
            session.random_at("epoch", (position / size) as u64).shuffle(&mut order);
        }
        tasks.push(session.train.get(order[position % size])?);
    }
    Ok(tasks)
}

/// The update on a batch of rollouts, in as many minibatches as the recipe says.
pub(super) fn learn(
    session: &mut Session,
    objective: &dyn Objective,
    judged: &[Judged],
    rows: &Rows,
) -> Result<(Batch, Report)> {
    let whole = batch(session, judged);
    let policy = session.policy.clone();
    let shown = judged.iter().take(session.config.store.samples_per_step);
    let shown = shown.map(|one| one.rollout.sampled.tokens.len()).sum();
    let mut settings = Settings {
        objective,
        teacher: (objective.privilege() != Privilege::None).then_some(&session.teacher),
        temperature: session.config.sampling.temperature,
        micro_batch: session.config.train.micro_batch,
        lr: build::schedule(&session.config).at(session.state.stage_step as usize),
        shown,
        bias: build::teacher_bias(&session.config, &policy)?,
    };
    let parts = session.config.train.minibatches.clamp(1, judged.len());
    let mut report = Report::default();
    if parts == 1 {
        report = update(&policy, &mut session.optimiser, &whole, rows, &settings)?;
    } else {
        // From the second update on the samples are stale: the ratios need the policy that was sampled from.
        let old = update::log_probs(&policy, rows, &whole.tokens, &settings)?;
        let ends: Vec<usize> = whole.layout.ranges().map(|range| range.end).collect();
        for first in (0..judged.len()).step_by(judged.len().div_ceil(parts)) {
            let last = (first + judged.len().div_ceil(parts)).min(judged.len());
            let from = if first == 0 { 0 } else { ends[first - 1] };
            let mut part = batch(session, &judged[first..last]);
            settings.shown = shown.saturating_sub(from);
            part.old = Some(old[from..ends[last - 1]].to_vec());
            report.extend(update(
                &policy,
                &mut session.optimiser,
                &part,
                &rows.part(first..last),
                &settings,
            )?);
        }
        // What the sampler is compared with is the policy that it sampled from.
        report.now = old;
    }
    follow(session, &policy)?;
    Ok((whole, report))
}
