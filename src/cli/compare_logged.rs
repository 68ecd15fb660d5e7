//! Comparing runs that have no evaluations, as other programs log them: parameters that differ and latest values, which
//! carry no interval.

use std::{collections::BTreeSet, io::Write};

use serde::Serialize;

use crate::store::{
    RunReader, RunSummary,
    view::{Table, number, signed},
};

#[derive(Serialize)]
struct Row {
    name: String,
    /// One per run, in the order given.
    values: Vec<String>,
    /// Each − the first, of numbers that both have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Option<f64>>,
}

#[derive(Serialize)]
struct Logged {
    runs: Vec<String>,
    parameters: Vec<Row>,
    metrics: Vec<Row>,
}

/// Whether every run was logged by another program, without evaluations.
pub(super) fn applies(groups: &[Vec<RunReader>]) -> bool {
    let mut runs = groups.iter().flatten();
    groups.len() > 1 && runs.all(|run| !run.start().origin.is_empty() && run.evals().is_empty())
}

/// As a table, plain lines or JSON.
pub(super) fn write(
    groups: &[Vec<RunReader>],
    json: bool,
    plain: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let logged = logged(&groups.iter().flatten().map(RunReader::summary).collect::<Vec<_>>());
    if json {
        serde_json::to_writer_pretty(&mut *out, &logged)?;
        return Ok(writeln!(out)?);
    }
    writeln!(out, "no evaluations to pair: latest values, which say nothing of chance\n")?;
    for other in 1..logged.runs.len() {
        for (title, rows) in [("parameters that differ", &logged.parameters), ("metrics", &logged.metrics)] {
            let mut table =
                Table::new([title, &logged.runs[0], &logged.runs[other], "difference"]).right(&[3]);
            for row in rows {
                let difference = row.differences.get(other).copied().flatten().map_or(String::new(), signed);
                table.row([row.name.clone(), row.values[0].clone(), row.values[other].clone(), difference]);
            }
            if !table.is_empty() {
                writeln!(out, "{}", table.text(plain))?;
            }
        }
    }
    Ok(())
}

fn logged(runs: &[RunSummary]) -> Logged {
    let text = |value: Option<&String>| value.cloned().unwrap_or_else(|| "–".into());
    let parameters = names(runs, |run| run.params.keys()).into_iter().filter_map(|name| {
        let values: Vec<String> = runs.iter().map(|run| text(run.params.get(&name))).collect();
        values.iter().any(|value| *value != values[0]).then_some(Row {
            name,
            values,
            differences: Vec::new(),
        })
    });
    let metrics = names(runs, |run| run.metrics.keys()).into_iter().map(|name| {
        let latest: Vec<Option<f64>> = runs.iter().map(|run| run.metrics.get(&name).copied()).collect();
        let differences = latest.iter().map(|value| Some((*value)? - latest[0]?)).collect();
        let values = latest.iter().map(|value| value.map_or("–".into(), number)).collect();
        Row { name, values, differences }
    });
    Logged {
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
        let logged = logged(&[run("a", "0.1", 0.5), run("b", "0.2", 0.25)]);
        assert_eq!(logged.parameters.len(), 1);
        assert_eq!(logged.parameters[0].values, ["0.1", "0.2"]);
        assert_eq!(logged.metrics[0].differences, [Some(0.0), Some(-0.25)]);
    }
}
