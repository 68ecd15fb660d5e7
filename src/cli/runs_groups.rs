//! Runs that are alike in one row: what their numbers are on average, and how sure that is.

use std::{collections::BTreeMap, io::Write};

use serde::Serialize;

use super::runs_list::{cell, fields};
use crate::store::{
    RunSummary,
    compare::seeds_together,
    query::{Entity, Field, Queried, Value},
    stats::{Interval, mean_interval},
    view::{Table, number},
};

/// Fields that hold a number of a result, which is averaged; others are shown where all runs agree.
const RESULTS: [&str; 4] = ["first", "latest", "best", "time"];

#[derive(Serialize)]
struct Group<'a> {
    runs: Vec<&'a str>,
    seeds: Vec<u64>,
    same: BTreeMap<String, String>,
    numbers: BTreeMap<String, Interval>,
}

/// In the order of their first run.
pub(super) fn groups(by: &[String], runs: Vec<RunSummary>) -> anyhow::Result<Vec<Vec<RunSummary>>> {
    if by == ["all-but-seed"] {
        return Ok(seeds_together(runs));
    }
    let fields = fields(by)?;
    let mut groups: Vec<(Vec<String>, Vec<RunSummary>)> = Vec::new();
    for run in runs {
        let key: Vec<String> = fields.iter().map(|(_, field)| cell(&run, field)).collect();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(run),
            None => groups.push((key, vec![run])),
        }
    }
    Ok(groups.into_iter().map(|(_, group)| group).collect())
}

pub(super) fn write(
    groups: &[Vec<RunSummary>],
    columns: &[(String, Field)],
    json: bool,
    plain: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let default = ["name", "objective", "domain", "metric", "latest", "best"].map(str::to_owned);
    let columns = if columns.is_empty() { fields(&default)? } else { columns.to_vec() };
    if json {
        let described: Vec<Group> = groups.iter().map(|group| described(group, &columns)).collect();
        serde_json::to_writer_pretty(&mut *out, &described)?;
        return Ok(writeln!(out)?);
    }
    let headers: Vec<&str> =
        ["runs", "seeds"].into_iter().chain(columns.iter().map(|(name, _)| name.as_str())).collect();
    let mut table = Table::with_headers(&headers).right(&[0]);
    for group in groups {
        let seeds: Vec<String> = group.iter().map(|run| run.seed.to_string()).collect();
        let start = [group.len().to_string(), seeds.join(" ")];
        let cells = columns.iter().map(|(_, field)| match is_result(field) {
            true => plus_minus(average(group, field)),
            false => same(group, field),
        });
        table.cells(start.into_iter().chain(cells).collect());
    }
    Ok(out.write_all(table.text(plain).as_bytes())?)
}

fn described<'a>(group: &'a [RunSummary], columns: &[(String, Field)]) -> Group<'a> {
    let (results, others): (Vec<_>, Vec<_>) = columns.iter().partition(|(_, field)| is_result(field));
    Group {
        runs: group.iter().map(|run| run.id.as_str()).collect(),
        seeds: group.iter().map(|run| run.seed).collect(),
        same: others.into_iter().map(|(name, field)| (name.clone(), same(group, field))).collect(),
        numbers: results.into_iter().map(|(name, field)| (name.clone(), average(group, field))).collect(),
    }
}

fn is_result(field: &Field) -> bool {
    field.entity == Entity::Metric || (field.entity == Entity::Attribute && RESULTS.contains(&&*field.key))
}

fn average(group: &[RunSummary], field: &Field) -> Interval {
    let value = |run: &RunSummary| match run.values(field)[..] {
        [Value::Number(value)] if !value.is_nan() => Some(value),
        _ => None,
    };
    mean_interval(&group.iter().filter_map(value).collect::<Vec<_>>())
}

fn same(group: &[RunSummary], field: &Field) -> String {
    let mut values: Vec<String> = group.iter().map(|run| cell(run, field)).collect();
    values.dedup();
    values.join(", ")
}

/// `0.412 ± 0.031`.
fn plus_minus(interval: Interval) -> String {
    match interval.low.is_nan() {
        true => number(interval.mean),
        false => format!("{} ± {}", number(interval.mean), number(interval.high - interval.mean)),
    }
}
