//! Sampling a batch of programs and judging each as soon as it is finished.

use std::{sync::Arc, time::Instant};

use anyhow::{Context, Result};
use galley_core::{Assessment, Credit, Random, Span, Task, credit};

use super::{assessor::Assessor, session::Session};
use crate::{
    policy::{Encoded, Finish, Policy, SampleOptions, SampleRequest, Sampled},
    recipe::SamplingConfig,
};

/// One sampled program with its judgement.
pub struct Rollout {
    pub task: Arc<Task>,
    /// The task's prompt as it was sampled from; shared by the group.
    pub prompt: Arc<Encoded>,
    /// Index within the task's group.
    pub sample: usize,
    pub sampled: Sampled,
    pub response: String,
    /// Byte span of every token in `response`; the stop token's is empty.
    pub spans: Vec<Span>,
    /// `None` after a harness fault that a second try did not mend: excluded, never scored.
    pub assessment: Option<Assessment>,
}

impl Rollout {
    /// The reward; `None` for a harness fault.
    pub fn reward(&self) -> Option<f64> {
        self.assessment.as_ref().map(|assessment| assessment.score.reward)
    }

    /// The weight of every token (Visual-SDPO eq. 4–6); `None` for a harness fault.
    pub fn credit(&self, alpha: f64) -> Option<Credit> {
        let judged = self.assessment.as_ref()?;
        let (statements, defects) = (&judged.statements, &judged.defects);
        Some(credit(&self.spans, &self.response, judged.program.start, statements, defects, alpha))
    }

    /// Which tokens would weigh more than 1 for an α above 1; `None` for a harness fault.
    pub fn flagged(&self) -> Option<Vec<bool>> {
        Some(self.credit(2.0)?.weights.into_iter().map(|weight| weight != 1.0).collect())
    }

    pub fn finish(&self) -> &'static str {
        match self.sampled.finish {
            Finish::Stop => "stop",
            Finish::Length => "length",
        }
    }
}

/// What [`roll_out`] gives.
pub struct Drawn {
    /// By task, then sample.
    pub rollouts: Vec<Rollout>,
    /// What became of the rollouts that were lost, in words.
    pub faults: Vec<String>,
    pub time: DrawingTime,
}

/// What drawing took, and how well judging hides behind other work, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct DrawingTime {
    /// Until the last token.
    pub sampling: f64,
    /// Until the last judgement.
    pub whole: f64,
    /// Rendering and judging, all threads together.
    pub busy: f64,
    /// Waiting for the last judgements after the last token was sampled, while nothing else was done.
    pub exposed: f64,
    /// How long nothing else was done: all the time, or when sampled ahead, what was left when that step had learned.
    pub waited: f64,
}

/// How rollouts are drawn.
pub struct Drawing<'a> {
    /// Keys the random numbers: distinct for every use at the same step.
    pub purpose: &'a str,
    pub step: u64,
    pub group: usize,
    /// 0 = greedy.
    pub temperature: f64,
}

/// Draws from the policy as it is now, and puts on record what was lost.
pub fn roll_out(
    session: &Session,
    tasks: &[Arc<Task>],
    drawing: &Drawing<'_>,
    progress: impl FnMut(usize),
) -> Result<Drawn> {
    let drawn = session.sampler(session.policy.clone()).draw(tasks, drawing, progress)?;
    record_faults(session, &drawn)?;
    Ok(drawn)
}

/// Puts on record what was lost.
pub fn record_faults(session: &Session, drawn: &Drawn) -> Result<()> {
    for text in &drawn.faults {
        session.writer.alarm(session.state.step, "harness-fault", text)?;
        tracing::error!("{text}");
    }
    Ok(())
}

/// What drawing depends on; a thread of its own can hold it.
pub struct Sampler {
    pub policy: Arc<Policy>,
    pub assessor: Arc<Assessor>,
    pub random: Random,
    pub settings: SamplingConfig,
}

impl Session {
    /// Draws from `policy`.
    pub fn sampler(&self, policy: Arc<Policy>) -> Sampler {
        let (assessor, random) = (self.assessor.clone(), self.random.clone());
        Sampler { policy, assessor, random, settings: self.config.sampling.clone() }
    }
}

impl Sampler {
    /// Samples `group` responses for every task; the result is ordered by task, then sample. Rendering of a response
    /// begins while others are still being sampled. `progress` is told how many are finished.
    pub fn draw(
        &self,
        tasks: &[Arc<Task>],
        drawing: &Drawing<'_>,
        mut progress: impl FnMut(usize),
    ) -> Result<Drawn> {
        let began = Instant::now();
        let random = self.random.named(drawing.purpose).at(drawing.step);
        let mut requests = Vec::with_capacity(tasks.len());
        for (index, task) in tasks.iter().enumerate() {
            let prompt = Arc::new(self.policy.encode(&task.prompt)?);
            let seeds = (0..drawing.group).map(|sample| random.at(index as u64).at(sample as u64)).collect();
            requests.push(SampleRequest { prompt, seeds });
        }
        let options = SampleOptions {
            temperature: drawing.temperature as f32,
            top_p: self.settings.top_p as f32,
            top_k: self.settings.top_k,
            max_tokens: self.settings.max_tokens,
            max_rows: self.settings.concurrency,
            stop: self.policy.stop_tokens(),
            ..SampleOptions::default()
        };
        let mut round = self.assessor.round();
        let mut finished = 0;
        let sampling = tracing::info_span!("sample").entered();
        let sampled = self.policy.sample(&requests, &options, &mut |index, sampled| {
            let response = self.policy.tokenizer().decode(&sampled.tokens).text;
            round.submit(
                index.request * drawing.group + index.sample,
                tasks[index.request].clone(),
                response,
            );
            finished += 1;
            progress(finished);
        })?;
        drop(sampling);
        let (ended, sampling) = (Instant::now(), began.elapsed().as_secs_f64());
        let mut rollouts = Vec::with_capacity(tasks.len() * drawing.group);
        for ((task, request), group) in tasks.iter().zip(&requests).zip(sampled) {
            for (sample, sampled) in group.into_iter().enumerate() {
                let decoded = self.policy.tokenizer().decode(&sampled.tokens);
                let (response, spans) = (decoded.text, decoded.spans);
                let (task, prompt) = (task.clone(), request.prompt.clone());
                rollouts.push(Rollout { task, prompt, sample, sampled, response, spans, assessment: None });
            }
        }
        let waiting = tracing::info_span!("wait for judgements").entered();
        let verdicts = round.finish();
        drop(waiting);
        let busy = verdicts.iter().map(|verdict| verdict.seconds).sum();
        let exposed = ended.elapsed().as_secs_f64();
        let mut faults = Vec::new();
        for verdict in verdicts {
            let rollout =
                rollouts.get_mut(verdict.index).context("a verdict for a rollout that was not drawn")?;
            match verdict.result {
                Ok(assessment) => rollout.assessment = Some(assessment),
                Err(error) => faults.push(format!("{} is excluded: {error}", rollout.task.id)),
            }
        }
        let whole = began.elapsed().as_secs_f64();
        let time = DrawingTime { sampling, whole, busy, exposed, waited: whole };
        Ok(Drawn { rollouts, faults, time })
    }
}
