//! Calls on experiments.

use std::{collections::BTreeMap, env};

use serde_json::{Value, json};

use super::{error::ApiError, fields::Fields, limits, tracking::Tracking, wire};

pub(crate) fn create(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let name = fields.required("name")?;
    let location = fields.text("artifact_location")?.unwrap_or_default();
    let tags: BTreeMap<String, String> = fields.pairs("tags")?.into_iter().collect();
    limits::experiment_name(name)?;
    for (key, value) in &tags {
        limits::experiment_tag(key, value)?;
    }
    if let Some(known) = tracking.experiments.named(name)? {
        let deleted = if known.deleted { " in deleted state. You can restore it" } else { "" };
        return Err(ApiError::exists(format!("Experiment '{name}' already exists{deleted}.")));
    }
    let made = tracking.experiments.create(name, &resolved(location)?, tags)?;
    Ok(json!({ "experiment_id": made.id }))
}

/// A path is made absolute; what is no path is kept.
fn resolved(location: &str) -> Result<String, ApiError> {
    if location.contains(['#', '?', '\n', '\r']) || location.split('/').any(|part| part == "..") {
        return Err(ApiError::invalid(format!("Invalid artifact_location: {location}")));
    }
    let is_path = !location.is_empty() && !location.contains(':') && !location.starts_with('/');
    let folder = is_path.then(env::current_dir).and_then(Result::ok);
    let location = location.trim_end_matches('/');
    Ok(folder.map_or_else(|| location.to_owned(), |folder| folder.join(location).display().to_string()))
}

pub(crate) fn get(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let known = tracking.experiment(fields.required("experiment_id")?)?;
    Ok(json!({ "experiment": wire::experiment(tracking, &known) }))
}

pub(crate) fn by_name(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let name = fields.required("experiment_name")?;
    let known = tracking.experiments.named(name)?;
    let known =
        known.ok_or_else(|| ApiError::missing(format!("Could not find experiment with name '{name}'")))?;
    Ok(json!({ "experiment": wire::experiment(tracking, &known) }))
}

pub(crate) fn update(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, name) = (fields.required("experiment_id")?, fields.required("new_name")?);
    limits::experiment_name(name)?;
    active(tracking, id)?;
    tracking.experiments.rename(id, name)?;
    Ok(json!({}))
}

fn active(tracking: &Tracking, id: &str) -> Result<(), ApiError> {
    match tracking.experiment(id)?.deleted {
        false => Ok(()),
        true => Err(ApiError::invalid(format!(
            "The experiment {id} must be in the 'active' state. Current state is deleted."
        ))),
    }
}

/// The runs of a deleted experiment are left as they are.
pub(crate) fn delete(tracking: &Tracking, fields: &Fields, deleted: bool) -> Result<Value, ApiError> {
    let id = fields.required("experiment_id")?;
    if tracking.experiment(id)?.deleted == deleted {
        let text = format!("No Experiment with id={id} in {} state exists", wire::stage(!deleted));
        return Err(ApiError::missing(text));
    }
    tracking.experiments.delete(id, deleted)?;
    Ok(json!({}))
}

pub(crate) fn tag(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, key) = (fields.required("experiment_id")?, fields.required("key")?);
    let value = fields.text("value")?.unwrap_or_default();
    limits::experiment_tag(key, value)?;
    active(tracking, id)?;
    tracking.experiments.tag(id, key, value)?;
    Ok(json!({}))
}

pub(crate) fn untag(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let (id, key) = (fields.required("experiment_id")?, fields.required("key")?);
    active(tracking, id)?;
    if !tracking.experiment(id)?.tags.contains_key(key) {
        return Err(ApiError::missing(format!("No tag with name: {key} in experiment with id {id}")));
    }
    tracking.experiments.untag(id, key)?;
    Ok(json!({}))
}
