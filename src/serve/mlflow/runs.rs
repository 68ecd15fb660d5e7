//! Calls on runs as a whole.

use std::collections::BTreeMap;

use galley_store::{DEFAULT_EXPERIMENT, EditRecord, NewRun};
use serde_json::{Value, json};

use super::{
    error::ApiError,
    fields::Fields,
    limits,
    tracking::Tracking,
    wire::{self, NAME_TAG, parse_status},
};

const ORIGIN: &str = "mlflow";

pub(crate) fn create(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let experiment = fields.text("experiment_id")?.filter(|id| !id.is_empty()).unwrap_or(DEFAULT_EXPERIMENT);
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    for (index, (key, value)) in fields.pairs("tags")?.into_iter().enumerate() {
        limits::name(&format!("tags[{index}].key"), &key)?;
        tags.insert(key, limits::tag_value(&value));
    }
    let given = fields.text("run_name")?.filter(|name| !name.is_empty());
    if let (Some(name), Some(tag)) = (given, tags.get(NAME_TAG))
        && name != tag
    {
        return Err(ApiError::invalid(format!(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='{name}', \
             mlflow.runName='{tag}')."
        )));
    }
    if tracking.experiment(experiment)?.deleted {
        return Err(ApiError::invalid(format!(
            "The experiment {experiment} must be in the 'active' state. Current state is deleted."
        )));
    }
    let started = fields.integer("start_time")?.filter(|at| *at > 0).map(|at| at as u64);
    let name = given.map(str::to_owned).or_else(|| tags.remove(NAME_TAG)).unwrap_or_default();
    tags.remove(NAME_TAG);
    let user = fields.text("user_id")?.unwrap_or_default().to_owned();
    let new = NewRun {
        name,
        origin: ORIGIN.into(),
        experiment: experiment.into(),
        user,
        started_ms: started,
        tags,
    };
    let unnamed = new.name.is_empty();
    let writer = tracking.pool.create(new)?;
    if unnamed {
        let end = writer.id().get(20..).unwrap_or_default().to_lowercase();
        writer.edits().rename(&format!("run-{end}"))?;
    }
    let run = tracking.run(writer.id())?;
    Ok(json!({ "run": wire::run(tracking, &run) }))
}

pub(crate) fn get(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let run = tracking.run(fields.run_id()?)?;
    Ok(json!({ "run": wire::run(tracking, &run) }))
}

pub(crate) fn update(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let id = fields.run_id()?;
    let status = match fields.text("status") {
        // Numbers are names too.
        Err(_) => fields.integer("status")?.map(|number| number.to_string()),
        Ok(text) => text.map(str::to_owned),
    };
    let ended = fields.integer("end_time")?.map(|at| at.max(0) as u64);
    let name = fields.text("run_name")?;
    let run = tracking.active(id)?;
    if status.is_some() || ended.is_some() {
        let status = match status {
            None => run.status,
            Some(text) => parse_status(&text).ok_or_else(|| {
                ApiError::invalid(format!("Invalid value \"{text}\" for parameter 'status' supplied"))
            })?,
        };
        tracking.writer(id)?.status(status, ended)?;
    }
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        tracking.edit(id, EditRecord { name: Some(name.to_owned()), ..EditRecord::default() })?;
    }
    Ok(json!({ "run_info": wire::info(tracking, &*tracking.run(id)?) }))
}

pub(crate) fn delete(tracking: &Tracking, fields: &Fields, deleted: bool) -> Result<Value, ApiError> {
    let id = fields.run_id()?;
    tracking.run(id)?;
    tracking.edit(id, EditRecord { deleted: Some(deleted), ..EditRecord::default() })?;
    Ok(json!({}))
}
