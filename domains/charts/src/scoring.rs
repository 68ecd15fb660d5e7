//! One chart against another, in both modes: what `galley score charts` says.

use std::{collections::BTreeMap, time::Duration};

use galley_core::{DomainError, Fault, Judge, Prompt, Reference, Reward, Task};
use serde::Serialize;

use crate::{
    ChartRenderer, Run,
    benchmark::{checked, direct},
    judge::{Judged, judged},
    metrics::{LowLevel, official},
    reward::{ChartReward, PRIMARY_METRIC},
};

/// One pair by the axes of the reward.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sound {
    /// What training would pay.
    pub reward: f64,
    /// Mean of the axis values without the picture's.
    pub mean: f64,
    /// Continuous values by name, 1 is perfect.
    pub axes: BTreeMap<String, f64>,
    /// What is wrong with the prediction.
    pub faults: Vec<Fault>,
}

/// One pair as ChartMimic's evaluators judge it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Official {
    /// Whether the prediction counts in the execution rate. One that does not counts 0 in the published averages,
    /// whatever its scores are.
    pub executes: bool,
    pub scores: LowLevel,
    /// Mean of the four F1 scores.
    pub average: f64,
}

/// Judges pairs of programs. The interpreter starts when it is made.
#[derive(Debug)]
pub struct Scorer {
    renderer: ChartRenderer,
    patience: Duration,
}

impl Scorer {
    /// `patience`: for one program.
    pub fn new(renderer: ChartRenderer, patience: Duration) -> Self {
        Self { renderer, patience }
    }

    /// The reward's axes, with the defaults of the domain.
    ///
    /// # Errors
    /// Faults of the harness, and a reference that shows nothing.
    pub fn sound(&self, prediction: &str, reference: &str) -> Result<Sound, DomainError> {
        let wanted = self.renderer.run(reference, self.patience)?.render;
        if !wanted.ok() {
            return Err(no_reference(wanted.faults.first()));
        }
        let task = Task {
            id: "score".into(),
            prompt: Prompt::default(),
            reference: Some(Reference {
                program: Some(reference.into()),
                render: std::sync::Arc::new(wanted),
            }),
            labels: BTreeMap::default(),
        };
        let seen = self.renderer.run(prediction, self.patience)?.render;
        let score = ChartReward::default().score(&task, &seen);
        Ok(Sound {
            reward: score.reward,
            mean: score.metrics.get(PRIMARY_METRIC).copied().unwrap_or_default(),
            axes: score.axes.iter().map(|axis| (axis.name.clone(), axis.value)).collect(),
            faults: seen.faults,
        })
    }

    /// The published evaluator. The prediction is cut at its first save, put into a `try` and saved, as the original does
    /// it; the reference runs as it is. `graph`: the chart is of that family.
    ///
    /// # Errors
    /// Faults of the harness, and a reference that does not run to its end.
    pub fn official(&self, prediction: &str, reference: &str, graph: bool) -> Result<Official, DomainError> {
        let golden: Run = self.renderer.run(reference, self.patience)?;
        let Some(theirs) = golden.records else { return Err(no_reference(golden.render.faults.first())) };
        let executes = self.renderer.run(&checked(prediction), self.patience)?.records.is_some();
        let ours = self.renderer.run(&direct(prediction), self.patience)?.records.unwrap_or_default();
        let scores = official(&ours, &theirs, graph);
        Ok(Official { executes, average: scores.average(), scores })
    }

    /// What a model says of both pictures. The prediction is cut at its first save, as the original does it; one that shows
    /// nothing gets 0 points without a question.
    ///
    /// # Errors
    /// Faults of the harness and of the judge, and a reference that shows nothing.
    pub fn judged(
        &self,
        prediction: &str,
        reference: &str,
        judge: &dyn Judge,
    ) -> Result<Judged, DomainError> {
        let wanted = self.renderer.run(reference, self.patience)?.render;
        let Some(picture) = &wanted.image else { return Err(no_reference(wanted.faults.first())) };
        let seen = self.renderer.run(&checked(prediction), self.patience)?.render;
        match &seen.image {
            Some(image) => judged(judge, picture, image),
            None => {
                let why = seen.faults.first().map_or("no picture", |fault| &fault.message);
                Ok(Judged { score: 0.0, answer: format!("not asked: {why}") })
            }
        }
    }
}

fn no_reference(fault: Option<&Fault>) -> DomainError {
    let why = fault.map_or("no picture", |fault| &fault.message);
    DomainError::setup(format!("the reference: {why}"), "it has to draw something")
}
