//! The points of a metric: of one run, of many, and evenly thinned.

use std::collections::BTreeSet;

use galley_store::{
    LoggedMetric, history,
    query::{page_token, parse_page_token},
};
use serde_json::{Value, json};

use super::{error::ApiError, fields::Fields, tracking::Tracking, wire};
use crate::query::Query;

const RUNS: usize = 100;
const BULK: usize = 25_000;
const PER_RUN: i64 = 2_500;

/// In the order in which they were logged; evaluations where there is no metric of that name.
fn points(tracking: &Tracking, id: &str, key: &str) -> Result<Vec<LoggedMetric>, ApiError> {
    let run = tracking.run(id)?;
    let logged = history(&tracking.runs_dir, &run.id, key)?;
    if !logged.is_empty() || run.metrics.contains_key(key) {
        return Ok(logged);
    }
    let mean = |eval: &galley_store::EvalHead| {
        eval.means
            .get(key)
            .map(|value| LoggedMetric::new(key, *value, run.updated_ms as i64, eval.step as i64))
    };
    Ok(run.evals.iter().filter_map(mean).collect())
}

/// By time, then step, then value.
fn sorted(mut points: Vec<LoggedMetric>, key: impl Fn(&LoggedMetric) -> (i64, i64)) -> Vec<LoggedMetric> {
    points.sort_by(|a, b| key(a).cmp(&key(b)).then(a.value().total_cmp(&b.value())));
    points
}

fn with_run(point: &LoggedMetric, run: &str) -> Value {
    let mut entry = wire::metric(point);
    entry["run_id"] = json!(run);
    entry
}

pub(crate) fn one(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, key) = (fields.run_id()?, fields.required("metric_key")?);
    let most = fields.integer("max_results")?;
    if let Some(most) = most.filter(|most| *most <= 0) {
        let text = format!(
            "Invalid value {most} for parameter 'max_results' supplied. It must be a positive integer."
        );
        return Err(ApiError::invalid(text));
    }
    let offset =
        parse_page_token(fields.text("page_token")?.unwrap_or_default()).map_err(ApiError::invalid)?;
    let points = points(tracking, id, key)?;
    let end = most.map_or(points.len(), |most| offset.saturating_add(most as usize).min(points.len()));
    let shown: Vec<Value> = points.get(offset..end).unwrap_or_default().iter().map(wire::metric).collect();
    let mut answer = json!({ "metrics": shown });
    if end < points.len() {
        answer["next_page_token"] = json!(page_token(end));
    }
    Ok(answer)
}

pub(crate) fn bulk(tracking: &Tracking, query: &Query) -> Result<Value, ApiError> {
    let mut ids: Vec<&str> = query.all("run_id").filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        return Err(ApiError::invalid("GetMetricHistoryBulk request must specify at least one run_id."));
    }
    if ids.len() > RUNS {
        let text = format!(
            "GetMetricHistoryBulk request cannot specify more than {RUNS} run_ids. Received {} run_ids.",
            ids.len()
        );
        return Err(ApiError::invalid(text));
    }
    let key = query.get("metric_key");
    let key =
        key.ok_or_else(|| ApiError::invalid("GetMetricHistoryBulk request must specify a metric_key."))?;
    let most = query.get("max_results").and_then(|most| most.parse().ok()).unwrap_or(BULK).min(BULK);
    ids.sort_unstable();
    let mut all = Vec::new();
    for id in ids {
        let points = sorted(points(tracking, id, key)?, |point| (point.timestamp_ms(), point.step()));
        all.extend(points.iter().take(most.saturating_sub(all.len())).map(|point| with_run(point, id)));
    }
    Ok(json!({ "metrics": all }))
}

pub(crate) fn interval(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let ids = fields.texts("run_ids")?;
    if ids.is_empty() {
        return Err(super::fields::missing("run_ids"));
    }
    if ids.len() > RUNS {
        let text = format!(
            "GetMetricHistoryBulkInterval request must specify at most {RUNS} run_ids. Received {} run_ids.",
            ids.len()
        );
        return Err(ApiError::invalid(text));
    }
    let key = fields.required("metric_key")?;
    let (start, end) = (fields.integer("start_step")?, fields.integer("end_step")?);
    let most = fields.integer("max_results")?.unwrap_or(PER_RUN);
    if !(1..=PER_RUN).contains(&most) {
        return Err(ApiError::invalid(format!("max_results must be between 1 and {PER_RUN}.")));
    }
    let (start, end) = match (start, end) {
        (Some(start), Some(end)) if start > end => {
            return Err(ApiError::invalid(format!(
                "end_step must be greater than start_step. Found start_step={start} and end_step={end}."
            )));
        }
        (Some(start), Some(end)) => (start, end),
        (None, None) => (i64::MIN, i64::MAX),
        _ => {
            return Err(ApiError::invalid(
                "If either start step or end step are specified, both must be specified.",
            ));
        }
    };
    let mut runs = Vec::new();
    for id in ids {
        let points = sorted(points(tracking, id, key)?, |point| (point.step(), point.timestamp_ms()));
        runs.push((
            id,
            points.into_iter().filter(|point| (start..=end).contains(&point.step())).collect::<Vec<_>>(),
        ));
    }
    let wanted = sampled(&runs, most as usize);
    let kept = runs.iter().flat_map(|(id, points)| {
        points.iter().filter(|point| wanted.contains(&point.step())).map(|point| with_run(point, id))
    });
    Ok(json!({ "metrics": kept.collect::<Vec<_>>() }))
}

/// Steps evenly over those of all runs, with the first and last of each run.
fn sampled(runs: &[(&str, Vec<LoggedMetric>)], most: usize) -> BTreeSet<i64> {
    let all: BTreeSet<i64> =
        runs.iter().flat_map(|(_, points)| points.iter().map(LoggedMetric::step)).collect();
    if all.len() <= most {
        return all;
    }
    let steps: Vec<i64> = all.into_iter().collect();
    let mut kept: BTreeSet<i64> = (0..most).map(|index| steps[index * steps.len() / most]).collect();
    kept.extend(steps.last());
    for (_, points) in runs {
        kept.extend(points.first().map(LoggedMetric::step));
        kept.extend(points.last().map(LoggedMetric::step));
    }
    kept
}
