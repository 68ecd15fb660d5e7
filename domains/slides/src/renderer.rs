//! The renderer of the slides domain: a Python program in, pictures of its deck and the scene on them out.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::{Duration, Instant},
};

use galley_core::{DomainError, Fault, FaultKind, Render, Renderer};
use galley_kit::{
    Cache, Key,
    python::{Lines, confined_enough, died},
};
use galley_sandbox::{Limits, Mechanisms, Pool, Strictness};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::{
    answer,
    environment::{Environment, HELP, OFFICE_HELP, revision},
    office::Office,
};

/// How decks are rendered.
#[derive(Clone, Debug)]
pub struct RendererOptions {
    /// Pixels of a slide's width; its height follows from the deck.
    pub width: u32,
    /// Only the first slide that is shown.
    pub first: bool,
    /// The most slides of a deck.
    pub slides: usize,
    /// Interpreters, and office processes, that work side by side.
    pub workers: usize,
    /// Programs after which an interpreter is replaced.
    pub recycle: u64,
    /// Decks after which an office process is replaced; it is also replaced when it has grown.
    pub decks: u64,
    /// Bytes of pictures to keep in memory; 0 keeps none.
    pub cache: usize,
    pub limits: Limits,
    pub strictness: Strictness,
    /// The mechanisms that may be used; fewer than all to try what a poorer machine does.
    pub mechanisms: Mechanisms,
}

impl Default for RendererOptions {
    fn default() -> Self {
        Self {
            width: 960,
            first: false,
            slides: 32,
            workers: 2,
            recycle: 2000,
            decks: 500,
            cache: 256 << 20,
            limits: Limits::default(),
            strictness: Strictness::BestEffort,
            mechanisms: Mechanisms::ALL,
        }
    }
}

/// What came of one program.
#[derive(Clone, Debug)]
pub struct Run {
    pub render: Render,
    /// CPU seconds of the program.
    pub program_cpu: f64,
    /// CPU seconds of drawing its deck.
    pub office_cpu: f64,
    /// The deck that it saved; empty without one.
    pub deck: Vec<u8>,
}

/// Runs programs in jailed children of warm interpreters, and draws their decks. Cheap to call from many threads.
#[derive(Debug)]
pub struct SlideRenderer {
    programs: Pool,
    office: Office,
    version: String,
    cache: Mutex<Cache>,
}

impl SlideRenderer {
    /// Starts one interpreter and one office process, to know their versions.
    ///
    /// # Errors
    /// `Setup` where one is missing or does not start, or where the jail has holes and must not.
    pub fn start(options: RendererOptions) -> Result<Self, DomainError> {
        let mechanisms = options.mechanisms.and(Mechanisms::available());
        confined_enough(mechanisms, options.strictness)?;
        let environment = Environment::find()?;
        let programs =
            Pool::new(environment.programs(options.limits), mechanisms, options.workers, options.recycle);
        let office = Office::new(&environment, mechanisms, &options);
        let python = programs.about().map_err(|error| DomainError::setup(error, HELP))?;
        let drawing = office.about().map_err(|error| DomainError::setup(error, OFFICE_HELP))?;
        let part = |about: &Value, name: &str| about[name].as_str().unwrap_or("?").to_owned();
        let version = format!(
            "python {} python-pptx {} libreoffice {} pdfium {} fonts {} {}px{} r{}",
            part(&python, "python"),
            part(&python, "python-pptx"),
            part(&drawing, "office"),
            part(&drawing, "pdfium"),
            part(&drawing, "fonts"),
            options.width,
            if options.first { " first" } else { "" },
            revision()
        );
        tracing::info!(sandbox = %mechanisms, "{version}");
        Ok(Self { programs, office, version, cache: Mutex::new(Cache::new(options.cache)) })
    }

    /// The interpreters behind it, for measurements and tests.
    pub fn programs(&self) -> &Pool {
        &self.programs
    }

    /// The office processes behind it.
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// Runs a program and draws its deck, whatever is in memory.
    ///
    /// # Errors
    /// `Harness` where no worker can be started.
    pub fn run(&self, program: &str, deadline: Duration) -> Result<Run, DomainError> {
        let start = Instant::now();
        let lines = Lines::new(program);
        let nonce = RandomState::new().build_hasher().finish() >> 12;
        let job = json!({ "source": program, "nonce": nonce });
        let fault = |error| DomainError::harness("python", error);
        let (outcome, program_cpu) = self.programs.run(&job, deadline).map_err(fault)?;
        let saved = died(outcome, deadline).and_then(|bytes| answer::saved(&lines, &bytes, nonce));
        let saved = match saved {
            Ok(saved) => saved,
            Err(fault) => {
                let render = Render::failed(fault);
                return Ok(Run { render, program_cpu, office_cpu: 0.0, deck: Vec::new() });
            }
        };
        // A program that uses all of its time does not take it from the office.
        let left = deadline.saturating_sub(start.elapsed()).max(deadline / 2);
        let (bytes, office_cpu) = self.office.draw(&saved.deck, left)?;
        let render = match bytes {
            Ok(bytes) => answer::drawn(&lines, &saved.places, &bytes),
            Err(fault) => Render::failed(fault),
        };
        Ok(Run { render, program_cpu, office_cpu, deck: saved.deck })
    }
}

impl Renderer for SlideRenderer {
    fn version(&self) -> String {
        format!("{} sandbox {}", self.version, self.programs.mechanisms())
    }

    fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        let key: Key = blake3::hash(program.as_bytes()).into();
        if let Some(known) = self.cache.lock().get(&key) {
            return Ok(Render::clone(&known));
        }
        if program.trim().is_empty() {
            return Ok(Render::failed(Fault::new(FaultKind::Blank, "the program is empty")));
        }
        let render = self.run(program, deadline)?.render;
        // Limits depend on the moment; everything else is a function of the program.
        if render.faults.iter().all(|fault| fault.kind != FaultKind::Limit) {
            self.cache.lock().put(key, Arc::new(render.clone()));
        }
        Ok(render)
    }
}
