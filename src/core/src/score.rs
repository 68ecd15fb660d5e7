//! How good a render is: named axes and their weighted sum.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DomainError, Render, Task};

/// Judges a render. Pure.
pub trait Reward: Send + Sync {
    fn score(&self, task: &Task, render: &Render) -> Score;

    /// The same for a reward that looks at the words as well: whether the program was fenced, which tags it uses. The
    /// response is the policy's whole answer; by default it says nothing that the render does not.
    fn score_response(&self, task: &Task, _response: &str, render: &Render) -> Score {
        self.score(task, render)
    }

    /// The same for a reward that asks somebody else and may get no answer. [`crate::assess()`] asks this.
    ///
    /// # Errors
    /// Faults of the harness, never of the program.
    fn try_score_response(&self, task: &Task, response: &str, render: &Render) -> Result<Score, DomainError> {
        Ok(self.score_response(task, response, render))
    }
}

/// The verdict on one program; the rubric table that the teacher sees is made of [`Score::axes`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// `r_exec · Σ weight · satisfied` over the axes, in 0..=1 (Visual-SDPO eq. 8).
    pub reward: f64,
    /// `r_exec`: the program ran and drew something.
    pub executed: bool,
    /// In the domain's fixed order. An axis that cannot be computed here (no weights) is absent.
    pub axes: Vec<Axis>,
    /// Further numbers worth recording, not part of the reward; among them the domain's benchmark score.
    pub metrics: BTreeMap<String, f64>,
}

/// One axis of the rubric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    pub name: String,
    /// Continuous value, 1 is perfect; 0 for a failed program.
    pub value: f64,
    pub satisfied: bool,
    /// Share in the reward; the weights of all axes present sum to 1.
    pub weight: f64,
}

impl Score {
    /// Builds a score of axes: weights are normalised over those present, the reward is their satisfied share.
    pub fn of(executed: bool, mut axes: Vec<Axis>) -> Self {
        let total: f64 = axes.iter().map(|axis| axis.weight).sum();
        for axis in &mut axes {
            axis.weight = if total > 0.0 { axis.weight / total } else { 0.0 };
        }
        // The sum of nothing is -0, which reads badly in tables.
        let satisfied = axes.iter().filter(|axis| axis.satisfied).fold(0.0, |sum, axis| sum + axis.weight);
        Self {
            reward: if executed { satisfied.min(1.0) } else { 0.0 },
            executed,
            axes,
            metrics: BTreeMap::new(),
        }
    }

    pub fn axis(&self, name: &str) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.name == name)
    }

    /// Every number of the score by name: `reward`, `executed`, `<axis>` and the metrics.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let mut all = self.metrics.clone();
        all.extend(self.axes.iter().map(|axis| (axis.name.clone(), axis.value)));
        all.insert("reward".into(), self.reward);
        all.insert("executed".into(), f64::from(u8::from(self.executed)));
        all
    }
}
