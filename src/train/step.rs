//! One step of the objective, as in the README's figure.

use std::{sync::Arc, time::Instant};

use anyhow::{Result, bail};
use galley_core::{Assessment, Credit, Prompt, Split, Task, credit};

use super::{
    build,
    diagnostics::mean_where,
    rollout::{Drawing, Rollout, roll_out},
    session::Session,
    update::{self, Report, Rows, Settings, update},
};
use crate::{
    objective::{Batch, Layout, Objective, Privilege, advantages},
    policy::{Policy, Row},
    recipe::{ContextOf, ObjectiveName, TeacherKind},
    store::{Numbers, SampleRecord},
    teacher::{Teacher, privileged_prompt, reference_prompt},
};

/// A rollout with everything that the loss needs.
struct Judged {
    rollout: Rollout,
    credit: Credit,
    advantage: f32,
}

/// Tasks → rollouts (judged while others are sampled) → credit and contexts → loss → optimiser → record. Returns the
/// numbers of the step.
pub fn step(session: &mut Session, objective: &dyn Objective) -> Result<Numbers> {
    let mut clock = Clock::start();
    let tasks = draw_tasks(session)?;
    if session.config.objective.name == ObjectiveName::Sft {
        return supervised(session, objective, &tasks);
    }
    let drawing = Drawing {
        purpose: "rollout",
        step: session.state.step,
        group: session.config.train.group,
        temperature: session.config.sampling.temperature,
    };
    session.writer.heartbeat("rollout")?;
    let rollouts = roll_out(session, &tasks, &drawing, |_| {})?;
    clock.lap("rollout");
    let (judged, mut numbers) = judge(session, rollouts);
    if judged.is_empty() {
        bail!("no rollout of step {} could be judged: see the harness faults above", session.state.step);
    }
    session.writer.heartbeat("update")?;
    let rows = rows(session, objective.privilege(), &judged)?;
    clock.lap("contexts");
    let (batch, report) = learn(session, objective, &judged, &rows)?;
    clock.lap("update");

    session.state.stage_step += 1;
    session.state.step += 1;
    session.state.rollouts += judged.len() as u64;
    session.state.tokens += batch.tokens.len() as u64;
    numbers.extend(facts(&batch, &report));
    numbers.extend(clock.into_numbers());
    guard_mismatch(session, &numbers)?;
    record_samples(session, &judged, &report)?;
    record(session, numbers)
}

fn record(session: &Session, mut numbers: Numbers) -> Result<Numbers> {
    numbers.insert("rollouts".into(), session.state.rollouts as f64);
    numbers.insert("tokens".into(), session.state.tokens as f64);
    session.writer.metrics(session.state.step, numbers.clone())?;
    Ok(numbers)
}

/// Distinct tasks in the order of a permutation of the training set that changes every epoch.
fn draw_tasks(session: &Session) -> Result<Vec<Arc<Task>>> {
    let (count, size) = (session.config.train.prompts, session.train.len());
    let mut tasks = Vec::with_capacity(count);
    for draw in 0..count {
        let position = session.state.stage_step as usize * count + draw;
        let mut order: Vec<usize> = (0..size).collect();
        session.random_at("epoch", (position / size) as u64).shuffle(&mut order);
        tasks.push(session.train.get(order[position % size])?);
    }
    Ok(tasks)
}

/// Credit and advantage of every rollout; harness faults are dropped here, counted, and take no part in their group.
fn judge(session: &Session, rollouts: Vec<Rollout>) -> (Vec<Judged>, Numbers) {
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
    let weigh = |rollout: &Rollout| {
        let assessment = rollout.assessment.as_ref()?;
        let offset = assessment.program.start;
        Some(credit(
            &rollout.spans,
            &rollout.response,
            offset,
            &assessment.statements,
            &assessment.defects,
            alpha,
        ))
    };
    let judged: Vec<Judged> = rollouts
        .into_iter()
        .zip(advantage)
        .filter_map(|(rollout, advantage)| Some(Judged { credit: weigh(&rollout)?, rollout, advantage }))
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

/// The students' rows, and the teacher's where the objective has one.
fn rows(session: &Session, privilege: Privilege, judged: &[Judged]) -> Result<Rows> {
    let mut rows = Rows { student: Vec::new(), teacher: Vec::new() };
    for (index, one) in judged.iter().enumerate() {
        let (task, response) = (&one.rollout.task, &one.rollout.sampled.tokens);
        let prompt = Arc::new(session.policy.encode(&task.prompt)?);
        rows.student.push(Row { prompt, response: response.clone() });
        let privileged = match (privilege, &one.rollout.assessment) {
            (Privilege::Feedback, Some(own)) => match session.config.teacher.context {
                ContextOf::Own => privileged(session, task, task, own),
                ContextOf::Nothing => task.prompt.clone(),
                ContextOf::Another => {
                    let other = &judged[(index + 1) % judged.len()].rollout;
                    privileged(session, task, &other.task, other.assessment.as_ref().unwrap_or(own))
                }
            },
            (Privilege::Reference, _) => match session.domain.reference_program(task) {
                Some(program) => reference_prompt(task, program, session.wording),
                None => bail!("objective `opsd` needs reference programs; task {} has none", task.id),
            },
            _ => continue,
        };
        rows.teacher
            .push(Row { prompt: Arc::new(session.policy.encode(&privileged)?), response: response.clone() });
    }
    Ok(rows)
}

/// The prompt of `task` with the context that an attempt at `of` would get.
fn privileged(session: &Session, task: &Task, of: &Task, assessment: &Assessment) -> Prompt {
    let prompt =
        privileged_prompt(&*session.domain, of, assessment, &session.config.teacher, session.wording);
    let own = prompt.parts.into_iter().skip(of.prompt.parts.len());
    Prompt { parts: task.prompt.parts.iter().cloned().chain(own).collect() }
}

fn learn(
    session: &mut Session,
    objective: &dyn Objective,
    judged: &[Judged],
    rows: &Rows,
) -> Result<(Batch, Report)> {
    let whole = batch(session, judged);
    let policy = session.policy.clone();
    let settings = Settings {
        objective,
        teacher: (objective.privilege() != Privilege::None).then_some(&session.teacher),
        temperature: session.config.sampling.temperature,
        micro_batch: session.config.train.micro_batch,
        lr: build::schedule(&session.config).at(session.state.stage_step as usize),
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

/// Moves an averaged teacher towards the policy.
fn follow(session: &Session, policy: &Policy) -> Result<()> {
    if let (TeacherKind::Ema, Teacher::Own(teacher)) = (session.config.teacher.kind, &session.teacher) {
        teacher.lerp_from(policy, session.config.teacher.ema_rate)?;
    }
    Ok(())
}

fn batch(session: &Session, judged: &[Judged]) -> Batch {
    let layout = Layout::new(judged.iter().map(|one| one.rollout.sampled.tokens.len()).collect());
    let flat = |values: &dyn Fn(&Judged) -> Vec<f32>| judged.iter().flat_map(values).collect::<Vec<f32>>();
    let plain = session.config.sampling.temperature == 1.0;
    Batch {
        tokens: judged.iter().flat_map(|one| one.rollout.sampled.tokens.iter().copied()).collect(),
        weights: flat(&|one| one.credit.weights.clone()),
        advantages: layout.spread(&judged.iter().map(|one| one.advantage).collect::<Vec<_>>()),
        engine: flat(&|one| {
            let sampled = &one.rollout.sampled;
            if plain { sampled.logprobs.clone() } else { sampled.sampling_logprobs.clone() }
        }),
        old: None,
        max_tokens: session.config.sampling.max_tokens,
        layout,
    }
}

/// The health of the update in numbers (SPEC-objectives §6).
fn facts(batch: &Batch, report: &Report) -> Numbers {
    let flagged = |t: usize| batch.weights[t] != 1.0;
    let mut numbers = Numbers::new();
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            numbers.insert(name.to_owned(), value);
        }
    };
    put("loss", Some(report.loss));
    put("grad-norm", Some(report.grad_norm));
    put("kl", mean_where(&report.kl, |_| true));
    put("kl-flagged", mean_where(&report.kl, flagged));
    put("kl-unflagged", mean_where(&report.kl, |t| !flagged(t)));
    put("entropy", mean_where(&report.facts.entropy, |_| true));
    let agree: Vec<f32> = report.facts.agree.iter().map(|&same| f32::from(u8::from(same))).collect();
    put("agreement", mean_where(&agree, |_| true));
    put("ratio", mean_where(&report.ratio, |_| true));
    put("ratio-max", report.ratio.iter().copied().map(f64::from).reduce(f64::max));
    let count = batch.tokens.len().max(1) as f64;
    put("flagged", Some((0..batch.tokens.len()).filter(|&t| flagged(t)).count() as f64 / count));
    let total: f64 = report.kl.iter().map(|&kl| f64::from(kl)).sum();
    let on: f64 = (0..report.kl.len()).filter(|&t| flagged(t)).map(|t| f64::from(report.kl[t])).sum();
    put("kl-share-flagged", (total > 0.0).then_some(on / total));
    let gap: Vec<f32> =
        report.now.iter().zip(&batch.engine).map(|(now, engine)| (now - engine).abs()).collect();
    put("engine-mismatch", mean_where(&gap, |_| true));
    numbers
}

fn guard_mismatch(session: &Session, numbers: &Numbers) -> Result<()> {
    let (limit, found) =
        (session.config.guard.mismatch, numbers.get("engine-mismatch").copied().unwrap_or(0.0));
    if limit > 0.0 && found > limit {
        let text =
            format!("the sampler's log-probabilities differ from the trainer's by {found:.2e} on average");
        session.writer.alarm(session.state.step, "engine-mismatch", &text)?;
        bail!("{text} (limit guard.mismatch = {limit}): the ratios and the losses would be wrong");
    }
    Ok(())
}

fn record_samples(session: &Session, judged: &[Judged], report: &Report) -> Result<()> {
    let mut at = 0;
    for (index, one) in judged.iter().enumerate() {
        let range = at..at + one.rollout.sampled.tokens.len();
        at = range.end;
        if index < session.config.store.samples_per_step {
            let mut record = sample_record(session, &one.rollout, build_name(session), Split::Train)?;
            if let Some(assessment) = &one.rollout.assessment {
                record = record.with_assessment(assessment, &one.credit);
            }
            record.advantage = Some(f64::from(one.advantage));
            record.kl = report.kl.get(range).map(<[f32]>::to_vec).unwrap_or_default();
            session.writer.sample(&record)?;
        }
    }
    Ok(())
}

fn build_name(session: &Session) -> &'static str {
    build::objective(&session.config).name()
}

/// The record of a rollout without its judgement: text, tokens and pictures.
pub fn sample_record(
    session: &Session,
    rollout: &Rollout,
    stage: &str,
    split: Split,
) -> Result<SampleRecord> {
    let mut media = std::collections::BTreeMap::new();
    let target = rollout.task.reference.as_ref().and_then(|reference| reference.render.image.as_ref());
    let render = rollout.assessment.as_ref().and_then(|assessment| assessment.render.image.as_ref());
    for (name, image) in [("target", target), ("render", render)] {
        if let Some(image) = image {
            media.insert(name.to_owned(), session.writer.put_image(image)?);
        }
    }
    Ok(SampleRecord {
        step: session.state.step,
        stage: stage.to_owned(),
        task: rollout.task.id.clone(),
        sample: rollout.sample as u32,
        split,
        response: rollout.response.clone(),
        tokens: rollout.spans.clone(),
        finish: rollout.finish().to_owned(),
        media,
        ..SampleRecord::default()
    })
}

/// A step of supervised fine-tuning on the tasks' references.
fn supervised(session: &mut Session, objective: &dyn Objective, tasks: &[Arc<Task>]) -> Result<Numbers> {
    let mut rows = Rows { student: Vec::new(), teacher: Vec::new() };
    for task in tasks {
        let Some(program) = session.domain.reference_program(task) else {
            bail!("objective `sft` needs reference programs; task {} has none", task.id)
        };
        let prompt = Arc::new(session.policy.encode(&task.prompt)?);
        let mut response = session.policy.encode_response(program)?;
        response.truncate(session.config.sampling.max_tokens);
        rows.student.push(Row { prompt, response });
    }
    let tokens: Vec<u32> = rows.student.iter().flat_map(|row| row.response.iter().copied()).collect();
    let batch = Batch {
        layout: Layout::new(rows.student.iter().map(|row| row.response.len()).collect()),
        weights: vec![1.0; tokens.len()],
        tokens,
        ..Batch::default()
    };
    let settings = Settings {
        objective,
        teacher: None,
        temperature: 1.0,
        micro_batch: session.config.train.micro_batch,
        lr: build::schedule(&session.config).at(session.state.stage_step as usize),
    };
    let report = update(&session.policy, &mut session.optimiser, &batch, &rows, &settings)?;
    session.state.stage_step += 1;
    session.state.step += 1;
    session.state.tokens += batch.tokens.len() as u64;
    let numbers = [("loss", report.loss), ("grad-norm", report.grad_norm), ("lr", settings.lr)];
    record(session, numbers.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Wall time of the parts of a step, in seconds, as `time/<part>`.
struct Clock {
    last: Instant,
    laps: Numbers,
}

impl Clock {
    fn start() -> Self {
        Self { last: Instant::now(), laps: Numbers::new() }
    }

    fn lap(&mut self, name: &str) {
        self.laps.insert(format!("time/{name}"), self.last.elapsed().as_secs_f64());
        self.last = Instant::now();
    }

    fn into_numbers(self) -> Numbers {
        self.laps
    }
}
