//! What came out of an experiment, in numbers.

use std::{collections::BTreeMap, path::Path};

use galley_core::Registry;
use serde::Serialize;

use super::{
    ExperimentError, NodeState, Plan,
    curve::{Along, rollouts_to, value_at},
    done::Done,
    repair::{Repair, paired as paired_shares, repair},
    states,
};
use crate::store::{
    EvalRecord,
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
    /// What the quickest of the stages that learn took: wall and CPU seconds of its steps, mean over seeds. The columns at
    /// equal time are read there.
    pub equal: [f64; 2],
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
    /// Distinct prompts in a step.
    pub prompts: usize,
    /// Rollouts until the curve first reached the baseline's last value, for each seed that did.
    pub to_baseline: BTreeMap<u64, f64>,
    /// The value at [`Outcome::equal`] wall and CPU seconds, mean over seeds; absent where times are not on record.
    pub at_equal: [Option<f64>; 2],
    /// Shares of values mended and kept since the stage that it begins from, and both against the baseline; absent where
    /// values are not on record.
    pub repaired: Option<Interval>,
    pub kept: Option<Interval>,
    pub repaired_difference: Option<Interval>,
    pub kept_difference: Option<Interval>,
    /// Means over steps and seeds.
    pub kl_share_flagged: Option<f64>,
    pub flagged: Option<f64>,
    /// Mean run time in seconds.
    pub seconds: f64,
}

type ByStage<'p> = BTreeMap<&'p str, Vec<Done>>;

/// Reads the runs of every stage; `metric` instead of the experiment's where given.
///
/// # Errors
/// When a run cannot be read.
pub fn outcome(
    plan: &Plan,
    runs: &Path,
    registry: &Registry,
    metric: Option<&str>,
) -> Result<Outcome, ExperimentError> {
    let states = states(plan, runs, registry)?;
    let metric = metric.map_or_else(|| default_metric(plan), str::to_owned);
    let mut done: BTreeMap<&str, Vec<Done>> = BTreeMap::new();
    for state in states.iter().filter(|state| state.finished()) {
        if let Some(read) = Done::read(state, runs, &metric)? {
            done.entry(&state.stage).or_default().push(read);
        }
    }
    let equal = [Along::Wall, Along::Cpu].map(|axis| quickest(&done, axis));
    let rows = plan.stages().into_iter().filter_map(|stage| row(plan, stage, &done, &metric, equal));
    Ok(Outcome {
        experiment: plan.name.clone(),
        question: plan.spec.question.clone(),
        prediction: plan.spec.prediction.clone(),
        rows: rows.collect(),
        notes: notes(&states, &done),
        baseline: plan.spec.baseline.clone(),
        metric,
        equal,
    })
}

fn default_metric(plan: &Plan) -> String {
    let primary = || plan.nodes().next().map(|node| node.recipe.config.eval.primary.clone());
    match plan.spec.metric.as_str() {
        "" => primary().filter(|name| !name.is_empty()).unwrap_or_else(|| "reward".into()),
        name => name.to_owned(),
    }
}

/// The smallest mean time of a stage that learned for any.
fn quickest(done: &ByStage<'_>, axis: Along) -> f64 {
    let spent = |run: &Done| {
        run.curve.last().map_or(0.0, |point| match axis {
            Along::Wall => point.wall,
            Along::Cpu => point.cpu,
        })
    };
    let means = done.values().map(|runs| runs.iter().map(spent).sum::<f64>() / runs.len() as f64);
    let least = means.filter(|mean| *mean > 0.0).fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 0.0 }
}

fn row(plan: &Plan, stage: &str, done: &ByStage<'_>, metric: &str, equal: [f64; 2]) -> Option<RowOutcome> {
    let of = |stage: &str| done.get(stage).map_or(&[][..], Vec::as_slice);
    let (own, baseline) = (of(stage), plan.spec.baseline.as_str());
    if own.is_empty() {
        return None;
    }
    let seeded = |runs: &'_ [Done], seed: u64| runs.iter().position(|run| run.seed == seed);
    let spec = plan.spec.stages.get(stage)?;
    let parents = spec.from.as_deref().map_or(&[][..], of);
    let parent = |run: &Done| seeded(parents, spec.from_seed.unwrap_or(run.seed)).map(|at| &parents[at]);
    let base = |run: &Done| seeded(of(baseline), run.seed).map(|at| &of(baseline)[at]);
    let mended = |run: &Done| parent(run).map(|parent| repair(&parent.eval, &run.eval)).unwrap_or_default();
    let mut differences = BTreeMap::new();
    let mut to_baseline = BTreeMap::new();
    let mut shares = Shares::default();
    for run in own {
        let found = mended(run);
        let Some(base) = base(run) else {
            shares.add(found, None);
            continue;
        };
        if base.eval.eval_set == run.eval.eval_set {
            differences.insert(run.seed, paired(&base.eval, &run.eval, metric));
        }
        let target = base.eval.means.get(metric).copied().unwrap_or(f64::INFINITY);
        if let Some(rollouts) = rollouts_to(&run.curve_from(parent(run)), target) {
            to_baseline.insert(run.seed, rollouts);
        }
        shares.add(found, (stage != baseline).then(|| mended(base)));
    }
    let values: Vec<Vec<f64>> = own.iter().map(|run| run.eval.values(metric)).collect();
    let groups: Vec<Vec<f64>> = differences.values().cloned().collect();
    let mean = |of: &dyn Fn(&Done) -> Option<f64>| {
        let all: Option<Vec<f64>> = own.iter().map(of).collect();
        all.map(|all| all.iter().sum::<f64>() / all.len() as f64)
    };
    let at = |axis, spent: f64| mean(&|run| value_at(&run.curve_from(parent(run)), axis, spent));
    Some(RowOutcome {
        stage: stage.to_owned(),
        runs: own.iter().map(|run| (run.seed, run.run.clone())).collect(),
        value: two_level(&values, SEED),
        difference: (stage != baseline).then(|| interval(&groups)).flatten(),
        by_seed: differences
            .iter()
            .map(|(seed, all)| (*seed, all.iter().sum::<f64>() / all.len() as f64))
            .collect(),
        rollouts: mean(&|run| Some(run.rollouts)).unwrap_or(0.0),
        prompts: plan.nodes().find(|node| node.stage == stage)?.recipe.config.train.prompts,
        to_baseline,
        at_equal: [at(Along::Wall, equal[0]), at(Along::Cpu, equal[1])],
        repaired: interval(&shares.repaired),
        kept: interval(&shares.kept),
        repaired_difference: interval(&shares.repaired_difference),
        kept_difference: interval(&shares.kept_difference),
        kl_share_flagged: mean(&|run| run.kl_share_flagged),
        flagged: mean(&|run| run.flagged),
        seconds: mean(&|run| Some(run.seconds)).unwrap_or(0.0),
    })
}

/// Shares of values by seed, then task.
#[derive(Default)]
struct Shares {
    repaired: Vec<Vec<f64>>,
    kept: Vec<Vec<f64>>,
    repaired_difference: Vec<Vec<f64>>,
    kept_difference: Vec<Vec<f64>>,
}

impl Shares {
    fn add(&mut self, own: Repair, base: Option<Repair>) {
        let values = |list: &[(String, f64)]| list.iter().map(|(_, value)| *value).collect::<Vec<f64>>();
        if let Some(base) = base {
            self.repaired_difference.push(paired_shares(&base.repaired, &own.repaired));
            self.kept_difference.push(paired_shares(&base.kept, &own.kept));
        }
        self.repaired.push(values(&own.repaired));
        self.kept.push(values(&own.kept));
    }
}

/// The interval over groups that all have values.
fn interval(groups: &[Vec<f64>]) -> Option<Interval> {
    (!groups.is_empty() && groups.iter().all(|group| !group.is_empty())).then(|| two_level(groups, SEED))
}

/// Differences of the tasks that both have a result for.
fn paired(base: &EvalRecord, other: &EvalRecord, metric: &str) -> Vec<f64> {
    let pairs = base
        .results
        .iter()
        .filter_map(|(task, numbers)| Some(other.results.get(task)?.get(metric)? - numbers.get(metric)?));
    pairs.collect()
}

fn notes(states: &[NodeState], done: &ByStage<'_>) -> Vec<String> {
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
