//! The renderer of the charts domain: a Python program in, picture and elements out.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::Duration,
};

use galley_core::{DomainError, Fault, FaultKind, Render, Renderer};
use galley_kit::{
    Cache, Key,
    python::{confined_enough, died},
};
use galley_sandbox::{Limits, Mechanisms, Outcome, Pool, Strictness};
use parking_lot::Mutex;
use serde_json::json;

use crate::{
    answer,
    environment::{Environment, MODULES, revision},
    records::Records,
};

/// How charts are rendered.
#[derive(Clone, Debug)]
pub struct RendererOptions {
    /// Dots per inch that take the place of the program's own; `None` keeps them.
    pub dpi: Option<f64>,
    /// The most pixels of a picture.
    pub pixels: u64,
    /// Interpreters that render side by side.
    pub workers: usize,
    /// Renders after which an interpreter is replaced.
    pub recycle: u64,
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
            dpi: None,
            pixels: 16 << 20,
            workers: 2,
            recycle: 2000,
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
    /// Of a program that ran to its end, blank or not: what ChartMimic's evaluators would log.
    pub records: Option<Records>,
    /// CPU seconds of the child.
    pub cpu: f64,
}

/// Runs programs in jailed children of warm interpreters. Cheap to call from many threads.
#[derive(Debug)]
pub struct ChartRenderer {
    pool: Pool,
    dpi: Option<f64>,
    pixels: u64,
    version: String,
    cache: Mutex<Cache>,
}

impl ChartRenderer {
    /// Starts one interpreter, to know its versions.
    ///
    /// # Errors
    /// `Setup` where there is no environment, where it does not start, or where the jail has holes and must not.
    pub fn start(options: RendererOptions) -> Result<Self, DomainError> {
        let mechanisms = options.mechanisms.and(Mechanisms::available());
        confined_enough(mechanisms, options.strictness)?;
        let language = Environment::find()?.language(&MODULES, options.limits);
        let pool = Pool::new(language, mechanisms, options.workers, options.recycle);
        let about = pool.about().map_err(|error| DomainError::setup(error, crate::environment::HELP))?;
        let dpi = options.dpi.map(|dpi| format!(" {dpi} dpi")).unwrap_or_default();
        let part = |name: &str| about[name].as_str().unwrap_or("?").to_owned();
        let version = format!(
            "python {} matplotlib {} numpy {} fonts {}{dpi} r{}",
            part("python"),
            part("matplotlib"),
            part("numpy"),
            about["fonts"],
            revision()
        );
        tracing::info!(sandbox = %mechanisms, "{version}");
        let cache = Mutex::new(Cache::new(options.cache));
        Ok(Self { pool, dpi: options.dpi, pixels: options.pixels, version, cache })
    }

    /// The interpreters behind it, for measurements and tests.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Runs a program, whatever is in memory.
    ///
    /// # Errors
    /// `Harness` where no interpreter can be started.
    pub fn run(&self, program: &str, deadline: Duration) -> Result<Run, DomainError> {
        let nonce = RandomState::new().build_hasher().finish() >> 12;
        let job = json!({ "source": program, "nonce": nonce, "dpi": self.dpi, "pixels": self.pixels });
        let fault = |error| DomainError::harness("python", error);
        let (outcome, cpu) = self.pool.run(&job, deadline).map_err(fault)?;
        let (render, records) = develop(program, outcome, nonce, deadline);
        Ok(Run { render, records, cpu })
    }
}

impl Renderer for ChartRenderer {
    fn version(&self) -> String {
        format!("{} sandbox {}", self.version, self.pool.mechanisms())
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

fn develop(program: &str, outcome: Outcome, nonce: u64, deadline: Duration) -> (Render, Option<Records>) {
    match died(outcome, deadline) {
        Ok(bytes) => answer::read(program, &bytes, nonce),
        Err(fault) => (Render::failed(fault), None),
    }
}
