//! What came out of an experiment, in numbers.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::{ExperimentError, NodeState, Plan, states};
use crate::store::{
    EvalRecord, RunReader,
    stats::{Interval, SEED, two_level},
};

/// The result of every stage; stages without a finished run are left out.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub experiment: String,
    pub question: String,
    pub prediction: String,
    pub metric: String,
    pub baseline: String,
    pub rows: Vec<RowOutcome>,
    /// What makes the rows less comparable than they look.
    pub notes: Vec<String>,
}

/// One stage over its seeds.
#[derive(Clone, Debug, Serialize)]
pub struct RowOutcome {
    pub stage: String,
    /// Runs by seed.
    pub runs: BTreeMap<u64, String>,
    /// The last evaluation of each run; interval over seeds and tasks.
    pub value: Interval,
    /// Task by task against the baseline's run of the same seed; absent for the baseline and where no seed is shared.
    pub difference: Option<Interval>,
    /// Mean of the paired difference, by seed.
    pub by_seed: BTreeMap<u64, f64>,
    /// Rollouts that the objective learned from, mean over seeds.
    pub rollouts: f64,
    /// Rollouts until an evaluation during training first reached the baseline's last value, for each seed that did.
    pub to_baseline: BTreeMap<u64, f64>,
    /// Mean run time in seconds.
    pub seconds: f64,
}

/// A finished run of a stage.
struct Done {
    seed: u64,
    run: String,
    eval: EvalRecord,
    /// (rollouts, value) of every evaluation, in order.
    curve: Vec<(f64, f64)>,
    rollouts: f64,
    seconds: f64,
}

/// Reads the runs of every stage.
///
/// # Errors
/// When a run cannot be read.
pub fn outcome(plan: &Plan, runs: &Path) -> Result<Outcome, ExperimentError> {
    let states = states(plan, runs)?;
    let metric = metric(plan);
    let mut done: BTreeMap<&str, Vec<Done>> = BTreeMap::new();
    for state in states.iter().filter(|state| state.finished()) {
        if let Some(read) = read(state, runs, &metric)? {
            done.entry(&state.stage).or_default().push(read);
        }
    }
    let baseline = plan.spec.baseline.as_str();
    let against = done.get(baseline).map_or(&[][..], Vec::as_slice);
    let metric_of = metric.as_str();
    let stages = plan.stages();
    let rows =
        stages.iter().filter_map(|stage| Some(row(stage, done.get(stage)?, against, baseline, metric_of)));
    Ok(Outcome {
        experiment: plan.name.clone(),
        question: plan.spec.question.clone(),
        prediction: plan.spec.prediction.clone(),
        rows: rows.collect(),
        notes: notes(&states, &done),
        baseline: baseline.to_owned(),
        metric,
    })
}

fn metric(plan: &Plan) -> String {
    let primary = || plan.nodes().next().map(|node| node.recipe.config.eval.primary.clone());
    match plan.spec.metric.as_str() {
        "" => primary().filter(|name| !name.is_empty()).unwrap_or_else(|| "reward".into()),
        name => name.to_owned(),
    }
}

fn read(state: &NodeState, runs: &Path, metric: &str) -> Result<Option<Done>, ExperimentError> {
    let Some(run) = &state.run else { return Ok(None) };
    let reader = RunReader::open(&runs.join(run))?;
    let evals = reader.evals();
    let Some(eval) = evals.last() else { return Ok(None) };
    let rollouts: BTreeMap<u64, f64> =
        reader.series("rollouts").into_iter().map(|point| (point.step, point.value)).collect();
    let before = |step: u64| rollouts.range(..=step).next_back().map_or(0.0, |(_, value)| *value);
    let curve = evals.iter().filter_map(|eval| Some((before(eval.step), *eval.means.get(metric)?))).collect();
    Ok(Some(Done {
        seed: state.seed,
        run: run.clone(),
        eval: (*eval).clone(),
        curve,
        rollouts: rollouts.values().next_back().copied().unwrap_or(0.0),
        seconds: reader.summary().wall_ms as f64 / 1000.0,
    }))
}

fn row(stage: &str, done: &[Done], against: &[Done], baseline: &str, metric: &str) -> RowOutcome {
    let values: Vec<Vec<f64>> = done.iter().map(|done| done.eval.values(metric)).collect();
    let mut differences = BTreeMap::new();
    let mut to_baseline = BTreeMap::new();
    for run in done {
        let Some(base) = against.iter().find(|base| base.seed == run.seed) else { continue };
        if base.eval.eval_set == run.eval.eval_set {
            differences.insert(run.seed, paired(&base.eval, &run.eval, metric));
        }
        let target = base.eval.means.get(metric).copied().unwrap_or(f64::INFINITY);
        if let Some((rollouts, _)) = run.curve.iter().find(|(_, value)| *value >= target) {
            to_baseline.insert(run.seed, *rollouts);
        }
    }
    let groups: Vec<Vec<f64>> = differences.values().cloned().collect();
    let mean = |of: fn(&Done) -> f64| done.iter().map(of).sum::<f64>() / done.len() as f64;
    RowOutcome {
        stage: stage.to_owned(),
        runs: done.iter().map(|done| (done.seed, done.run.clone())).collect(),
        value: two_level(&values, SEED),
        difference: (stage != baseline && !groups.is_empty()).then(|| two_level(&groups, SEED)),
        by_seed: differences
            .iter()
            .map(|(seed, all)| (*seed, all.iter().sum::<f64>() / all.len() as f64))
            .collect(),
        rollouts: mean(|done| done.rollouts),
        to_baseline,
        seconds: mean(|done| done.seconds),
    }
}

/// Differences of the tasks that both have a result for.
fn paired(base: &EvalRecord, other: &EvalRecord, metric: &str) -> Vec<f64> {
    let pairs = base
        .results
        .iter()
        .filter_map(|(task, numbers)| Some(other.results.get(task)?.get(metric)? - numbers.get(metric)?));
    pairs.collect()
}

fn notes(states: &[NodeState], done: &BTreeMap<&str, Vec<Done>>) -> Vec<String> {
    let mut notes = Vec::new();
    let open = states.iter().filter(|state| !state.finished()).count();
    if open > 0 {
        notes.push(format!("{open} of {} runs are not finished and count for nothing here", states.len()));
    }
    let mut sets: Vec<&str> = done.values().flatten().map(|done| done.eval.eval_set.as_str()).collect();
    sets.sort_unstable();
    sets.dedup();
    if sets.len() > 1 {
        notes.push("the runs were judged on different evaluation sets: only equal ones are compared".into());
    }
    let mut commits: Vec<&str> = states.iter().filter_map(|state| state.git_commit.as_deref()).collect();
    commits.sort_unstable();
    commits.dedup();
    if commits.len() > 1 {
        notes.push(format!("the runs were made by {} different commits", commits.len()));
    }
    notes
}
