//! matplotlib as it is, beside the recording run: what its pictures have to be.

use std::time::Duration;

use galley_core::{DomainError, Image};
use galley_sandbox::{Limits, Mechanisms, Outcome, Pool};
use serde_json::json;

use crate::{answer, environment::Environment};

const MODULES: [(&str, &str); 1] = [("galley_plain", include_str!("../python/plain.py"))];

/// Interpreters without any hook of ours in artists and renderer, confined like the others.
#[derive(Debug)]
pub struct Plain {
    pool: Pool,
}

impl Plain {
    /// # Errors
    /// `Setup` where there is no environment.
    pub fn new(workers: usize) -> Result<Self, DomainError> {
        let language = Environment::find()?.language(&MODULES, Limits::default());
        Ok(Self { pool: Pool::new(language, Mechanisms::available(), workers, 2000) })
    }

    /// The first figure that `program` shows or saves; `None` where it does neither.
    ///
    /// # Errors
    /// `Harness` where no interpreter can be started.
    pub fn draw(&self, program: &str, deadline: Duration) -> Result<Option<Image>, DomainError> {
        let ran = self.pool.run(&json!({ "source": program }), deadline);
        let (outcome, _) = ran.map_err(|error| DomainError::harness("python", error))?;
        let Outcome::Finished(bytes) = outcome else { return Ok(None) };
        Ok(picture(&bytes))
    }
}

fn picture(bytes: &[u8]) -> Option<Image> {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    answer::image([number(0)?, number(4)?], bytes.get(8..)?)
}
