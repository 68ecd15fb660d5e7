//! The office processes: LibreOffice, warm and confined, that draw one deck after the other.
//!
//! A deck is data that nobody vouches for. Each process reads the system's libraries, its fonts and a folder of its own;
//! it has no network, starts no program, runs no macro, and its memory and time are limited. One that dies or does not
//! answer is replaced and its deck drawn once more; a deck that brings down two is at fault itself. Processes are also
//! replaced after a number of decks, and when they have grown.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use galley_core::{DomainError, Fault, FaultKind, Render};
use galley_kit::python::Lines;
use galley_sandbox::{Limits, Mechanisms, Outcome, Pool, PoolError};
use serde_json::{Value, json};

use crate::{RendererOptions, answer, environment::Environment};

/// The most bytes that a deck unpacks to.
const UNPACKED: u64 = 256 << 20;

/// Lent to any number of threads.
#[derive(Debug)]
pub struct Office {
    pool: Pool,
    width: u32,
    first: bool,
    slides: usize,
}

impl Office {
    /// Starts nothing yet.
    pub fn new(environment: &Environment, mechanisms: Mechanisms, options: &RendererOptions) -> Self {
        let limits = Limits { file: 64 << 20, ..options.limits };
        let pool = Pool::new(environment.office(limits), mechanisms, options.workers, options.decks);
        Self { pool, width: options.width, first: options.first, slides: options.slides }
    }

    /// What the processes are made of; starts one if there is none.
    ///
    /// # Errors
    /// Where none can be started.
    pub fn about(&self) -> Result<Value, PoolError> {
        self.pool.about()
    }

    /// Process ids of the idle ones, for tests and measurements.
    pub fn workers(&self) -> Vec<u32> {
        self.pool.workers()
    }

    /// What the office answers to a deck ([`answer::drawn`] reads it), or the deck's fault, and the CPU seconds it took.
    ///
    /// # Errors
    /// `Harness` where no process can be started.
    pub fn draw(&self, deck: &[u8], budget: Duration) -> Result<(Result<Vec<u8>, Fault>, f64), DomainError> {
        let job = json!({
            "deck": BASE64_STANDARD.encode(deck),
            "width": self.width,
            "first": self.first,
            "most": self.slides,
            "unpacked": UNPACKED,
        });
        let (outcome, cpu) =
            self.pool.run(&job, budget).map_err(|error| DomainError::harness("libreoffice", error))?;
        Ok((finished(outcome, budget), cpu))
    }

    /// The render of a deck that no program of ours made.
    ///
    /// # Errors
    /// As [`Office::draw`].
    pub fn render(&self, deck: &[u8], budget: Duration) -> Result<Render, DomainError> {
        Ok(match self.draw(deck, budget)?.0 {
            Ok(bytes) => answer::drawn(&Lines::new(""), &[], &bytes),
            Err(fault) => Render::failed(fault),
        })
    }
}

fn finished(outcome: Outcome, budget: Duration) -> Result<Vec<u8>, Fault> {
    let (kind, message) = match outcome {
        Outcome::Finished(bytes) => return Ok(bytes),
        Outcome::Late => {
            (FaultKind::Limit, format!("drawing the deck takes longer than {} ms", budget.as_millis()))
        }
        Outcome::Flood => (FaultKind::Limit, "the deck has too many pixels".into()),
        Outcome::Died { .. } => (FaultKind::Runtime, "the deck brings down LibreOffice".into()),
    };
    Err(Fault::new(kind, message))
}
