//! Sampling one step ahead: while a step is learned from, the rollouts of the next are drawn on threads of their own
//! (`train.async-level = 1`).
//!
//! They are always drawn from the weights as they were *before* that update: how stale a step's samples are is a matter
//! of the recipe, never of the threads' timing. The weights are copied, and kept until their rollouts have been learned
//! from: the sampler is checked against them, and a checkpoint holds them, so that a resumed run draws the same again.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    time::Instant,
};

use anyhow::{Context, Result};
use galley_core::{Task, TaskSet};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::{
    rollout::{Drawing, Drawn, Sampler},
    session::Session,
    step::places,
};
use crate::{
    policy::Policy,
    recipe::{ObjectiveName, RunConfig},
};

/// The rollouts of the coming step, from older weights than it will change.
pub struct Ahead {
    /// What they are drawn from.
    pub behaviour: Arc<Policy>,
    /// `None` after a resume: drawing can be repeated.
    pub drawn: Option<Drawn>,
}

/// Everything that a step's rollouts depend on.
pub struct Plan {
    sampler: Sampler,
    step: u64,
    train: Arc<dyn TaskSet>,
    /// Places of the step's tasks in the training set.
    places: Vec<usize>,
    group: usize,
    temperature: f64,
}

impl Plan {
    /// How the step that lies `ahead` steps ahead draws from `policy`.
    pub fn new(session: &Session, policy: Arc<Policy>, ahead: u64) -> Result<Self> {
        Ok(Self {
            sampler: session.sampler(policy),
            step: session.state.step + ahead,
            train: session.train.clone(),
            places: places(session, session.state.stage_step + ahead),
            group: session.config.train.group,
            temperature: session.config.sampling.temperature,
        })
    }

    /// The step's tasks. Those that nobody has asked for yet are rendered now.
    pub fn tasks(&self) -> Result<Vec<Arc<Task>>> {
        let _span = tracing::info_span!("tasks").entered();
        Ok(self.places.iter().map(|&place| self.train.get(place)).collect::<Result<_, _>>()?)
    }

    pub fn draw(&self) -> Result<Drawn> {
        self.draw_for(&self.tasks()?)
    }

    /// Draws for other tasks in the place of the step's.
    pub fn draw_for(&self, tasks: &[Arc<Task>]) -> Result<Drawn> {
        let _span = tracing::info_span!("rollout", step = self.step).entered();
        let (step, group, temperature) = (self.step, self.group, self.temperature);
        self.sampler.draw(tasks, &Drawing { purpose: "rollout", step, group, temperature }, |_| {})
    }
}

/// The next step's rollouts being drawn.
pub struct Lane {
    behaviour: Arc<Policy>,
    drawn: Receiver<Result<Drawn>>,
}

/// Begins to draw the next step's rollouts from the weights as they are now; nothing where the recipe is strictly
/// on-policy, or where there is no next step.
pub fn begin(session: &Session) -> Result<Option<Lane>> {
    let last = session.state.stage_step + 1 >= session.config.train.steps;
    let Some(threads) = session.lane.as_ref().filter(|_| !last) else { return Ok(None) };
    let behaviour = Arc::new(session.policy.snapshot()?);
    let plan = Plan::new(session, behaviour.clone(), 1)?;
    let (sender, drawn) = channel();
    // Nobody receives any more when the step has failed.
    threads.spawn(move || _ = sender.send(plan.draw()));
    Ok(Some(Lane { behaviour, drawn }))
}

/// Threads of their own for the recipes that sample ahead: half as many as the machine has processors. Learning keeps all
/// of rayon's, and rendering takes what is left; no number depends on how many there are.
pub fn threads(config: &RunConfig) -> Result<Option<ThreadPool>> {
    if config.train.async_level == 0 || config.objective.name == ObjectiveName::Sft {
        return Ok(None);
    }
    let count = std::thread::available_parallelism().map_or(1, |n| n.get().div_ceil(2));
    let pool = ThreadPoolBuilder::new().num_threads(count).thread_name(|at| format!("sampling ahead {at}"));
    // A panic ends the drawing; whoever waits for it says so.
    let pool = pool.panic_handler(|_| {}).build();
    Ok(Some(pool.context("threads for sampling ahead")?))
}

impl Lane {
    /// Waits for the rollouts. What that takes is what sampling and judging could not hide behind the update.
    pub fn end(self) -> Result<Ahead> {
        let (_waiting, began) = (tracing::info_span!("wait for rollouts").entered(), Instant::now());
        let mut drawn = self.drawn.recv().context("sampling ahead has panicked")??;
        drawn.time.waited = began.elapsed().as_secs_f64();
        drawn.time.exposed = drawn.time.exposed.min(drawn.time.waited);
        Ok(Ahead { behaviour: self.behaviour, drawn: Some(drawn) })
    }
}
