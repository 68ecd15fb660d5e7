//! One running copy of the program, after its handshake.

use std::{process::Command, time::Duration};

use galley_sandbox::{Deadline, Jail, LineChild};
use serde_json::{Map, Value, json};

use crate::{
    error::{Failure, WorkerError},
    wire::{Field, Hello, VERSION, WrongField},
};

/// The longest line, in bytes, either way.
pub const MOST_LINE: usize = 8 << 20;

/// Characters of a command that errors show.
const NAMED: usize = 120;

/// How copies are started and greeted.
#[derive(Clone, Debug)]
pub struct Start {
    pub command: Vec<String>,
    /// Empty: ours.
    pub directory: String,
    pub jail: Option<Jail>,
    pub timeout: Duration,
    /// What the greeting holds besides the version.
    pub greeting: Value,
}

impl Start {
    /// The command on one line, for people.
    pub fn name(&self) -> String {
        let line = self.command.join(" ").replace(char::is_whitespace, " ");
        let short: String = line.chars().take(NAMED).collect();
        if short.len() < line.len() { short + "…" } else { short }
    }

    fn failure(&self, ask: &str, cause: WorkerError, log: String) -> Failure {
        Failure { command: self.name(), ask: ask.into(), cause, log }
    }
}

/// A copy that has introduced itself.
#[derive(Debug)]
pub struct Worker {
    child: LineChild,
    start: Start,
    asked: u64,
}

impl Worker {
    /// Starts a copy and greets it.
    ///
    /// # Errors
    /// Whatever it does but introduce itself in time.
    pub fn start(start: &Start) -> Result<(Self, Hello), Failure> {
        let child = launch(start).map_err(|error| start.failure("hello", error, String::new()))?;
        let mut worker = Self { child, start: start.clone(), asked: 0 };
        let hello = worker.greet().map_err(|error| worker.failure("hello", error))?;
        Ok((worker, hello))
    }

    /// Asks and reads the answer with `read`.
    ///
    /// # Errors
    /// After any but [`WorkerError::Reported`] the copy is of no use.
    pub fn ask<T>(
        &mut self,
        ask: &str,
        body: &Map<String, Value>,
        budget: Duration,
        read: &dyn Fn(&Field<'_>) -> Result<T, WrongField>,
    ) -> Result<T, Failure> {
        self.try_ask(ask, body, budget, read).map_err(|error| self.failure(ask, error))
    }

    fn failure(&self, ask: &str, cause: WorkerError) -> Failure {
        self.start.failure(ask, cause, self.child.said())
    }

    fn greet(&mut self) -> Result<Hello, WorkerError> {
        let request = json!({ "galley": VERSION, "hello": self.start.greeting });
        let line = self.exchange(&request, self.start.timeout)?;
        let value = parse(&line)?;
        let answer = Field::root("", &value);
        let theirs = answer.get("galley").map_err(|error| WorkerError::wrong_field(&error, &line))?;
        if theirs.value().as_u64() != Some(VERSION) {
            return Err(WorkerError::Version { theirs: theirs.value().to_string(), ours: VERSION });
        }
        let hello = answer.get("hello").and_then(|field| Hello::read(&field));
        hello.map_err(|error| WorkerError::wrong_field(&error, &line))
    }

    fn try_ask<T>(
        &mut self,
        ask: &str,
        body: &Map<String, Value>,
        budget: Duration,
        read: &dyn Fn(&Field<'_>) -> Result<T, WrongField>,
    ) -> Result<T, WorkerError> {
        self.asked += 1;
        let mut request = Map::from_iter([("id".into(), self.asked.into()), ("ask".into(), ask.into())]);
        request.extend(body.clone());
        let line = self.exchange(&Value::Object(request), budget.min(self.start.timeout))?;
        let value = parse(&line)?;
        let answer = Field::root("", &value);
        let fits = |error: WrongField| WorkerError::wrong_field(&error, &line);
        let id = answer.get("id").map_err(fits)?;
        if id.value().as_u64() != Some(self.asked) {
            return Err(WorkerError::nonsense(
                format!("`id`: it answers {}, and was asked {}", id.value(), self.asked),
                &line,
            ));
        }
        if let Some(error) = answer.maybe("error") {
            return Err(WorkerError::Reported(error.text().map_err(fits)?.to_owned()));
        }
        answer.get("answer").and_then(|answer| read(&answer)).map_err(fits)
    }

    fn exchange(&mut self, request: &Value, budget: Duration) -> Result<Vec<u8>, WorkerError> {
        Ok(self.child.exchange(&request.to_string(), Deadline::after(budget))?)
    }
}

fn launch(start: &Start) -> Result<LineChild, WorkerError> {
    let [program, arguments @ ..] = start.command.as_slice() else {
        return Err(std::io::Error::other(crate::config::NO_COMMAND).into());
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if !start.directory.is_empty() {
        command.current_dir(&start.directory);
    }
    // What makes a Python program answer at once, in UTF-8, and the same in every copy.
    command.env("PYTHONUNBUFFERED", "1").env("PYTHONUTF8", "1").env("PYTHONHASHSEED", "0");
    if let Some(jail) = start.jail {
        jail.lock(&mut command);
    }
    Ok(LineChild::start(command, MOST_LINE)?)
}

fn parse(line: &[u8]) -> Result<Value, WorkerError> {
    serde_json::from_slice(line).map_err(|error| {
        WorkerError::nonsense(format!("what it wrote on standard output is no JSON ({error})"), line)
    })
}
