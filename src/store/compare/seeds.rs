//! Runs of one recipe that differ in nothing but their seed.

use std::collections::BTreeMap;

use crate::RunSummary;

/// Runs that differ in nothing but their seed, the oldest first: what `--group-by all-but-seed` puts together.
pub fn seeds_together(runs: Vec<RunSummary>) -> Vec<Vec<RunSummary>> {
    let mut groups: BTreeMap<String, Vec<RunSummary>> = BTreeMap::new();
    for run in runs {
        groups.entry(group_key(&run)).or_default().push(run);
    }
    let mut groups: Vec<Vec<RunSummary>> = groups.into_values().collect();
    groups.iter_mut().for_each(|group| group.sort_by(|a, b| a.id.cmp(&b.id)));
    groups.sort_by(|a, b| b[0].id.cmp(&a[0].id));
    groups
}

fn group_key(run: &RunSummary) -> String {
    let params: Vec<String> = run
        .params
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "seed" | "name"))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let commit = run.git_commit.as_deref().unwrap_or_default();
    [&run.origin, &run.experiment, &run.objective, &run.domain, commit, &params.join("\u{1f}")].join("\u{1e}")
}

/// Number by number, the mean of each run of a group: for intervals over seeds.
pub fn group_values(group: &[RunSummary], metric: &str) -> Vec<f64> {
    group.iter().filter_map(|run| run.metric(metric)).filter(|value| !value.is_nan()).collect()
}
