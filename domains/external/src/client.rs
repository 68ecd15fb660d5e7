//! The questions, with what they hold and how their answers are read.

use std::{path::Path, time::Duration};

use galley_core::{Defect, DomainError, Edit, Random, Render, Span, Split, Statement, Task};
use galley_sandbox::Jail;
use serde_json::{Map, Value, json};

use crate::{
    config::ExternalConfig,
    error::Failure,
    media::{Held, Media},
    pool::Pool,
    wire::{self, Given, Hello, Said},
    worker::Start,
};

/// What a render gets, after its deadline, to report that the program was late.
const GRACE: Duration = Duration::from_millis(1500);

/// The other program, started and greeted.
#[derive(Debug)]
pub struct Client {
    pool: Pool,
    media: Media,
    timeout: Duration,
}

/// A task and a render as questions hold them; their pictures stay in the folder as long as this.
pub struct Exhibit<'a> {
    task: Value,
    render: Value,
    reference: &'a str,
    _pictures: Vec<Held<'a>>,
}

impl Client {
    /// # Errors
    /// `Setup` where the command does not introduce itself; `Harness` where there is no place for pictures.
    pub fn start(config: &ExternalConfig, seed: u64) -> Result<Self, DomainError> {
        let media = Media::new().map_err(|error| DomainError::harness("media folder", error))?;
        let start = Start {
            command: config.command.clone(),
            directory: config.directory.clone(),
            jail: config.jail()?.map(Jail::build).transpose().map_err(|error| {
                DomainError::setup(format!("[domain.external] sandbox: {error}"), "sandbox = \"best-effort\"")
            })?,
            timeout: config.timeout()?,
            greeting: greeting(config, seed, media.path()),
        };
        let timeout = start.timeout;
        let pool = Pool::new(start, config.workers).map_err(|failure| failure.setup())?;
        Ok(Self { pool, media, timeout })
    }

    pub fn hello(&self) -> &Hello {
        self.pool.hello()
    }

    pub fn command(&self) -> String {
        self.pool.command()
    }

    /// # Errors
    /// As for all questions: what a second copy of the program made of it, too.
    pub fn task(&self, split: Split, index: usize) -> Result<Given, DomainError> {
        let split = match split {
            Split::Train => "train",
            Split::HeldOut => "held-out",
        };
        let body = object(json!({ "split": split, "index": index }));
        let read = |answer: &wire::Field<'_>| wire::given(answer, &self.media);
        self.pool.ask("task", &body, self.timeout, &read).map_err(harness)
    }

    pub fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        let body = object(json!({ "program": program, "seconds": deadline.min(self.timeout).as_secs_f64() }));
        let read = |answer: &wire::Field<'_>| wire::render(answer, program, &self.media);
        self.pool.ask("render", &body, deadline.saturating_add(GRACE), &read).map_err(harness)
    }

    /// Puts the pictures of a task's target and of a render where the program sees them.
    pub fn exhibit<'a>(&'a self, task: &'a Task, render: &Render) -> Result<Exhibit<'a>, DomainError> {
        let mut pictures = Vec::new();
        let mut show = |render: &Render| {
            let image = render.image.as_deref().map(|image| self.media.put(image)).transpose();
            let held = image.map_err(|error| DomainError::harness("media folder", error))?;
            let said = wire::say_render(render, held.as_ref().map(|held| held.address.as_str()));
            pictures.extend(held);
            Ok::<Value, DomainError>(said)
        };
        let target = task.reference.as_ref().map(|reference| show(&reference.render)).transpose()?;
        let render = show(render)?;
        let reference = task.reference.as_ref().and_then(|reference| reference.program.as_deref());
        let reference = reference.unwrap_or_default();
        Ok(Exhibit { task: wire::say_task(task, target), render, reference, _pictures: pictures })
    }

    pub fn detect(&self, exhibit: &Exhibit<'_>) -> Result<Vec<Defect>, DomainError> {
        let body = object(json!({ "task": exhibit.task, "render": exhibit.render }));
        let read = |answer: &wire::Field<'_>| wire::defects(answer, self.hello(), exhibit.reference);
        self.pool.ask("detect", &body, self.timeout, &read).map_err(harness)
    }

    pub fn map(&self, program: &str, exhibit: &Exhibit<'_>) -> Result<Vec<Statement>, DomainError> {
        let body = object(json!({ "program": program, "render": exhibit.render }));
        let read = |answer: &wire::Field<'_>| wire::statements(answer, program);
        self.pool.ask("map", &body, self.timeout, &read).map_err(harness)
    }

    pub fn score(&self, response: Option<&str>, exhibit: &Exhibit<'_>) -> Result<Said, DomainError> {
        let body = json!({ "task": exhibit.task, "render": exhibit.render, "response": response });
        let read = |answer: &wire::Field<'_>| wire::score(answer, self.hello());
        self.pool.ask("score", &object(body), self.timeout, &read).map_err(harness)
    }

    pub fn values(&self, program: &str) -> Result<Vec<Span>, DomainError> {
        let body = object(json!({ "program": program }));
        let read = |answer: &wire::Field<'_>| wire::spans(answer, program);
        self.pool.ask("values", &body, self.timeout, &read).map_err(harness)
    }

    pub fn perturb(
        &self,
        program: &str,
        strength: usize,
        random: &mut Random,
    ) -> Result<Vec<Edit>, DomainError> {
        // Below 2^53, so that languages whose numbers are doubles read the seed exactly.
        let seed = random.next_u64() >> 11;
        let body = object(json!({ "program": program, "strength": strength, "seed": seed }));
        let read = |answer: &wire::Field<'_>| wire::edits(answer, program);
        self.pool.ask("perturb", &body, self.timeout, &read).map_err(harness)
    }
}

fn greeting(config: &ExternalConfig, seed: u64, media: &Path) -> Value {
    let options = if config.options.is_null() { json!({}) } else { config.options.clone() };
    json!({ "seed": seed, "media": media.to_string_lossy(), "options": options })
}

fn harness(failure: Failure) -> DomainError {
    failure.harness()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
