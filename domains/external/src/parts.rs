//! The contract's parts, each a question to the other program.
//!
//! A run judges through [`galley_core::Domain::judge`], which can fail. Called one by one, as the laws and drawings do,
//! detectors, mapper and reward cannot: what they did not get is then said in the log and is *not* a number: a score
//! without axes whose reward is NaN, which nothing takes for a bad program.

use std::{sync::Arc, time::Duration};

use galley_core::{
    Axis, Defect, DefectDetector, DomainError, Fault, FaultKind, Judgement, RegionMapper, Render, Renderer,
    Reward, Score, Statement, Task,
};

use crate::{
    client::{Client, Exhibit},
    config::{HELP, NO_COMMAND},
    interned::interned,
    mapper,
    wire::{Kind, Said},
};

/// All parts; without a client where the recipe has no command.
#[derive(Clone, Debug)]
pub struct Parts {
    client: Option<Arc<Client>>,
}

impl Parts {
    pub fn new(client: Option<Arc<Client>>) -> Self {
        Self { client }
    }

    /// # Errors
    /// `Setup` where there is no command.
    pub fn client(&self) -> Result<&Arc<Client>, DomainError> {
        self.client.as_ref().ok_or_else(|| DomainError::setup(NO_COMMAND, HELP))
    }

    pub fn detectors(&self) -> Vec<Box<dyn DefectDetector>> {
        let kinds =
            self.client.as_ref().map(|client| client.hello().detectors.as_slice()).unwrap_or_default();
        kinds.iter().map(|kind| Box::new(Detector::new(self, kind)) as Box<dyn DefectDetector>).collect()
    }

    /// Everything that is said of one render.
    ///
    /// # Errors
    /// Those of the questions.
    pub fn judge(
        &self,
        task: &Task,
        response: Option<&str>,
        program: &str,
        render: &Render,
    ) -> Result<Judgement, DomainError> {
        if !render.ok() {
            return Ok(Judgement { score: self.failed()?, ..Judgement::default() });
        }
        let client = self.client()?;
        let exhibit = client.exhibit(task, render)?;
        let defects = if client.hello().has("detect") { client.detect(&exhibit)? } else { Vec::new() };
        let statements = self.statements(client, program, render, &exhibit)?;
        let score = scored(client.score(response, &exhibit)?);
        Ok(Judgement { defects, statements, score })
    }

    fn statements(
        &self,
        client: &Client,
        program: &str,
        render: &Render,
        exhibit: &Exhibit<'_>,
    ) -> Result<Vec<Statement>, DomainError> {
        if client.hello().has("map") {
            client.map(program, exhibit)
        } else {
            Ok(mapper::statements(program, render))
        }
    }

    /// The score of a program that failed: nobody has to be asked.
    fn failed(&self) -> Result<Score, DomainError> {
        let axes = self.client()?.hello().axes.iter();
        let zero = axes.map(|axis| Axis {
            name: axis.name.clone(),
            value: 0.0,
            satisfied: false,
            weight: axis.weight,
        });
        Ok(Score::of(false, zero.collect()))
    }

    fn score_of(&self, task: &Task, response: Option<&str>, render: &Render) -> Result<Score, DomainError> {
        if !render.ok() {
            return self.failed();
        }
        let client = self.client()?;
        Ok(scored(client.score(response, &client.exhibit(task, render)?)?))
    }
}

fn scored(said: Said) -> Score {
    let mut score = Score::of(true, said.axes);
    score.metrics = said.metrics;
    score
}

impl Renderer for Parts {
    fn version(&self) -> String {
        match &self.client {
            Some(client) => format!("{} {}", client.hello().name, client.hello().version),
            None => "none".into(),
        }
    }

    fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        if program.trim().is_empty() {
            return Ok(Render::failed(Fault::new(FaultKind::Blank, "the program is empty")));
        }
        self.client()?.render(program, deadline)
    }
}

impl RegionMapper for Parts {
    fn map(&self, program: &str, render: &Render) -> Vec<Statement> {
        if !render.ok() {
            return Vec::new();
        }
        let nobody = Task {
            id: String::new(),
            prompt: Default::default(),
            reference: None,
            labels: Default::default(),
        };
        let found = self
            .client()
            .and_then(|client| self.statements(client, program, render, &client.exhibit(&nobody, render)?));
        found.unwrap_or_else(|error| {
            tracing::error!("no statements: {error}");
            Vec::new()
        })
    }
}

impl Reward for Parts {
    fn score(&self, task: &Task, render: &Render) -> Score {
        self.score_of(task, None, render).unwrap_or_else(unknown)
    }

    fn score_response(&self, task: &Task, response: &str, render: &Render) -> Score {
        self.score_of(task, Some(response), render).unwrap_or_else(unknown)
    }
}

fn unknown(error: DomainError) -> Score {
    tracing::error!("no score: {error}");
    Score { reward: f64::NAN, executed: true, ..Score::default() }
}

/// One of the detectors of the greeting.
struct Detector {
    name: &'static str,
    explain: &'static str,
    parts: Parts,
}

impl Detector {
    fn new(parts: &Parts, kind: &Kind) -> Self {
        let name = interned(&format!("external/{}", kind.name));
        Self { name, explain: interned(&kind.explain), parts: parts.clone() }
    }
}

impl DefectDetector for Detector {
    fn name(&self) -> &'static str {
        self.name
    }

    fn explain(&self) -> &'static str {
        self.explain
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        let found = self.parts.client().and_then(|client| client.detect(&client.exhibit(task, render)?));
        let mut found = found.unwrap_or_else(|error| {
            tracing::error!("no defects of {}: {error}", self.name);
            Vec::new()
        });
        found.retain(|defect| defect.detector == self.name);
        found
    }
}
