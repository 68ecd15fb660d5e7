//! The rows of the warm start: reference programs after plain and after privileged prompts. A domain without references may
//! have demonstrations in their place ([`Domain::demonstration`]).
//!
//! A policy made from scratch cannot read a context it has never seen. Three kinds of rows teach it (SPEC-objectives §9,
//! VisRefiner §4.2): *reading* rows hold a correction as text and the program it quotes, without pictures; *plain* rows the
//! task alone; *context* rows a difference-aligned pair, the privileged context of a worse attempt with the reference as
//! the answer. The attempt is a perturbed reference, a truncated one that fails, or the policy's own rollout.

use std::sync::Arc;

use anyhow::{Context, Result};
use galley_core::{Assessment, Domain, Part, Prompt, Random, Span, Task, TaskSet};

use super::assessor::Assessor;
use crate::{
    policy::{Policy, Row},
    recipe::{TeacherConfig, WarmStartConfig},
    teacher::{Wording, elided, privileged_prompt},
};

/// An attempt of the policy itself, judged.
pub struct Attempt {
    pub task: Arc<Task>,
    pub assessment: Assessment,
}

/// Supervised rows: references after prompts, with the weight of every response token, flat over the rows.
#[derive(Default)]
pub struct WarmRows {
    pub rows: Vec<Row>,
    pub weights: Vec<f32>,
}

impl WarmRows {
    fn push(&mut self, row: Row, weight: f32) {
        self.weights.extend(std::iter::repeat_n(weight, row.response.len()));
        self.rows.push(row);
    }
}

/// Makes the rows of any step: a function of the step, the recipe and `own`.
#[derive(Clone)]
pub struct RowMaker {
    pub domain: Arc<dyn Domain>,
    pub train: Arc<dyn TaskSet>,
    pub policy: Arc<Policy>,
    pub assessor: Arc<Assessor>,
    pub config: WarmStartConfig,
    pub teacher: TeacherConfig,
    pub wording: Wording,
    pub random: Random,
    /// Longer references are cut to this many tokens.
    pub max_tokens: usize,
    /// Own rollouts; while empty, attempts are perturbed references.
    pub own: Arc<Vec<Attempt>>,
}

impl RowMaker {
    /// Text-only rows: a correction with a random part of the values shown (half of the time all), then the program.
    /// Values that the correction does not show cannot be known and weigh nothing.
    pub fn reading(&self, step: u64) -> Result<WarmRows> {
        let random = self.random.named("reading").at(step);
        let mut rows = WarmRows::default();
        for row in 0..self.config.reading_batch as u64 {
            self.reading_row(&mut random.at(row), &mut rows)?;
        }
        Ok(rows)
    }

    fn reading_row(&self, random: &mut Random, rows: &mut WarmRows) -> Result<()> {
        let task = self.draw(random)?;
        let program = &self.within_limit(&self.program(&task)?)?;
        let values = self.domain.values(program);
        let share = if random.chance(0.5) { 1.0 } else { random.uniform() };
        let hidden: Vec<Span> = values.iter().copied().filter(|_| random.uniform() >= share).collect();
        let mut parts: Vec<Part> =
            task.prompt.parts.iter().filter(|part| matches!(part, Part::Text(_))).cloned().collect();
        parts.push(Part::Text(elided(program, &hidden, |_| false)));
        let row = self.row(&Prompt { parts }, program)?;
        let spans = self.policy.tokenizer().decode(&row.response).spans;
        let known =
            |token: &Span| !hidden.iter().any(|value| value.contains(token.start) && !token.is_empty());
        rows.weights.extend(spans.iter().map(|token| f32::from(u8::from(known(token)))));
        rows.rows.push(row);
        Ok(())
    }

    /// Plain rows first, then context rows; both kinds weigh the same in sum.
    pub fn mixed(&self, step: u64) -> Result<WarmRows> {
        let random = self.random.named("warm-start").at(step);
        let context = (self.config.batch as f64 * self.config.context_fraction).round() as usize;
        let plain = self.config.batch - context.min(self.config.batch);
        let mut rows = WarmRows::default();
        for row in 0..plain {
            let task = self.draw(&mut random.named("plain").at(row as u64))?;
            rows.push(self.row(&task.prompt, &self.program(&task)?)?, 1.0);
        }
        let weight = if context > 0 && plain > 0 { plain as f32 / context as f32 } else { 1.0 };
        for attempt in self.attempts(&random, context)? {
            let prompt = privileged_prompt(
                &*self.domain,
                &attempt.task,
                &attempt.assessment,
                &self.teacher,
                self.wording,
            );
            rows.push(self.row(&prompt, &self.program(&attempt.task)?)?, weight);
        }
        Ok(rows)
    }

    fn attempts(&self, random: &Random, count: usize) -> Result<Vec<Attempt>> {
        let mut attempts = Vec::with_capacity(count);
        let mut jobs = Vec::new();
        for row in 0..count as u64 {
            let mut random = random.at(row);
            if !self.own.is_empty() && random.chance(0.5) {
                let own = random.pick(&self.own);
                attempts.push(Attempt { task: own.task.clone(), assessment: own.assessment.clone() });
            } else {
                let task = self.draw(&mut random)?;
                let program = self.worsened(&task, &mut random)?;
                jobs.push((task, program));
            }
        }
        let tasks: Vec<Arc<Task>> = jobs.iter().map(|(task, _)| task.clone()).collect();
        for (task, verdict) in tasks.into_iter().zip(self.assessor.assess_all(jobs)) {
            attempts.push(Attempt { task, assessment: verdict? });
        }
        Ok(attempts)
    }

    fn worsened(&self, task: &Task, random: &mut Random) -> Result<String> {
        let program = self.program(task)?;
        if random.chance(self.config.failed_fraction) {
            let cut = program.floor_char_boundary(1 + random.below(program.len().max(2) - 1));
            return Ok(program[..cut].to_owned());
        }
        let (least, most) = (self.config.perturb_min, self.config.perturb_max);
        let strength = least + random.below(most.saturating_sub(least) + 1);
        Ok(self.domain.perturb(&program, strength, random).map_or(program, |worse| worse.program))
    }

    fn draw(&self, random: &mut Random) -> Result<Arc<Task>> {
        Ok(self.train.get(random.below(self.train.len()))?)
    }

    fn program(&self, task: &Task) -> Result<String> {
        let program = self.domain.demonstration(task);
        program.with_context(|| format!("task {} has no program to learn from", task.id))
    }

    fn row(&self, prompt: &Prompt, program: &str) -> Result<Row> {
        let mut response = self.policy.encode_response(program)?;
        response.truncate(self.max_tokens);
        Ok(Row { prompt: Arc::new(self.policy.encode(prompt)?), response })
    }

    /// The beginning of a program that is longer than a response may be.
    fn within_limit(&self, program: &str) -> Result<String> {
        let mut tokens = self.policy.tokenizer().encode(program)?;
        if tokens.len() <= self.max_tokens {
            return Ok(program.to_owned());
        }
        tokens.truncate(self.max_tokens);
        Ok(self.policy.tokenizer().decode(&tokens).text)
    }
}
