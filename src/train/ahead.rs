//! Sampling one step ahead: while a step is learned from, the rollouts of the next are drawn on a thread of their own
//! (`train.async-level = 1`).
//!
//! They are always drawn from the weights as they were *before* that update: how stale a step's samples are is a matter
//! of the recipe, never of the threads' timing. The weights are copied, and kept until their rollouts have been learned
//! from: the sampler is checked against them, and a checkpoint holds them, so that a resumed run draws the same again.

use std::{
    panic::resume_unwind,
    sync::Arc,
    thread::{Builder, Scope, ScopedJoinHandle},
    time::Instant,
};

use anyhow::{Context, Result};
use galley_core::Task;

use super::{
    rollout::{Drawing, Drawn, Sampler},
    session::Session,
    step::draw_tasks,
};
use crate::{policy::Policy, recipe::ObjectiveName};

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
    tasks: Vec<Arc<Task>>,
    group: usize,
    temperature: f64,
}

impl Plan {
    /// How the step that lies `ahead` steps ahead draws from `policy`.
    pub fn new(session: &Session, policy: Arc<Policy>, ahead: u64) -> Result<Self> {
        Ok(Self {
            sampler: session.sampler(policy),
            step: session.state.step + ahead,
            tasks: draw_tasks(session, session.state.stage_step + ahead)?,
            group: session.config.train.group,
            temperature: session.config.sampling.temperature,
        })
    }

    pub fn draw(&self) -> Result<Drawn> {
        let _span = tracing::info_span!("rollout", step = self.step).entered();
        let (step, group, temperature) = (self.step, self.group, self.temperature);
        self.sampler.draw(&self.tasks, &Drawing { purpose: "rollout", step, group, temperature }, |_| {})
    }
}

/// The next step's rollouts being drawn.
pub struct Lane<'scope> {
    behaviour: Arc<Policy>,
    thread: ScopedJoinHandle<'scope, Result<Drawn>>,
}

/// Begins to draw the next step's rollouts from the weights as they are now; nothing where the recipe is strictly
/// on-policy, or where there is no next step.
pub fn begin<'scope>(session: &Session, scope: &'scope Scope<'scope, '_>) -> Result<Option<Lane<'scope>>> {
    let train = &session.config.train;
    let samples = session.config.objective.name != ObjectiveName::Sft;
    if train.async_level == 0 || !samples || session.state.stage_step + 1 >= train.steps {
        return Ok(None);
    }
    let behaviour = Arc::new(session.policy.snapshot()?);
    let plan = Plan::new(session, behaviour.clone(), 1)?;
    let lane = Builder::new()
        .name("sampling ahead".into())
        .spawn_scoped(scope, move || lane_pool(1).install(|| plan.draw()));
    Ok(Some(Lane { behaviour, thread: lane.context("a thread for sampling ahead")? }))
}

#[expect(clippy::disallowed_methods, reason = "experiment")]
pub(super) fn lane_pool(which: usize) -> Arc<rayon::ThreadPool> {
    static POOLS: std::sync::OnceLock<[Arc<rayon::ThreadPool>; 2]> = std::sync::OnceLock::new();
    let pools = POOLS.get_or_init(|| {
        let text = std::env::var("GALLEY_LANES").unwrap_or_else(|_| "2".into());
        let pool = |n: usize, name: &'static str| {
            Arc::new(
                rayon::ThreadPoolBuilder::new()
                    .num_threads(n)
                    .thread_name(move |i| format!("{name} {i}"))
                    .build()
                    .unwrap(),
            )
        };
        match text.split_once(',') {
            Some((a, b)) => [pool(a.parse().unwrap(), "learn"), pool(b.parse().unwrap(), "sample")],
            None => {
                let one = pool(text.parse().unwrap(), "both");
                [one.clone(), one]
            }
        }
    });
    pools[which].clone()
}

impl Lane<'_> {
    /// Waits for the rollouts. What that takes is what sampling and judging could not hide behind the update.
    pub fn end(self) -> Result<Ahead> {
        let (_waiting, began) = (tracing::info_span!("wait for rollouts").entered(), Instant::now());
        let mut drawn = self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        drawn.time.waited = began.elapsed().as_secs_f64();
        drawn.time.exposed = drawn.time.exposed.min(drawn.time.waited);
        Ok(Ahead { behaviour: self.behaviour, drawn: Some(drawn) })
    }
}
