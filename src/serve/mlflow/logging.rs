//! Calls that log: metrics, params, tags, batches, inputs and outputs.

use std::collections::BTreeMap;

use galley_store::{EditRecord, LogBatch, LoggedMetric};
use serde_json::{Value, json};

use super::{
    error::ApiError,
    fields::{self, Fields},
    limits, models,
    tracking::Tracking,
    wire::NAME_TAG,
};

pub(crate) fn metric(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, key) = (fields.run_id()?, fields.required("key")?);
    let value = fields.required_float("value")?;
    let (at, step) = (fields.required_integer("timestamp")?, fields.integer("step")?.unwrap_or(0));
    limits::name("name", key)?;
    positive("timestamp", at)?;
    tracking.active(id)?;
    let point = LoggedMetric::new(key, value, at, step);
    tracking.writer(id)?.metrics(std::slice::from_ref(&point))?;
    if let Some(model) = fields.text("model_id")?.filter(|model| !model.is_empty()) {
        let data = [fields.text("dataset_name")?, fields.text("dataset_digest")?];
        models::measured(tracking, model, id, &point, data)?;
    }
    Ok(json!({}))
}

fn positive(place: &str, at: i64) -> Result<(), ApiError> {
    match at >= 0 {
        true => Ok(()),
        false => {
            let text = format!(
                "Invalid value {at} for parameter '{place}' supplied: Timestamp must be a nonnegative long (64-bit integer) "
            );
            Err(ApiError::invalid(text))
        }
    }
}

pub(crate) fn param(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, key) = (fields.run_id()?, fields.required("key")?);
    let value = limits::param_value(fields.text("value")?.unwrap_or_default());
    limits::name("key", key)?;
    tracking.active(id)?;
    tracking.writer(id)?.params(&BTreeMap::from([(key.to_owned(), value)]))?;
    Ok(json!({}))
}

pub(crate) fn tag(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, key) = (fields.run_id()?, fields.required("key")?);
    let value = limits::tag_value(fields.text("value")?.unwrap_or_default());
    limits::name("key", key)?;
    tracking.active(id)?;
    tracking.edit(id, tagged(BTreeMap::from([(key.to_owned(), value)])))?;
    Ok(json!({}))
}

/// The tag of the name is the name.
fn tagged(mut tags: BTreeMap<String, String>) -> EditRecord {
    let name = tags.remove(NAME_TAG);
    let tags = tags.into_iter().map(|(key, value)| (key, Some(value))).collect();
    EditRecord { name, tags, ..EditRecord::default() }
}

pub(crate) fn untag(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, key) = (fields.run_id()?, fields.required("key")?);
    let run = tracking.active(id)?;
    if !run.tags.contains_key(key) {
        return Err(ApiError::missing(format!("No tag with name: {key} in run with id {id}")));
    }
    let tags = BTreeMap::from([(key.to_owned(), None)]);
    tracking.edit(id, EditRecord { tags, ..EditRecord::default() })?;
    Ok(json!({}))
}

pub(crate) fn batch(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let id = fields.run_id()?;
    let (metrics, params, tags) = (fields.list("metrics")?, fields.pairs("params")?, fields.pairs("tags")?);
    limits::count("metrics", limits::METRICS, metrics.len())?;
    limits::count("params", limits::PARAMS_AND_TAGS, params.len())?;
    limits::count("tags", limits::PARAMS_AND_TAGS, tags.len())?;
    limits::count("metrics, params, and tags", limits::METRICS, metrics.len() + params.len() + tags.len())?;
    let metrics: Vec<LoggedMetric> = metrics.iter().enumerate().map(point).collect::<Result<_, _>>()?;
    let named = |name: &str, pairs: &[(String, String)]| {
        pairs
            .iter()
            .enumerate()
            .try_for_each(|(index, (key, _))| limits::name(&format!("{name}[{index}].key"), key))
    };
    named("params", &params).and_then(|()| named("tags", &tags))?;
    let params = distinct(params)?;
    let tags: BTreeMap<String, String> =
        tags.into_iter().map(|(key, value)| (key, limits::tag_value(&value))).collect();
    tracking.active(id)?;
    if !params.is_empty() || !metrics.is_empty() {
        tracking.writer(id)?.batch(&LogBatch { metrics, params, tags: BTreeMap::new() })?;
    }
    if !tags.is_empty() {
        tracking.edit(id, tagged(tags))?;
    }
    Ok(json!({}))
}

fn point((index, entry): (usize, &Value)) -> Result<LoggedMetric, ApiError> {
    let place = |part: &str| format!("metrics[{index}].{part}");
    let part = |part: &str| entry.get(part).filter(|value| !value.is_null() && *value != "");
    let there = |name: &str| part(name).ok_or_else(|| fields::missing(&place(name)));
    let (key, value, at) = (there("key")?, there("value")?, there("timestamp")?);
    let key = key.as_str().ok_or_else(|| fields::invalid(&place("key"), key))?;
    let value = fields::float(value).ok_or_else(|| fields::invalid(&place("value"), value))?;
    let at = fields::integer(at).ok_or_else(|| fields::invalid(&place("timestamp"), at))?;
    let step = part("step")
        .map_or(Ok(0), |step| fields::integer(step).ok_or_else(|| fields::invalid(&place("step"), step)))?;
    limits::name(&place("name"), key)?;
    positive(&place("timestamp"), at)?;
    Ok(LoggedMetric::new(key, value, at, step))
}

fn distinct(params: Vec<(String, String)>) -> Result<BTreeMap<String, String>, ApiError> {
    let mut distinct = BTreeMap::new();
    for (key, value) in params {
        if distinct.insert(key.clone(), limits::param_value(&value)).is_some() {
            return Err(ApiError::invalid(format!(
                "Duplicate parameter keys have been submitted: ['{key}']. Please ensure the request contains only one param \
                 value per param key."
            )));
        }
    }
    Ok(distinct)
}

/// `mlflow.log-model.history`: a list of what was logged.
pub(crate) fn model(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    const TAG: &str = "mlflow.log-model.history";
    let (id, text) = (fields.run_id()?, fields.required("model_json")?);
    let model: Value = serde_json::from_str(text)
        .map_err(|_| ApiError::invalid(format!("Malformed model info. \n {text} \n is not a valid JSON.")))?;
    let run = tracking.active(id)?;
    let known = run.tags.get(TAG).and_then(|known| serde_json::from_str::<Vec<Value>>(known).ok());
    let mut history = known.unwrap_or_default();
    history.push(model);
    let tags = BTreeMap::from([(TAG.to_owned(), json!(history).to_string())]);
    tracking.edit(id, tagged(tags))?;
    Ok(json!({}))
}

pub(crate) fn inputs(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let id = fields.run_id()?;
    let (datasets, models) = (fields.list("datasets")?, fields.list("models")?);
    limits::count("datasets", limits::METRICS, datasets.len())?;
    let run = tracking.active(id)?;
    let writer = tracking.writer(id)?;
    for input in
        datasets.iter().chain(models).filter(|input| input.is_object() && !run.inputs.contains(input))
    {
        writer.input(input.clone())?;
    }
    Ok(json!({}))
}

pub(crate) fn outputs(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, models) = (fields.run_id()?, fields.list("models")?);
    tracking.active(id)?;
    let writer = tracking.writer(id)?;
    for output in models.iter().filter(|output| output.is_object()) {
        writer.output(output.clone())?;
    }
    Ok(json!({}))
}
