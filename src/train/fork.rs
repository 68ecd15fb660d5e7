//! Beginning a run where another one stood.

use std::path::Path;

use anyhow::{Context, Result};

use super::{
    session::{Session, Stage},
    teacher::take_teacher,
};
use crate::store::{Parent, RunReader, StoreError, UsableCheckpoint};

/// The checkpoint that a fork begins from, with the name by which the new run remembers it.
#[derive(Clone, Debug)]
pub struct Origin {
    pub parent: Parent,
    checkpoint: UsableCheckpoint,
}

impl Origin {
    /// The checkpoint of `step` of the run in `dir`, or its newest usable one.
    ///
    /// # Errors
    /// A run without such a checkpoint; the message lists those it has.
    pub fn find(dir: &Path, step: Option<u64>) -> Result<Self, StoreError> {
        let reader = RunReader::open(dir)?;
        let checkpoint = match step {
            Some(step) => reader.checkpoint_at(step)?,
            None => reader.latest_checkpoint().checkpoint.ok_or_else(|| {
                StoreError::NotFound(format!(
                    "run {} has no usable checkpoint to begin from",
                    reader.start().run
                ))
            })?,
        };
        let parent = Parent { run: reader.start().run.clone(), step: checkpoint.step };
        Ok(Self { parent, checkpoint })
    }

    /// Puts a new session where the checkpoint was taken and saves it there, so that the fork no longer needs its parent.
    ///
    /// A checkpoint taken within the objective goes on with its optimiser, teacher and step; one of a finished run begins
    /// the objective anew from its weights. A teacher of another kind than the parent's is taken from these weights.
    pub(super) fn enter(&self, session: &mut Session) -> Result<()> {
        let path = &self.checkpoint.path;
        session.restore(path).with_context(|| format!("checkpoint {}", path.display()))?;
        session.saved = None;
        if session.state.stage == Stage::Done {
            session.enter(Stage::Objective)?;
        }
        let inherits =
            session.state.stage_step > 0 && session.teacher.is_own() == session.config.teacher.kind.is_own();
        if session.state.stage == Stage::Objective && !inherits {
            take_teacher(session)?;
        }
        session.save()
    }
}
