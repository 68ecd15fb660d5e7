//! The external domain put together.

use std::sync::Arc;

use galley_core::{
    BuildContext, Check, DefectDetector, Domain, DomainEntry, DomainError, Judgement, Perturbed, Random,
    RegionMapper, Render, Renderer, Reward, Span, Split, Task, TaskSet,
};
use serde_json::Value;

use crate::{
    client::Client,
    config::{ExternalConfig, HELP},
    interned::interned,
    parts::Parts,
    perturb,
    response::find_program,
    tasks::Tasks,
};

/// How galley finds this domain.
pub const ENTRY: DomainEntry = DomainEntry {
    name: "external",
    summary: "tasks, pictures and judgement from a program in any language, over lines of JSON",
    defaults,
    build,
    detectors: Vec::new,
};

fn defaults() -> Value {
    serde_json::to_value(ExternalConfig::default()).unwrap_or(Value::Null)
}

fn build(settings: Value, context: &BuildContext) -> Result<Box<dyn Domain>, DomainError> {
    Ok(Box::new(ExternalDomain::new(&ExternalConfig::read(settings)?, context)?))
}

/// A program that speaks the wire.
pub struct ExternalDomain {
    parts: Parts,
    detectors: Vec<Box<dyn DefectDetector>>,
    primary_metric: &'static str,
    instruction: String,
}

impl ExternalDomain {
    /// Starts one copy of the command and greets it. Without a command nothing is started, and there are no tasks.
    ///
    /// # Errors
    /// `Setup` where the command does not introduce itself.
    pub fn new(config: &ExternalConfig, context: &BuildContext) -> Result<Self, DomainError> {
        let client = if config.command.is_empty() {
            None
        } else {
            Some(Arc::new(Client::start(config, context.seed)?))
        };
        let metric = client.as_ref().and_then(|client| client.hello().primary_metric.as_deref());
        let primary_metric = metric.map_or("reward", interned);
        let parts = Parts::new(client);
        let detectors = parts.detectors();
        Ok(Self { parts, detectors, primary_metric, instruction: config.instruction.clone() })
    }

    /// What the program said, where it answers this question; what went wrong is logged and counts as no answer.
    fn optional<T>(&self, part: &str, ask: impl FnOnce(&Client) -> Result<T, DomainError>) -> Option<T> {
        let client = self.parts.client().ok().filter(|client| client.hello().has(part))?;
        ask(client).inspect_err(|error| tracing::error!("no {part}: {error}")).ok()
    }
}

impl Domain for ExternalDomain {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError> {
        Ok(Arc::new(Tasks::new(self.parts.client()?.clone(), split, &self.instruction)))
    }

    fn renderer(&self) -> &dyn Renderer {
        &self.parts
    }

    fn detectors(&self) -> &[Box<dyn DefectDetector>] {
        &self.detectors
    }

    fn mapper(&self) -> &dyn RegionMapper {
        &self.parts
    }

    fn reward(&self) -> &dyn Reward {
        &self.parts
    }

    fn judge(
        &self,
        task: &Task,
        response: &str,
        program: &str,
        render: &Render,
    ) -> Result<Judgement, DomainError> {
        self.parts.judge(task, Some(response), program, render)
    }

    fn program(&self, response: &str) -> Option<Span> {
        let marks = self.parts.client().ok().and_then(|client| client.hello().marks.as_ref());
        find_program(response, marks)
    }

    fn values(&self, program: &str) -> Vec<Span> {
        self.optional("values", |client| client.values(program)).unwrap_or_default()
    }

    fn perturb(&self, program: &str, strength: usize, random: &mut Random) -> Option<Perturbed> {
        let own = self.parts.client().is_ok_and(|client| client.hello().has("perturb"));
        let edits = if own {
            self.optional("perturb", |client| client.perturb(program, strength, random))?
        } else {
            perturb::edits(program, &self.values(program), strength, random)
        };
        let mut worse = program.to_owned();
        for edit in edits.iter().rev() {
            worse.replace_range(edit.span.start..edit.span.end, &edit.replacement);
        }
        (worse != program).then_some(Perturbed { program: worse, edits })
    }

    fn primary_metric(&self) -> &'static str {
        self.primary_metric
    }

    fn doctor(&self) -> Vec<Check> {
        let check =
            |found: String, help: &str| Check { name: "command".into(), ok: true, found, help: help.into() };
        vec![match self.parts.client() {
            Ok(client) => {
                let hello = client.hello();
                let [train, held_out] = hello.tasks;
                let parts = hello.parts.join(", ");
                check(
                    format!(
                        "{} {}, {train}+{held_out} tasks: {parts} (`{}`)",
                        hello.name,
                        hello.version,
                        client.command()
                    ),
                    "",
                )
            }
            Err(_) => check("none set; with --recipe the one of a recipe is tried".into(), HELP),
        }]
    }
}
