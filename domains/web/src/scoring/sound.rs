//! The sound mode: the axes of the reward.

use std::{collections::BTreeMap, sync::Arc};

use galley_core::{DomainError, Fault, Prompt, Reference, Reward, Task};
use serde::Serialize;

use crate::{
    PRIMARY_METRIC, WebReward, faults,
    renderer::{PATIENCE, WebRenderer},
};

/// One pair of pages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sound {
    /// What training would pay: the satisfied share of the axes, 0 for a page that does not parse or shows nothing.
    pub reward: f64,
    /// Mean of the axis values.
    pub mean: f64,
    /// Continuous values by name, 1 is perfect.
    pub axes: BTreeMap<String, f64>,
    /// What is wrong with the prediction.
    pub faults: Vec<Fault>,
}

impl Sound {
    pub(super) fn of(
        renderer: &WebRenderer,
        reward: &WebReward,
        prediction: &str,
        reference: &str,
    ) -> Result<Self, DomainError> {
        let wanted = renderer.show(reference, PATIENCE)?;
        if !wanted.ok() {
            let why = wanted.faults.first().map_or("no picture", |fault| &fault.message);
            return Err(DomainError::setup(format!("the reference: {why}"), "it has to show something"));
        }
        let task = Task {
            id: "score".into(),
            prompt: Prompt::default(),
            reference: Some(Reference { program: Some(reference.into()), render: Arc::new(wanted) }),
            labels: Default::default(),
        };
        let seen = renderer.show(prediction, PATIENCE)?;
        let mut faults = seen.faults.clone();
        let syntax = faults::syntax(prediction);
        let refused = syntax.is_some();
        faults.extend(syntax);
        let score = reward.score(&task, &seen);
        Ok(Self {
            reward: if refused { 0.0 } else { score.reward },
            mean: score.metrics.get(PRIMARY_METRIC).copied().unwrap_or_default(),
            axes: score.axes.iter().map(|axis| (axis.name.clone(), axis.value)).collect(),
            faults,
        })
    }
}
