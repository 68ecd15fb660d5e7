//! From judged rollouts to what the policy and the loss read.

use std::sync::Arc;

use anyhow::{Result, bail};
use galley_core::{Assessment, Prompt, Task};
use rayon::prelude::*;

use super::{judged::Judged, session::Session, update::Rows};
use crate::{
    objective::{Batch, Layout, Privilege},
    policy::{Encoded, Row},
    recipe::ContextOf,
    teacher::{privileged_prompt, reference_prompt},
};

/// The students' rows, and the teacher's where the objective has one; prompts are encoded side by side.
pub fn rows(session: &Session, privilege: Privilege, judged: &[Judged]) -> Result<Rows> {
    let student = judged.iter().map(|one| {
        let (prompt, response) = (one.rollout.prompt.clone(), one.rollout.sampled.tokens.clone());
        Row { prompt, response }
    });
    let teacher = (0..judged.len()).into_par_iter().map(|at| teacher_prompt(session, privilege, judged, at));
    let teacher: Vec<Option<Arc<Encoded>>> = teacher.collect::<Result<_>>()?;
    let row = |(prompt, one): (Option<Arc<Encoded>>, &Judged)| {
        Some(Row { prompt: prompt?, response: one.rollout.sampled.tokens.clone() })
    };
    Ok(Rows {
        student: student.collect(),
        teacher: teacher.into_iter().zip(judged).filter_map(row).collect(),
    })
}

/// What the teacher reads before the response of rollout `at`; `None` where there is no teacher.
fn teacher_prompt(
    session: &Session,
    privilege: Privilege,
    judged: &[Judged],
    at: usize,
) -> Result<Option<Arc<Encoded>>> {
    let rollout = &judged[at].rollout;
    let task = &rollout.task;
    let prompt = match (privilege, &rollout.assessment) {
        (Privilege::Feedback, Some(own)) => match session.config.teacher.context {
            ContextOf::Own => privileged(session, task, task, own),
            ContextOf::Nothing => return Ok(Some(rollout.prompt.clone())),
            ContextOf::Another => {
                let other = &judged[(at + 1) % judged.len()].rollout;
                privileged(session, task, &other.task, other.assessment.as_ref().unwrap_or(own))
            }
        },
        (Privilege::Reference, _) => match session.domain.reference_program(task) {
            Some(program) => reference_prompt(task, program, session.wording),
            None => bail!("objective `opsd` needs reference programs; task {} has none", task.id),
        },
        _ => return Ok(None),
    };
    Ok(Some(Arc::new(session.policy.encode(&prompt)?)))
}

/// The prompt of `task` with the context that an attempt at `of` would get.
fn privileged(session: &Session, task: &Task, of: &Task, assessment: &Assessment) -> Prompt {
    let prompt =
        privileged_prompt(&*session.domain, of, assessment, &session.config.teacher, session.wording);
    let own = prompt.parts.into_iter().skip(of.prompt.parts.len());
    Prompt { parts: task.prompt.parts.iter().cloned().chain(own).collect() }
}

pub fn batch(session: &Session, judged: &[Judged]) -> Batch {
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
