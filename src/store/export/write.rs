//! Runs to rows.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::Path,
};

use super::{
    csv::Csv,
    json_lines::JsonLines,
    parquet::Parquet,
    table::{Cell, Column, Kind, Sink},
};
use crate::{RunReader, RunSummary, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    JsonLines,
    Parquet,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A run, with its parameters and the latest value of each metric.
    Runs,
    /// A point of a metric.
    Metrics,
    /// A number of a task in an evaluation.
    Evals,
    /// A sample, without its text.
    Samples,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot write the export")]
    Write(#[from] io::Error),
}

/// Writes `runs` in their order. Journals are read one after the other; nothing is locked.
pub fn export(
    runs_dir: &Path,
    runs: &[RunSummary],
    what: What,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let columns = columns(what, runs);
    let mut sink: Box<dyn Sink + '_> = match format {
        Format::Csv => Box::new(Csv::new(out, &columns)?),
        Format::JsonLines => Box::new(JsonLines::new(out, &columns)),
        Format::Parquet => Box::new(Parquet::new(out, &columns)?),
    };
    for run in runs {
        match what {
            What::Runs => sink.row(run_row(run, &columns))?,
            _ => {
                let reader = RunReader::open(&runs_dir.join(&run.id))?;
                for row in rows(what, &reader) {
                    sink.row(row)?;
                }
            }
        }
    }
    Ok(sink.finish()?)
}

fn columns(what: What, runs: &[RunSummary]) -> Vec<Column> {
    let of = |names: &[(&str, Kind)]| names.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
    match what {
        What::Runs => run_columns(runs),
        What::Metrics => of(&[
            ("run", Kind::Text),
            ("metric", Kind::Text),
            ("step", Kind::Integer),
            ("at_ms", Kind::Integer),
            ("value", Kind::Number),
        ]),
        What::Evals => of(&[
            ("run", Kind::Text),
            ("stage", Kind::Text),
            ("step", Kind::Integer),
            ("eval_set", Kind::Text),
            ("task", Kind::Text),
            ("metric", Kind::Text),
            ("value", Kind::Number),
        ]),
        What::Samples => of(&[
            ("run", Kind::Text),
            ("sample", Kind::Text),
            ("stage", Kind::Text),
            ("step", Kind::Integer),
            ("task", Kind::Text),
            ("reward", Kind::Number),
        ]),
    }
}

fn rows(what: What, reader: &RunReader) -> Vec<Vec<Cell>> {
    let run = || Cell::Text(reader.start().run.clone());
    let text = |text: &str| Cell::Text(text.to_owned());
    match what {
        What::Runs => Vec::new(),
        What::Metrics => {
            let points = reader.metric_names().into_iter().flat_map(|name| reader.history(&name));
            let row = |point: crate::LoggedMetric| {
                let (step, at) = (Cell::Integer(point.step()), Cell::Integer(point.timestamp_ms()));
                vec![run(), text(point.key()), step, at, Cell::Number(point.value())]
            };
            points.map(row).collect()
        }
        What::Evals => {
            let mut rows = Vec::new();
            for eval in reader.evals() {
                for (task, numbers) in &eval.results {
                    rows.extend(numbers.iter().map(|(metric, value)| {
                        let (stage, step) = (text(&eval.stage), Cell::Integer(eval.step as i64));
                        let (set, task) = (text(&eval.eval_set), text(task));
                        vec![run(), stage, step, set, task, text(metric), Cell::Number(*value)]
                    }));
                }
            }
            rows
        }
        What::Samples => {
            let row = |head: &crate::SampleHead| {
                let (stage, step) = (text(&head.stage), Cell::Integer(head.step as i64));
                vec![run(), text(&head.id()), stage, step, text(&head.task), Cell::Number(head.reward)]
            };
            reader.sample_heads().map(row).collect()
        }
    }
}

fn run_columns(runs: &[RunSummary]) -> Vec<Column> {
    let fixed = ["run", "name", "status", "experiment", "origin", "objective", "domain"];
    let mut columns: Vec<Column> = fixed.iter().map(|name| Column::new(*name, Kind::Text)).collect();
    let integers = ["seed", "step", "created_ms", "ended_ms", "wall_ms"];
    columns.extend(integers.iter().map(|name| Column::new(*name, Kind::Integer)));
    let metrics: BTreeSet<&String> = runs
        .iter()
        .flat_map(|run| run.metrics.keys().chain(run.evals.iter().flat_map(|eval| eval.means.keys())))
        .collect();
    let params: BTreeSet<&String> = runs.iter().flat_map(|run| run.params.keys()).collect();
    let tags: BTreeSet<&String> = runs.iter().flat_map(|run| run.tags.keys()).collect();
    columns.extend(metrics.into_iter().map(|name| Column::new(format!("metrics.{name}"), Kind::Number)));
    columns.extend(params.into_iter().map(|name| Column::new(format!("params.{name}"), Kind::Text)));
    columns.extend(tags.into_iter().map(|name| Column::new(format!("tags.{name}"), Kind::Text)));
    columns
}

fn run_row(run: &RunSummary, columns: &[Column]) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let cell = |column: &Column| match column.name.as_str() {
        "run" => text(&run.id),
        "name" => text(&run.name),
        "status" => text(run.status.as_str()),
        "experiment" => text(&run.experiment),
        "origin" => text(&run.origin),
        "objective" => text(&run.objective),
        "domain" => text(&run.domain),
        "seed" => Cell::Integer(run.seed as i64),
        "step" => Cell::Integer(run.step as i64),
        "created_ms" => Cell::Integer(run.created_ms as i64),
        "ended_ms" => run.ended_ms.map_or(Cell::Missing, |ended| Cell::Integer(ended as i64)),
        "wall_ms" => Cell::Integer(run.wall_ms as i64),
        name => match name.split_once('.') {
            Some(("metrics", key)) => run.metric(key).map_or(Cell::Missing, Cell::Number),
            Some(("params", key)) => run.params.get(key).map_or(Cell::Missing, |value| text(value)),
            Some((_, key)) => run.tags.get(key).map_or(Cell::Missing, |value| text(value)),
            None => Cell::Missing,
        },
    };
    columns.iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LogWriter, LoggedMetric, NewRun, summaries};

    fn exported(runs: &Path, what: What, format: Format) -> Vec<u8> {
        let mut out = Vec::new();
        export(runs, &summaries(runs).unwrap(), what, format, &mut out).unwrap();
        out
    }

    #[test]
    fn rows_are_the_same_in_every_format() {
        let runs = tempfile::tempdir().unwrap();
        let new = NewRun { name: "a, \"b\"".into(), started_ms: Some(5), ..NewRun::default() };
        let writer = LogWriter::create(runs.path(), new).unwrap();
        writer
            .metrics(&[LoggedMetric::new("loss", f64::NAN, 7, -1), LoggedMetric::new("loss", 0.5, 8, 2)])
            .unwrap();
        writer.edits().tag("t", "ü").unwrap();
        let id = writer.id();
        let text = |what, format| String::from_utf8(exported(runs.path(), what, format)).unwrap();
        let csv = text(What::Metrics, Format::Csv);
        assert_eq!(csv, format!("run,metric,step,at_ms,value\n{id},loss,-1,7,NaN\n{id},loss,2,8,0.5\n"));
        let csv = text(What::Runs, Format::Csv);
        assert!(csv.contains(&format!("\n{id},\"a, \"\"b\"\"\",running,0,log,,,0,2,5,,")), "{csv}");
        let json = text(What::Runs, Format::JsonLines);
        let row: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&row["metrics.loss"], &row["tags.t"], row.get("ended_ms")),
            (&0.5.into(), &"ü".into(), None)
        );
        assert!(text(What::Metrics, Format::JsonLines).contains(r#""value":"NaN""#));
    }

    /// What pyarrow read from this very file: 2 rows, the values below.
    #[test]
    fn parquet_has_its_marks_pages_and_footer() {
        let runs = tempfile::tempdir().unwrap();
        let writer = LogWriter::create(runs.path(), NewRun::default()).unwrap();
        writer
            .metrics(&[LoggedMetric::new("loss", 0.25, 7, -1), LoggedMetric::new("loss", 0.5, 8, 2)])
            .unwrap();
        let file = exported(runs.path(), What::Metrics, Format::Parquet);
        assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
        let length = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().unwrap()) as usize;
        let footer = &file[file.len() - 8 - length..file.len() - 8];
        // Version 1, then a list of six schema elements whose root has five children.
        assert_eq!(footer[..4], [0x15, 0x02, 0x19, 0x6c]);
        let values: Vec<u8> = [0.25f64, 0.5].iter().flat_map(|value| value.to_le_bytes()).collect();
        let page = [&[2, 0, 0, 0, 4, 1][..], &values].concat();
        assert!(file.windows(page.len()).any(|window| window == page), "two present values, plain");
    }
}
