//! The whole job, from a recipe to the table.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use galley_core::{Random, Registry};

use super::{
    Interrupt, ahead, alarms, build,
    evaluate::evaluate,
    fork::Origin,
    overlap::Overlap,
    plan,
    progress::Progress,
    session::{Session, Stage, State},
    step::step,
    teacher::take_teacher,
    trace,
    warm_start::{reading, wanted, warm_start},
};
use crate::{
    recipe::{GuardAction, Recipe},
    store::{
        Durability, EvalRecord, RunReader, RunStatus, RunWriter, StartRecord, StoreError, WriterOptions,
        find_run, three_row_table,
    },
    teacher::{Gain, Teacher},
};

/// What a run needs from outside.
pub struct Launch<'a> {
    pub recipe: &'a Recipe,
    pub registry: &'a Registry,
    pub interrupt: Interrupt,
    /// Versions and machine facts for the record.
    pub environment: BTreeMap<String, String>,
    /// For people and for experiments to find the run by.
    pub tags: BTreeMap<String, String>,
    /// Put on record as the run begins or goes on.
    pub notes: Vec<String>,
}

/// How a run ended.
pub struct Outcome {
    pub run: String,
    pub finished: bool,
    /// The objective's name, under which its evaluations are.
    pub objective: &'static str,
    /// The closing table; empty for an interrupted run.
    pub table: String,
}

/// Starts a new run.
pub fn start(launch: Launch<'_>) -> Result<Outcome> {
    let mut session = session(&launch, |primary| {
        let root = Path::new(&launch.recipe.config.store.root);
        Ok(RunWriter::create(root, start_record(&launch, primary), options(launch.recipe))?)
    })?;
    greet(&session);
    conclude(&mut session)
}

/// Starts a new run that begins where another one stood.
pub fn fork(origin: &Origin, launch: Launch<'_>) -> Result<Outcome> {
    let mut session = session(&launch, |primary| {
        let root = Path::new(&launch.recipe.config.store.root);
        let start = StartRecord { parent: Some(origin.parent.clone()), ..start_record(&launch, primary) };
        Ok(RunWriter::create(root, start, options(launch.recipe))?)
    })?;
    origin.enter(&mut session)?;
    eprintln!("forked from run {} at step {}", origin.parent.run, origin.parent.step);
    greet(&session);
    conclude(&mut session)
}

/// Goes on with a run from its newest usable checkpoint. `dir` is the run's directory.
pub fn resume(dir: &Path, launch: Launch<'_>) -> Result<Outcome> {
    let reader = RunReader::open(dir)?;
    // Before anything is written: damaged checkpoints alone are nothing to go on from, and starting over is not asked for.
    let newest = reader.latest_checkpoint();
    if newest.checkpoint.is_none() && !newest.warnings.is_empty() {
        return Err(
            StoreError::BadCheckpoint { path: dir.to_owned(), reason: newest.warnings.join("; ") }.into()
        );
    }
    let mut checkpoint = None;
    let mut session = session(&launch, |_| {
        let resumed = RunWriter::resume(dir, options(launch.recipe))?;
        resumed.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
        checkpoint = resumed.checkpoint;
        Ok(resumed.writer)
    })?;
    match (checkpoint, &reader.start().parent) {
        (Some(checkpoint), _) => session
            .restore(&checkpoint.path)
            .with_context(|| format!("checkpoint {}", checkpoint.path.display()))?,
        // Killed before its first checkpoint: a fork begins where it was forked, not from nothing.
        (None, Some(parent)) => {
            let parent_dir = find_run(dir.parent().unwrap_or(dir), &parent.run)?;
            Origin::find(&parent_dir, Some(parent.step))?.enter(&mut session)?;
        }
        (None, None) => {}
    }
    for note in &launch.notes {
        session.writer.note(note)?;
    }
    eprintln!("resuming run {} at step {}", session.writer.id(), session.state.step);
    greet(&session);
    conclude(&mut session)
}

/// The parts of a run at its beginning. The record is opened last, given the domain's primary metric: a recipe whose
/// parts cannot be had leaves nothing behind.
pub(super) fn session(
    launch: &Launch<'_>,
    writer: impl FnOnce(&str) -> Result<RunWriter>,
) -> Result<Session> {
    let config = &launch.recipe.config;
    let (domain, [train, held_out], assessor) = build::domain(launch.recipe, launch.registry)?;
    let random = Random::new(config.seed);
    let policy = Arc::new(build::policy(launch.recipe, &*domain, &*train, &random)?);
    if config.train.async_level > 0 && !policy.device().is_cpu() {
        let why = "a GPU's stream belongs to one thread; only a policy on the CPU samples ahead: set 0";
        return Err(launch.recipe.mistake("train.async-level", why).into());
    }
    let memory = plan::plan(&policy, config, &*train)?;
    eprintln!("memory, as planned:\n{memory}");
    plan::check(&memory, &policy)?;
    Ok(Session {
        optimiser: build::optimiser(&policy, config)?,
        writer: Arc::new(writer(domain.primary_metric())?),
        wording: build::wording(config),
        config: config.clone(),
        teacher: Teacher::Live,
        interrupt: launch.interrupt.clone(),
        state: State::default(),
        ahead: None,
        lane: ahead::threads(config)?,
        saved: None,
        domain,
        train,
        held_out,
        policy,
        assessor,
        random,
    })
}

fn greet(session: &Session) {
    eprintln!(
        "run {}: {} parameters, {} training tasks, {} held-out tasks, domain {}, objective {}",
        session.writer.id(),
        session.policy.config().parameters(),
        session.train.len(),
        session.held_out.len(),
        session.domain.name(),
        build::objective(&session.config).name(),
    );
}

/// Runs to the end and closes the record, whatever happens.
fn conclude(session: &mut Session) -> Result<Outcome> {
    let run = session.writer.id().to_owned();
    let objective = build::objective(&session.config).name();
    let ended = stages(session);
    trace::end();
    match ended {
        Ok(true) => {
            session.writer.finish_shared(RunStatus::Finished, "")?;
            let reader = RunReader::open(session.writer.dir())?;
            let evals: Vec<EvalRecord> = reader.evals().into_iter().cloned().collect();
            Ok(Outcome { run, finished: true, objective, table: three_row_table(&evals) })
        }
        Ok(false) => {
            session.save()?;
            session.writer.finish_shared(RunStatus::Stopped, "interrupted")?;
            Ok(Outcome { run, finished: false, objective, table: String::new() })
        }
        Err(error) => {
            // The first error is the one to report, whether or not the record can still be closed.
            let _ = session.writer.finish_shared(RunStatus::Failed, &format!("{error:#}"));
            let again =
                session.saved.map(|step| format!("; resume goes on from its checkpoint of step {step}"));
            Err(error.context(format!("run {run} failed{}", again.unwrap_or_default())))
        }
    }
}

/// Every stage from where the state stands; false when interrupted.
fn stages(session: &mut Session) -> Result<bool> {
    while session.state.stage != Stage::Done {
        let stopped = match session.state.stage {
            Stage::Before => before(session)?,
            Stage::Reading => wanted(session, Stage::Reading) && reading(session)?,
            Stage::WarmStart => wanted(session, Stage::WarmStart) && warm(session)?,
            Stage::Objective => objective(session)?,
            Stage::Done => false,
        };
        if stopped {
            return Ok(false);
        }
        let next = match session.state.stage {
            Stage::Before => Stage::Reading,
            Stage::Reading => Stage::WarmStart,
            Stage::WarmStart => Stage::Objective,
            Stage::Objective | Stage::Done => Stage::Done,
        };
        session.enter(next)?;
        if next == Stage::Objective {
            take_teacher(session)?;
        }
        session.save()?;
        if session.interrupt.requested() && next != Stage::Done {
            return Ok(false);
        }
    }
    Ok(true)
}

fn before(session: &mut Session) -> Result<bool> {
    evaluate(session, "before")?;
    Ok(false)
}

fn warm(session: &mut Session) -> Result<bool> {
    if warm_start(session)? {
        return Ok(true);
    }
    let (_, gain) = evaluate(session, "warm-start")?;
    guard_gain(session, &gain)?;
    Ok(false)
}

fn guard_gain(session: &Session, gain: &Gain) -> Result<()> {
    let channels: Vec<String> =
        gain.channels.iter().map(|(channel, nats)| format!("{channel} {nats:+.2}")).collect();
    eprintln!("teacher gain: {:+.2} nats per reference ({})", gain.all, channels.join(", "));
    if gain.probes == 0 || gain.all > 0.0 || session.config.guard.teacher_gain == GuardAction::Off {
        return Ok(());
    }
    let text = format!("the teacher predicts references no better than the student ({:+.2} nats)", gain.all);
    session.writer.alarm(session.state.step, "teacher-gain", &text)?;
    if session.config.guard.teacher_gain == GuardAction::Stop {
        bail!("{text}; guard.teacher-gain = \"stop\"");
    }
    eprintln!("warning: {text}: distilling from it will not help");
    Ok(())
}

/// The objective's steps with evaluations on the way; true when interrupted.
fn objective(session: &mut Session) -> Result<bool> {
    let objective = build::objective(&session.config);
    let train = session.config.train.clone();
    let mut progress = Progress::new(objective.name(), train.steps, session.state.stage_step);
    let (mut said, mut overlap) = (BTreeSet::new(), Overlap::default());
    let traced = session.state.stage_step + session.config.store.trace_steps;
    trace_into(session)?;
    while session.state.stage_step < train.steps && !session.state.progress.exhausted(train.patience) {
        if session.state.stage_step == traced {
            trace::end();
        }
        let numbers = step(session, &*objective)?;
        overlap.take(&numbers);
        let get = |name: &str| numbers.get(name).copied().unwrap_or(f64::NAN);
        let line = format!("reward {:.3} KL {:.3} failed {:.2}", get("reward"), get("kl"), get("failures"));
        progress.at(session.state.stage_step, &line);
        for (name, text) in alarms::watch(&mut session.state.baseline, &numbers) {
            session.writer.alarm(session.state.step, name, &text)?;
            match session.config.guard.collapse {
                GuardAction::Off => {}
                // Every alarm is recorded; a person is told of each kind once.
                GuardAction::Warn if said.insert(name) => tracing::warn!("{name}: {text}"),
                GuardAction::Warn => {}
                GuardAction::Stop => bail!("{name}: {text}; guard.collapse = \"stop\""),
            }
        }
        let at = session.state.stage_step;
        if at < train.steps && train.eval_every > 0 && at.is_multiple_of(train.eval_every) {
            let (eval, _) = evaluate(session, &format!("{}@{at}", objective.name()))?;
            let value = eval.means.get(&eval.primary).copied().unwrap_or(f64::NEG_INFINITY);
            session.state.progress.take(value, train.min_delta);
        }
        if at < train.steps && train.checkpoint_every > 0 && at.is_multiple_of(train.checkpoint_every) {
            session.save()?;
        }
        if session.interrupt.requested() {
            return Ok(true);
        }
    }
    trace::end();
    if session.state.progress.exhausted(train.patience) {
        let text = stopped_early(session);
        session.writer.note(&text)?;
    }
    progress.finish(&format!("{} steps{overlap}", session.state.stage_step));
    if train.steps > 0 {
        evaluate(session, objective.name())?;
    }
    Ok(false)
}

/// What is said of an early end. Rollouts that were drawn for a step which will not be are dropped here.
fn stopped_early(session: &mut Session) -> String {
    let (step, stale) = (session.state.stage_step, session.state.progress.stale);
    let text = format!("stopped early at step {step}: {stale} evaluations were no better");
    match session.ahead.take() {
        Some(_) => {
            let dropped = session.config.train.prompts * session.config.train.group;
            format!("{text}; {dropped} rollouts that were sampled ahead are dropped")
        }
        None => text,
    }
}

/// Opens the trace of the objective's next steps; an earlier attempt's is replaced.
fn trace_into(session: &Session) -> Result<()> {
    let path = session.writer.dir().join("trace.json");
    match session.config.store.trace_steps {
        0 => Ok(()),
        _ => trace::begin(&path).with_context(|| format!("writing {}", path.display())),
    }
}

pub(super) fn options(recipe: &Recipe) -> WriterOptions {
    WriterOptions {
        durability: if recipe.config.store.fsync { Durability::Step } else { Durability::Group },
        keep_checkpoints: recipe.config.train.keep.max(1),
    }
}

pub(super) fn start_record(launch: &Launch<'_>, primary: &str) -> StartRecord {
    let config = &launch.recipe.config;
    let primary = if config.eval.primary.is_empty() { primary } else { &config.eval.primary };
    StartRecord {
        name: config.name.clone(),
        recipe: launch.recipe.to_annotated_toml(),
        recipe_hash: launch.recipe.hash(),
        git_commit: git(&["rev-parse", "HEAD"]),
        git_diff: git(&["diff", "HEAD"]).filter(|diff| !diff.is_empty()),
        environment: launch.environment.clone(),
        seed: config.seed,
        objective: build::objective(config).name().to_owned(),
        domain: config.domain.name.clone(),
        primary_metric: primary.to_owned(),
        tags: launch.tags.clone(),
        steps: Some(config.warm_start.reading_steps + config.warm_start.steps + config.train.steps),
        ..StartRecord::default()
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
