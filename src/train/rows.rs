//! From judged rollouts to what the policy and the loss read.

use std::sync::Arc;

use anyhow::{Result, bail};
use galley_core::{Assessment, Prompt, Task};

use super::{judged::Judged, session::Session, update::Rows};
use crate::{
    objective::{Batch, Layout, Privilege},
    policy::Row,
    recipe::ContextOf,
    teacher::{privileged_prompt, reference_prompt},
};

/// The students' rows, and the teacher's where the objective has one.
pub fn rows(session: &Session, privilege: Privilege, judged: &[Judged]) -> Result<Rows> {
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
