//! One step of the objective, as in the README's figure.

use std::{sync::Arc, time::Instant};

use anyhow::{Result, bail};

use super::{
    ahead::{self, Ahead, Plan},
    build,
    clock::Clock,
    facts::{facts, of_staleness},
    failed_batch,
    judged::{Judged, judge},
    rollout::{Drawn, record_faults},
    rows::{batch, rows},
    sampler_check::{gaps, guard_mismatch, stale_gaps},
    samples::record_samples,
    session::Session,
    supervised::supervised,
    teacher::follow,
    update::{self, Report, Rows, Settings, update},
    usage,
};
use crate::{
    objective::{Batch, Objective, Privilege},
    policy::Policy,
    recipe::ObjectiveName,
    store::Numbers,
};

/// Tasks → rollouts (judged while others are sampled) → credit and contexts → loss → optimiser → record. Where the recipe
/// permits it, the next step's rollouts are drawn meanwhile. Returns the numbers of the step.
pub fn step(session: &mut Session, objective: &dyn Objective) -> Result<Numbers> {
    let _step = tracing::info_span!("step", number = session.state.step).entered();
    let (began, cpu) = (Instant::now(), usage::cpu_seconds());
    if session.config.objective.name == ObjectiveName::Sft {
        let tasks = Plan::new(session, session.policy.clone(), 0)?.tasks()?;
        let numbers = supervised(session, objective, &tasks)?;
        return record(session, numbers, began, cpu);
    }
    session.writer.heartbeat("rollout")?;
    let (behaviour, drawn) = rollouts(session)?;
    record_faults(session, &drawn)?;
    let lane = ahead::begin(session)?;
    let numbers = learn_from(session, objective, drawn, behaviour.as_deref())?;
    session.ahead = lane.map(ahead::Lane::end).transpose()?;
    record(session, numbers, began, cpu)
}

/// The step's rollouts, and the policy that they come from where that is no longer the present one.
fn rollouts(session: &mut Session) -> Result<(Option<Arc<Policy>>, Drawn)> {
    match session.ahead.take() {
        Some(Ahead { behaviour, drawn: Some(drawn) }) => Ok((Some(behaviour), drawn)),
        Some(Ahead { behaviour, drawn: None }) => {
            let drawn = Plan::new(session, behaviour.clone(), 0)?.draw()?;
            Ok((Some(behaviour), drawn))
        }
        None => Ok((None, Plan::new(session, session.policy.clone(), 0)?.draw()?)),
    }
}

/// What follows when the step's rollouts are there. `behaviour` is the policy that they come from, `None` for the present.
fn learn_from(
    session: &mut Session,
    objective: &dyn Objective,
    drawn: Drawn,
    behaviour: Option<&Policy>,
) -> Result<Numbers> {
    let mut clock = Clock::start();
    clock.put("sampling", drawn.time.sampling);
    clock.put("rollout", drawn.time.whole);
    clock.put("waited-for-rollouts", drawn.time.waited);
    clock.put("judging", drawn.time.busy / session.assessor.threads as f64);
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
    let learned = learn(session, objective, &judged, &rows, behaviour);
    let (batch, report) = learned.map_err(|error| failed_batch::keep(session, &judged, error))?;
    clock.lap("update");

    session.state.stage_step += 1;
    session.state.step += 1;
    session.state.rollouts += judged.len() as u64;
    session.state.tokens += batch.tokens.len() as u64;
    numbers.extend(facts(&batch, &judged, &report));
    numbers.extend(of_staleness(&batch, &report, behaviour.is_some()));
    guard_mismatch(session, &numbers)?;
    record_samples(session, &judged, &report)?;
    clock.lap("samples");
    numbers.extend(clock.into_numbers());
    Ok(numbers)
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

/// Where a step's distinct tasks are in the training set: in the order of a permutation that changes every epoch.
pub(super) fn places(session: &Session, stage_step: u64) -> Vec<usize> {
    let (count, size) = (session.config.train.prompts, session.train.len());
    let first = stage_step as usize * count;
    let (mut places, mut epoch, mut order) = (Vec::with_capacity(count), None, Vec::new());
    for position in first..first + count {
        if epoch != Some(position / size) {
            epoch = Some(position / size);
            order = (0..size).collect();
            session.random_at("epoch", (position / size) as u64).shuffle(&mut order);
        }
        places.push(order[position % size]);
    }
    places
}

/// The update on a batch of rollouts, in as many minibatches as the recipe says. `behaviour` is the policy that they were
/// sampled from where that is not the present one.
pub(super) fn learn(
    session: &mut Session,
    objective: &dyn Objective,
    judged: &[Judged],
    rows: &Rows,
    behaviour: Option<&Policy>,
) -> Result<(Batch, Report)> {
    let mut whole = batch(session, judged);
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
    // Stale samples come from the policy that the sampler said; from the second update of a batch on they are stale too.
    whole.old = match behaviour {
        Some(_) => Some(whole.engine.clone()),
        None if parts > 1 => Some(update::log_probs(&policy, &rows.student, &whole.tokens, &settings)?),
        None => None,
    };
    let checked = behaviour.map(|policy| stale_gaps(policy, session.state.step, rows, &whole, &settings));
    let checked = checked.transpose()?;
    let mut report = Report::default();
    if parts == 1 {
        report = update(&policy, &mut session.optimiser, &whole, rows, &settings)?;
    } else {
        let ends: Vec<usize> = whole.layout.ranges().map(|range| range.end).collect();
        for first in (0..judged.len()).step_by(judged.len().div_ceil(parts)) {
            let last = (first + judged.len().div_ceil(parts)).min(judged.len());
            let from = if first == 0 { 0 } else { ends[first - 1] };
            let mut part = batch(session, &judged[first..last]);
            settings.shown = shown.saturating_sub(from);
            part.old = whole.old.as_ref().map(|old| old[from..ends[last - 1]].to_vec());
            let rows = rows.part(first..last);
            report.extend(update(&policy, &mut session.optimiser, &part, &rows, &settings)?);
        }
        // What the sampler is compared with is the policy that it sampled from.
        if let (None, Some(old)) = (behaviour, &whole.old) {
            report.now = old.clone();
        }
    }
    report.sampler_gap = checked.unwrap_or_else(|| gaps(&report.now, &whole.engine));
    follow(session, &policy)?;
    Ok((whole, report))
}
