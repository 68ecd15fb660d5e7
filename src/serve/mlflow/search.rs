//! Searches: runs, experiments, data sets.

use std::sync::Arc;

use galley_store::{
    Experiment, RunSummary,
    query::{Dialect, Filter, Order, Queried, page_token, parse_page_token, sort},
};
use serde_json::{Value, json};

use super::{
    error::ApiError,
    fields::{Fields, invalid},
    tracking::Tracking,
    wire,
};

const RUNS: i64 = 50_000;
const EXPERIMENTS: i64 = 50_000;
const DATASET_EXPERIMENTS: usize = 20;

/// Which of active and deleted are wanted.
fn view(fields: &Fields, name: &str) -> Result<fn(bool) -> bool, ApiError> {
    let text = match fields.text(name) {
        Ok(text) => text.map(str::to_owned),
        Err(_) => fields.integer(name)?.map(|number| number.to_string()),
    };
    match text.as_deref() {
        None | Some("" | "ACTIVE_ONLY" | "1") => Ok(|deleted| !deleted),
        Some("DELETED_ONLY" | "2") => Ok(|deleted| deleted),
        Some("ALL" | "3") => Ok(|_| true),
        Some(other) => Err(invalid(name, &json!(other))),
    }
}

/// Filters, sorts and cuts out one page; the token of the next.
fn page<T: Queried + Clone>(
    mut items: Vec<T>,
    fields: &Fields,
    dialect: Dialect,
    most: i64,
    usual: i64,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let count = fields.integer("max_results")?.unwrap_or(usual);
    if !(1..=most).contains(&count) {
        return Err(invalid("max_results", &json!(count)));
    }
    if let Some(filter) = fields.text("filter")?.filter(|filter| !filter.trim().is_empty()) {
        let filter = Filter::parse(filter, dialect)?;
        items.retain(|item| filter.admits(item));
    }
    let orders = fields.texts("order_by")?.into_iter().map(|order| Order::parse(order, dialect));
    sort(&mut items, &orders.collect::<Result<Vec<_>, _>>()?);
    let offset =
        parse_page_token(fields.text("page_token")?.unwrap_or_default()).map_err(ApiError::invalid)?;
    let end = offset.saturating_add(count as usize).min(items.len());
    let shown = items.get(offset..end).unwrap_or_default().to_vec();
    Ok((shown, (end < items.len()).then(|| page_token(end))))
}

pub(crate) fn runs(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let experiments = fields.texts("experiment_ids")?;
    let wanted = view(fields, "run_view_type")?;
    let mut all: Vec<Arc<RunSummary>> = tracking.catalog.runs()?;
    all.retain(|run| experiments.contains(&run.experiment.as_str()) && wanted(run.deleted_ms.is_some()));
    let (shown, token) = page(all, fields, Dialect::Mlflow, RUNS, 1000)?;
    let mut answer = json!({ "runs": shown.iter().map(|run| wire::run(tracking, run)).collect::<Vec<_>>() });
    if let Some(token) = token {
        answer["next_page_token"] = json!(token);
    }
    Ok(answer)
}

pub(crate) fn experiments(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let wanted = view(fields, "view_type")?;
    let mut all: Vec<Experiment> = tracking.experiments.all()?;
    all.retain(|known| wanted(known.deleted));
    let (shown, token) = page(all, fields, Dialect::MlflowExperiments, EXPERIMENTS, 1000)?;
    let mut answer = json!({ "experiments": shown.iter().map(|known| wire::experiment(tracking, known)).collect::<Vec<_>>() });
    if let Some(token) = token {
        answer["next_page_token"] = json!(token);
    }
    Ok(answer)
}

pub(crate) fn datasets(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let experiments = fields.texts("experiment_ids")?;
    if experiments.is_empty() {
        return Err(ApiError::invalid("SearchDatasets request must specify at least one experiment_id."));
    }
    if experiments.len() > DATASET_EXPERIMENTS {
        return Err(ApiError::invalid(format!(
            "SearchDatasets request cannot specify more than {DATASET_EXPERIMENTS} experiment_ids. Received {} experiment_ids.",
            experiments.len()
        )));
    }
    let mut found: Vec<Value> = Vec::new();
    for run in tracking.catalog.runs()?.iter().filter(|run| experiments.contains(&run.experiment.as_str())) {
        for summary in run.inputs.iter().filter_map(|input| summary(input, &run.experiment)) {
            if !found.contains(&summary) {
                found.push(summary);
            }
        }
    }
    Ok(json!({ "dataset_summaries": found }))
}

fn summary(input: &Value, experiment: &str) -> Option<Value> {
    let dataset = input.get("dataset")?;
    let tags = input.get("tags").and_then(Value::as_array);
    let context = tags.and_then(|tags| {
        tags.iter().find(|tag| tag.get("key").is_some_and(|key| key == "mlflow.data.context"))
    });
    let mut summary = json!({ "experiment_id": experiment, "name": dataset.get("name")?, "digest": dataset.get("digest")? });
    if let Some(context) = context.and_then(|tag| tag.get("value")) {
        summary["context"] = context.clone();
    }
    Some(summary)
}
