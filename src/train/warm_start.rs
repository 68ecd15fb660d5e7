//! The warm start: supervised steps until the teacher's context is readable.

use std::{ops::Range, sync::Arc};

use anyhow::Result;
use galley_core::Random;

use super::{
    feed::Feed,
    progress::Progress,
    rollout::{Drawing, roll_out},
    session::{Session, Stage},
    update::{Rows, Settings, update},
    warm_rows::{Attempt, RowMaker, WarmRows},
};
use crate::{
    objective::{Batch, Layout, Sft},
    store::Numbers,
    teacher::{Gain, GainProbe, teacher_gain},
};

/// Steps between two checkpoints, refreshes of own rollouts, and looks at the stop rule.
const SEGMENT: u64 = 25;
/// Own rollouts per refresh.
const OWN: usize = 96;
/// Rollouts on which the gain of the stop rule is measured.
const PROBES: usize = 32;

/// Text-only steps in which the policy learns to copy what a correction quotes. Returns whether it was interrupted.
pub fn reading(session: &mut Session) -> Result<bool> {
    let total = session.config.warm_start.reading_steps;
    let mut progress = Progress::new("reading", total, session.state.stage_step);
    while session.state.stage_step < total {
        let steps = segment(session.state.stage_step, total);
        let maker = maker(session, Vec::new());
        let feed = Feed::new(steps.clone(), move |step| maker.reading(step));
        let mut low = false;
        for _ in steps {
            let Some(rows) = feed.next() else { break };
            let lr = session.config.warm_start.reading_lr * warm_up(session, session.state.stage_step);
            let loss = learn(session, rows?, lr)?;
            let mean = session.state.reading_loss.map_or(loss, |mean| 0.9 * mean + 0.1 * loss);
            session.state.reading_loss = Some(mean);
            low = mean < session.config.warm_start.reading_until;
            progress.at(session.state.stage_step, &format!("loss {mean:.3}"));
        }
        if low {
            break;
        }
        session.save()?;
        if session.interrupt.requested() {
            return Ok(true);
        }
    }
    progress.finish(&format!("loss {:.3}", session.state.reading_loss.unwrap_or(f64::NAN)));
    Ok(false)
}

/// Plain and context rows. Returns whether it was interrupted.
pub fn warm_start(session: &mut Session) -> Result<bool> {
    let config = session.config.warm_start.clone();
    let mut progress = Progress::new("warm start", config.steps, session.state.stage_step);
    let own_from = (config.own_rollouts_from * config.steps as f64) as u64;
    let mut verdict = String::from("done");
    while session.state.stage_step < config.steps {
        let from = session.state.stage_step;
        let (own, reward) = if from >= own_from { own_rollouts(session)? } else { (Vec::new(), 0.0) };
        if from > own_from && config.min_gain > 0.0 {
            let gain = gain_on(session, &own)?;
            record_gain(session, "own-gain", &gain)?;
            verdict = format!("teacher gain {:.1} nats, sampled reward {reward:.3}", gain.all);
            if gain.all >= config.min_gain && reward >= config.until_reward {
                break;
            }
        }
        let steps = segment(from, config.steps);
        let maker = maker(session, own);
        let feed = Feed::new(steps.clone(), move |step| maker.mixed(step));
        for _ in steps {
            let Some(rows) = feed.next() else { break };
            let lr = config.lr * warm_up(session, session.state.stage_step);
            let loss = learn(session, rows?, lr)?;
            progress.at(session.state.stage_step, &format!("loss {loss:.3} {verdict}"));
        }
        if session.state.stage_step < config.steps {
            session.save()?;
        }
        if session.interrupt.requested() {
            return Ok(true);
        }
    }
    progress.finish(&verdict);
    Ok(false)
}

fn segment(from: u64, total: u64) -> Range<u64> {
    from..(from + SEGMENT).min(total)
}

fn warm_up(session: &Session, step: u64) -> f64 {
    ((step + 1) as f64 / session.config.warm_start.warmup.max(1) as f64).min(1.0)
}

fn maker(session: &Session, own: Vec<Attempt>) -> RowMaker {
    RowMaker {
        domain: session.domain.clone(),
        train: session.train.clone(),
        policy: session.policy.clone(),
        assessor: session.assessor.clone(),
        config: session.config.warm_start.clone(),
        teacher: session.config.teacher.clone(),
        wording: session.wording,
        random: session.random.clone(),
        max_tokens: session.config.sampling.max_tokens,
        own: Arc::new(own),
    }
}

fn learn(session: &mut Session, warm: WarmRows, lr: f64) -> Result<f64> {
    let tokens: Vec<u32> = warm.rows.iter().flat_map(|row| row.response.iter().copied()).collect();
    let batch = Batch {
        layout: Layout::new(warm.rows.iter().map(|row| row.response.len()).collect()),
        weights: warm.weights,
        tokens,
        ..Batch::default()
    };
    let settings = Settings {
        objective: &Sft,
        teacher: None,
        temperature: 1.0,
        micro_batch: session.config.train.micro_batch,
        lr,
        shown: 0,
        bias: None,
    };
    let rows = Rows { student: warm.rows, teacher: Vec::new() };
    let report = update(&session.policy, &mut session.optimiser, &batch, &rows, &settings)?;
    session.state.stage_step += 1;
    session.state.step += 1;
    let numbers = [("loss", report.loss), ("grad-norm", report.grad_norm), ("lr", lr)];
    session
        .writer
        .metrics(session.state.step, numbers.map(|(name, value)| (name.to_owned(), value)).into())?;
    Ok(report.loss)
}

/// Fresh rollouts on training tasks with their judgements, and their mean reward.
fn own_rollouts(session: &Session) -> Result<(Vec<Attempt>, f64)> {
    let step = session.state.step;
    let mut random: Random = session.random_at("own-tasks", step);
    let mut tasks = Vec::with_capacity(OWN);
    for _ in 0..OWN {
        tasks.push(session.train.get(random.below(session.train.len()))?);
    }
    let drawing = Drawing { purpose: "own", step, group: 1, temperature: 1.0 };
    let rollouts = roll_out(session, &tasks, &drawing, |_| {})?.rollouts;
    let own: Vec<Attempt> = rollouts
        .into_iter()
        .filter_map(|rollout| Some(Attempt { assessment: rollout.assessment?, task: rollout.task }))
        .collect();
    let reward =
        own.iter().map(|attempt| attempt.assessment.score.reward).sum::<f64>() / own.len().max(1) as f64;
    Ok((own, reward))
}

fn gain_on(session: &Session, own: &[Attempt]) -> Result<Gain> {
    let probe =
        |attempt: &Attempt| GainProbe { task: attempt.task.clone(), assessment: attempt.assessment.clone() };
    let probes: Vec<GainProbe> = own.iter().take(PROBES).map(probe).collect();
    Ok(teacher_gain(
        &session.policy,
        &*session.domain,
        &probes,
        &session.config.teacher,
        session.wording,
        session.config.sampling.max_tokens,
    )?)
}

/// Writes a gain into the record as `<name>`, `<name>/<channel>` and the plain log-likelihood.
pub fn record_gain(session: &Session, name: &str, gain: &Gain) -> Result<()> {
    let mut numbers = Numbers::new();
    numbers.insert(name.to_owned(), gain.all);
    numbers.insert(format!("{name}/plain-log-prob"), gain.plain);
    for (channel, value) in &gain.channels {
        numbers.insert(format!("{name}/{channel}"), *value);
    }
    session.writer.metrics(session.state.step, numbers)?;
    Ok(())
}

/// Whether the stage has anything to do.
pub fn wanted(session: &Session, stage: Stage) -> bool {
    match stage {
        Stage::Reading => session.config.warm_start.steps > 0 && session.config.warm_start.reading_steps > 0,
        Stage::WarmStart => session.config.warm_start.steps > 0,
        _ => true,
    }
}
