//! A domain: everything galley needs to train on one kind of visual artifact.

use std::sync::Arc;

use crate::{
    Defect, DefectDetector, DomainError, Endpoint, Image, Judge, Perturbed, Random, RegionMapper, Render,
    Renderer, Reward, Score, Span, Split, Statement, Task, TaskSet,
};

/// A kind of artifact: its tasks, and the parts that render and judge programs. Object-safe; shared between threads.
pub trait Domain: Send + Sync {
    /// The name used in recipes (`web`).
    fn name(&self) -> &'static str;

    /// The tasks of one split. Building may render references; progress is the domain's own log.
    fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError>;

    fn renderer(&self) -> &dyn Renderer;
    fn detectors(&self) -> &[Box<dyn DefectDetector>];
    fn mapper(&self) -> &dyn RegionMapper;
    fn reward(&self) -> &dyn Reward;

    /// Everything that is said of a render, by the parts above: what [`crate::assess()`] asks. Most of the parts cannot
    /// fail; a domain whose parts live in another process overrides this, so that a judgement that it did not get is a
    /// fault of the harness and no bad score.
    ///
    /// # Errors
    /// Only for faults of the harness; by default those of [`Reward::try_score_response`].
    fn judge(
        &self,
        task: &Task,
        response: &str,
        program: &str,
        render: &Render,
    ) -> Result<Judgement, DomainError> {
        let found = self.detectors().iter().flat_map(|detector| detector.detect(task, render));
        let defects = if render.ok() { found.collect() } else { Vec::new() };
        let statements = self.mapper().map(program, render);
        let score = self.reward().try_score_response(task, response, render)?;
        Ok(Judgement { defects, statements, score })
    }

    /// Where the program stands in a response (inside a code fence, say); `None` when there is none.
    fn program(&self, response: &str) -> Option<Span>;

    /// Worsens a reference program in `strength` places (at least one), drawn from `random`; `None` when the domain has
    /// no perturbations for it.
    fn perturb(&self, _program: &str, _strength: usize, _random: &mut Random) -> Option<Perturbed> {
        None
    }

    /// The places of a program that a reader could get wrong one by one: declaration values, texts. In source order,
    /// disjoint. A correction quotes the reference with every right value elided, so that reading it is copying; a domain
    /// without such places (the default) gets its defects' quotations instead.
    fn values(&self, _program: &str) -> Vec<Span> {
        Vec::new()
    }

    /// The metric that published comparisons use (a key of [`crate::Score::numbers`]).
    fn primary_metric(&self) -> &'static str {
        "reward"
    }

    /// What of the outside world it needs, checked by `galley doctor`; touches nothing.
    fn doctor(&self) -> Vec<Check> {
        Vec::new()
    }

    /// A program that answers the task, for the warm start and for the tokenizer of a policy made from scratch: by default
    /// the reference. A domain whose tasks have none may write one that is valid and no target: nothing is compared with
    /// it, no teacher sees it, and objectives that need references do not get it.
    fn demonstration(&self, task: &Task) -> Option<String> {
        self.reference_program(task).map(str::to_owned)
    }

    /// Convenience for callers that hold a task: the reference program, where there is one.
    fn reference_program<'a>(&self, task: &'a Task) -> Option<&'a str> {
        task.reference.as_ref()?.program.as_deref()
    }
}

/// What is said of one render.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Empty for a program that failed.
    pub defects: Vec<Defect>,
    /// Spans count from the start of the program.
    pub statements: Vec<Statement>,
    pub score: Score,
}

/// One line of `galley doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: String,
    pub ok: bool,
    /// What was found, with its version.
    pub found: String,
    /// How to get it, when it is missing.
    pub help: String,
}

/// A similarity of two pictures in 0..=1, 1 for equal ones. Implemented outside the core where it needs a network
/// (CLIP, LPIPS); the name says what computes it and becomes the axis name.
pub trait Similarity: Send + Sync {
    fn name(&self) -> &str;
    fn similarity(&self, a: &Image, b: &Image) -> f64;
}

/// Gives out, by name, the similarities that need a network. What lacks its weights is an error that says which file was
/// looked for and how to get it.
pub trait Similarities: Send + Sync {
    fn named(&self, name: &str) -> Result<Arc<dyn Similarity>, DomainError>;

    /// A model that judges in words. Asks nothing yet.
    ///
    /// # Errors
    /// `Setup`: by default, because not every program that hosts a domain has a network.
    fn judge(&self, endpoint: &Endpoint) -> Result<Arc<dyn Judge>, DomainError> {
        let message = format!("there is no network here to ask {} at {}", endpoint.model, endpoint.endpoint);
        Err(DomainError::setup(message, "leave the judge out of the domain's table"))
    }
}
