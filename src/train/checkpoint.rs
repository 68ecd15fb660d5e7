//! What a checkpoint holds, and how a session comes back from one.
//!
//! `policy/` (a folder in the official layout), `optimiser.safetensors`, `teacher/` when the teacher has weights of its own,
//! and `state.json`. Together with the recipe that is everything a step depends on.

use std::path::Path;

use anyhow::{Context, Result};

use super::session::{Session, State};
use crate::policy::Policy;

impl Session {
    /// Saves a checkpoint of the current step, unless that step has one.
    pub fn save(&mut self) -> Result<()> {
        if self.saved == Some(self.state.step) {
            return Ok(());
        }
        self.writer.heartbeat("checkpoint")?;
        self.writer.publish_checkpoint(self.state.step, |dir| self.write_checkpoint(dir))?;
        self.saved = Some(self.state.step);
        Ok(())
    }

    fn write_checkpoint(&self, dir: &Path) -> Result<()> {
        self.policy.save(&dir.join("policy"))?;
        self.optimiser.save(&dir.join("optimiser.safetensors"))?;
        if let Some(teacher) = &self.teacher {
            teacher.save(&dir.join("teacher"))?;
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
        let load = |name: &str| Policy::load(&dir.join(name), &self.policy.device()).with_context(|| name.to_owned());
        self.policy.copy_from(&load("policy")?)?;
        self.optimiser.load(&dir.join("optimiser.safetensors"))?;
        if dir.join("teacher").is_dir() {
            self.teacher = Some(load("teacher")?.snapshot()?);
        }
        self.saved = Some(state.step);
        self.state = state;
        Ok(())
    }
}
