//! `galley runs sample`: one recorded rollout with the credit of every statement and the distributions at every token.

use std::{io::Write, path::Path};

use anyhow::Context;
use galley_core::Region;
use serde::Serialize;

use crate::store::{
    RunReader, SampleRecord, TopToken, find_run,
    view::{Table, number, sample_text},
};

#[derive(Debug, clap::Args)]
pub struct Sample {
    /// Id, beginning of an id, name, `latest` or `latest~1`
    pub run: String,
    /// Id of the sample, or its number in `runs show`
    pub sample: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// One box of a statement against the defect that it answers for (Visual-SDPO eq. 4).
#[derive(Debug, Serialize)]
struct Overlap {
    statement: usize,
    region: Region,
    defect: usize,
    iou: f64,
    severity: f64,
    /// The statement's share in defects of that axis.
    share: f64,
    responsibility: f64,
    weight: f64,
}

/// The record with what follows from it.
#[derive(Serialize)]
struct Detailed<'a> {
    id: String,
    #[serde(flatten)]
    sample: &'a SampleRecord,
    overlaps: Vec<Overlap>,
}

/// # Errors
/// When no run or sample fits, or the run cannot be read.
pub fn write(args: &Sample, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let dir = find_run(runs_dir, &args.run)?;
    let reader = RunReader::open(&dir).with_context(|| format!("cannot read run {}", dir.display()))?;
    let sample = reader.sample(&args.sample)?;
    let overlaps = overlaps(&sample);
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &Detailed { id: sample.id(), sample: &sample, overlaps })?;
        return Ok(writeln!(out)?);
    }
    out.write_all(sample_text(&sample, plain).as_bytes())?;
    for (title, table) in
        [("credit", credit(&sample, &overlaps)), ("student and teacher", distributions(&sample))]
    {
        if !table.is_empty() {
            write!(out, "\n{title}\n{}", table.text(plain))?;
        }
    }
    Ok(())
}

/// Every box of the statements that answer for something, with the defect that decided.
fn overlaps(sample: &SampleRecord) -> Vec<Overlap> {
    let mut overlaps = Vec::new();
    for (at, (statement, credit)) in sample.statements.iter().zip(&sample.credit).enumerate() {
        let Some((index, defect)) = credit.defect.and_then(|index| Some((index, sample.defects.get(index)?)))
        else {
            continue;
        };
        overlaps.extend(statement.regions.iter().map(|region| Overlap {
            statement: at,
            region: *region,
            defect: index,
            iou: region.iou(defect.region),
            severity: defect.severity,
            share: statement.shares.of(&defect.axis),
            responsibility: credit.responsibility,
            weight: credit.weight,
        }));
    }
    overlaps
}

fn credit(sample: &SampleRecord, overlaps: &[Overlap]) -> Table {
    let headers =
        ["statement", "kind", "region", "defect", "iou", "severity", "share", "responsible", "weight"];
    let mut table = Table::new(headers).right(&[0, 4, 5, 6, 7, 8]);
    for overlap in overlaps {
        let region = overlap.region;
        table.row([
            overlap.statement.to_string(),
            sample.statements[overlap.statement].kind.clone(),
            format!("{:.0},{:.0} {:.0}×{:.0}", region.x, region.y, region.width, region.height),
            format!("#{} {}", overlap.defect, sample.defects[overlap.defect].axis),
            number(overlap.iou),
            number(overlap.severity),
            number(overlap.share),
            number(overlap.responsibility),
            number(overlap.weight),
        ]);
    }
    table
}

/// What both found likeliest at every token, with probabilities; empty for samples without distributions.
fn distributions(sample: &SampleRecord) -> Table {
    let mut table = Table::new(["#", "token", "weight", "kl", "student", "teacher"]).right(&[0, 2, 3]);
    let value =
        |values: &[f32], index: usize| values.get(index).map_or("–".into(), |v| number(f64::from(*v)));
    for index in 0..sample.student_top.len().max(sample.teacher_top.len()) {
        table.row([
            index.to_string(),
            format!("{:?}", sample.token_text(index)),
            value(&sample.weights, index),
            value(&sample.kl, index),
            likeliest(sample.student_top.get(index)),
            likeliest(sample.teacher_top.get(index)),
        ]);
    }
    table
}

/// `"a" .912  "b" .043`.
fn likeliest(tokens: Option<&Vec<TopToken>>) -> String {
    let tokens = tokens.map_or(&[][..], Vec::as_slice);
    let texts: Vec<String> =
        tokens.iter().map(|TopToken(text, log)| format!("{text:?} {}", number(log.exp()))).collect();
    texts.join("  ")
}

#[cfg(test)]
mod tests {
    use galley_core::{Defect, Shares, Span, Statement, StatementCredit};

    use super::*;

    #[test]
    fn a_responsible_statement_shows_the_overlap_that_decided() {
        let defect = Defect {
            detector: "t/t".into(),
            axis: "color".into(),
            region: Region::new(0.0, 0.0, 10.0, 10.0),
            severity: 1.0,
            message: String::new(),
            target: None,
            target_span: None,
        };
        let statement = |x: f64| Statement {
            span: Span::new(0, 1),
            kind: "p".into(),
            regions: vec![Region::new(x, 0.0, 10.0, 10.0)],
            shares: Shares::all(0.5),
        };
        let credit =
            |responsibility, defect| StatementCredit { responsibility, weight: 1.0 + responsibility, defect };
        let sample = SampleRecord {
            statements: vec![statement(0.0), statement(50.0)],
            credit: vec![credit(0.5, Some(0)), credit(0.0, None)],
            defects: vec![defect],
            tokens: vec![Span::new(0, 1)],
            response: "x".into(),
            student_top: vec![vec![TopToken::new("x", 0.5f32.ln()), TopToken::new("y", 0.25f32.ln())]],
            ..SampleRecord::default()
        };
        let found = overlaps(&sample);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].iou, found[0].share, found[0].responsibility), (1.0, 0.5, 0.5));
        let text = distributions(&sample).text(true);
        assert!(text.contains("\"x\" 0.500  \"y\" 0.250"), "{text}");
    }
}
