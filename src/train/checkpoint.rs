//! What a checkpoint holds, and how a session comes back from one.
//!
//! `policy/` (a folder in the official layout; with adapters, PEFT's `adapter/` in it instead), `optimiser.safetensors`,
//! `teacher/` likewise when the teacher has weights of its own, `behaviour/` likewise when the coming step's rollouts are
//! drawn from older weights (they are drawn again), and `state.json`. Together with the recipe that is everything a step
//! depends on.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};

use super::{
    ahead::Ahead,
    session::{Session, State},
};
use crate::{
    policy::{DType, Lora, Policy},
    recipe::TeacherKind,
    teacher::Teacher,
};

impl Session {
    /// Saves a checkpoint of the current step, unless that step has one.
    ///
    /// # Errors
    /// When it cannot be written; the earlier ones stay as they are, and the error says which is the newest.
    pub fn save(&mut self) -> Result<()> {
        if self.saved == Some(self.state.step) {
            return Ok(());
        }
        self.writer.heartbeat("checkpoint")?;
        let published = self.writer.publish_checkpoint(self.state.step, |dir| self.write_checkpoint(dir));
        published.with_context(|| match self.saved {
            Some(step) => format!("the checkpoint of step {step} is untouched"),
            None => "there is no earlier checkpoint to go on from".to_owned(),
        })?;
        self.saved = Some(self.state.step);
        Ok(())
    }

    fn write_checkpoint(&self, dir: &Path) -> Result<()> {
        write_weights(&self.policy, &dir.join("policy"))?;
        self.optimiser.save(&dir.join("optimiser.safetensors"))?;
        if let Teacher::Own(teacher) = &self.teacher {
            write_weights(teacher, &dir.join("teacher"))?;
        }
        if let Some(ahead) = &self.ahead {
            write_weights(&ahead.behaviour, &dir.join("behaviour"))?;
        }
        std::fs::write(dir.join("state.json"), serde_json::to_vec_pretty(&self.state)?)?;
        Ok(())
    }

    /// Puts the session where the checkpoint was taken.
    ///
    /// # Errors
    /// A missing or damaged file, named.
    pub fn restore(&mut self, dir: &Path) -> Result<()> {
        let state = std::fs::read(dir.join("state.json")).context("checkpoint without state.json")?;
        let state: State = serde_json::from_slice(&state).context("state.json of the checkpoint")?;
        read_weights(&self.policy, &dir.join("policy"))?;
        self.optimiser.load(&dir.join("optimiser.safetensors"))?;
        self.teacher = if dir.join("teacher").is_dir() {
            Teacher::Own(Box::new(self.policy_in(&dir.join("teacher"))?))
        } else if self.config.teacher.kind == TeacherKind::Base {
            Teacher::Base
        } else {
            Teacher::Live
        };
        let behaviour = dir.join("behaviour");
        let stale = behaviour.is_dir() && self.config.train.async_level > 0;
        let behaviour = stale.then(|| self.policy_in(&behaviour)).transpose()?;
        self.ahead = behaviour.map(|policy| Ahead { behaviour: Arc::new(policy), drawn: None });
        self.saved = Some(state.step);
        self.state = state;
        Ok(())
    }

    /// A policy like this session's with other weights.
    fn policy_in(&self, dir: &Path) -> Result<Policy> {
        let policy = self.policy.snapshot()?;
        read_weights(&policy, dir)?;
        Ok(policy)
    }
}

fn write_weights(policy: &Policy, dir: &Path) -> Result<()> {
    match policy.lora() {
        Some(lora) => lora.save(&dir.join("adapter"))?,
        None => policy.save(dir)?,
    }
    Ok(())
}

fn read_weights(policy: &Policy, dir: &Path) -> Result<()> {
    let device = policy.device();
    let precision = policy.params().tensors().next().map_or(DType::F32, |(_, tensor)| tensor.dtype());
    match policy.lora() {
        Some(lora) => {
            let dtype = lora.vars().first().map_or(DType::F32, |(_, var)| var.dtype());
            let saved = Lora::load(&dir.join("adapter"), policy.params(), dtype, &device);
            lora.lerp_from(&saved.with_context(|| dir.display().to_string())?, 1.0)?;
        }
        None => {
            let saved = Policy::load_as(dir, &device, precision);
            policy.copy_from(&saved.with_context(|| dir.display().to_string())?)?;
        }
    }
    Ok(())
}
