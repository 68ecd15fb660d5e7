//! A step of supervised fine-tuning.

use std::sync::Arc;

use anyhow::{Result, bail};
use galley_core::Task;

use super::{
    build,
    session::Session,
    update::{Rows, Settings, update},
};
use crate::{
    objective::{Batch, Layout, Objective},
    policy::Row,
    store::Numbers,
};

/// A step of supervised fine-tuning on the tasks' references.
pub fn supervised(session: &mut Session, objective: &dyn Objective, tasks: &[Arc<Task>]) -> Result<Numbers> {
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
        shown: 0,
        bias: None,
    };
    let report = update(&session.policy, &mut session.optimiser, &batch, &rows, &settings)?;
    session.state.stage_step += 1;
    session.state.step += 1;
    session.state.tokens += batch.tokens.len() as u64;
    let numbers = [("loss", report.loss), ("grad-norm", report.grad_norm), ("lr", settings.lr)];
    Ok(numbers.map(|(name, value)| (name.to_owned(), value)).into())
}
