//! Comparing runs that have no evaluations, as other programs log them: parameters that differ and latest values, which
//! carry no interval.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{RunReader, RunSummary, view::number};

/// One parameter or metric of all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoggedRow {
    pub name: String,
    /// One per run, in the order given; `–` where a run has none.
    pub values: Vec<String>,
    /// Each − the first, of numbers that both have; empty for parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Option<f64>>,
}

/// What other programs logged, side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoggedComparison {
    /// Names, or ids where there is none.
    pub runs: Vec<String>,
    /// Those that differ.
    pub parameters: Vec<LoggedRow>,
    /// Latest values.
    pub metrics: Vec<LoggedRow>,
}

/// `None` where a run is galley's own or has evaluations, or there is only one.
pub fn compare_logged(groups: &[Vec<RunReader>]) -> Option<LoggedComparison> {
    let other = |run: &RunReader| !run.start().origin.is_empty() && run.evals().is_empty();
    let all = groups.len() > 1 && groups.iter().flatten().all(other);
    all.then(|| side_by_side(&groups.iter().flatten().map(RunReader::summary).collect::<Vec<_>>()))
}

fn side_by_side(runs: &[RunSummary]) -> LoggedComparison {
    let text = |value: Option<&String>| value.cloned().unwrap_or_else(|| "–".into());
    let parameters = names(runs, |run| run.params.keys()).into_iter().filter_map(|name| {
        let values: Vec<String> = runs.iter().map(|run| text(run.params.get(&name))).collect();
        values.iter().any(|value| *value != values[0]).then_some(LoggedRow {
            name,
            values,
            differences: Vec::new(),
        })
    });
    let metrics = names(runs, |run| run.metrics.keys()).into_iter().map(|name| {
        let latest: Vec<Option<f64>> = runs.iter().map(|run| run.metrics.get(&name).copied()).collect();
        let differences = latest.iter().map(|value| Some((*value)? - latest[0]?)).collect();
        let values = latest.iter().map(|value| value.map_or("–".into(), number)).collect();
        LoggedRow { name, values, differences }
    });
    LoggedComparison {
        runs: runs.iter().map(|run| if run.name.is_empty() { &run.id } else { &run.name }.clone()).collect(),
        parameters: parameters.collect(),
        metrics: metrics.collect(),
    }
}

fn names<'a, I: Iterator<Item = &'a String>>(
    runs: &'a [RunSummary],
    of: impl Fn(&'a RunSummary) -> I,
) -> BTreeSet<String> {
    runs.iter().flat_map(of).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differing_parameters_and_latest_values_are_set_side_by_side() {
        let run = |name: &str, lr: &str, loss: f64| {
            let mut run = RunSummary::default();
            run.name.push_str(name);
            run.params.extend([("lr".to_owned(), lr.to_owned()), ("same".to_owned(), "1".to_owned())]);
            run.metrics.insert("loss".into(), loss);
            run
        };
        let logged = side_by_side(&[run("a", "0.1", 0.5), run("b", "0.2", 0.25)]);
        assert_eq!(logged.parameters.len(), 1);
        assert_eq!(logged.parameters[0].values, ["0.1", "0.2"]);
        assert_eq!(logged.metrics[0].differences, [Some(0.0), Some(-0.25)]);
    }
}
