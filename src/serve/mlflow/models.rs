//! Calls on logged models: documents with params, tags, a status and the metrics that were measured on them.

use galley_store::{
    LoggedMetric,
    query::{Dialect, Entity, Field, Filter, Queried, Value as Queryable, page_token, parse_page_token},
};
use serde_json::{Value, json};

use super::{
    error::ApiError,
    fields::{self, Fields},
    limits,
    tracking::Tracking,
    wire,
};

const KIND: &str = "mlflow-model";
const STATUSES: [&str; 4] = [
    "LOGGED_MODEL_STATUS_UNSPECIFIED",
    "LOGGED_MODEL_PENDING",
    "LOGGED_MODEL_READY",
    "LOGGED_MODEL_UPLOAD_FAILED",
];

/// Where its files are.
pub(crate) fn location(tracking: &Tracking, id: &str) -> Result<String, ApiError> {
    let model = known(tracking, id, false)?;
    Ok(model["info"]["artifact_uri"].as_str().unwrap_or_default().to_owned())
}

fn missing(id: &str) -> ApiError {
    ApiError::missing(format!("Logged model with ID '{id}' not found."))
}

fn known(tracking: &Tracking, id: &str, deleted_too: bool) -> Result<Value, ApiError> {
    let model = tracking.documents.get(KIND, id)?;
    model.filter(|model| deleted_too || model.get("deleted").is_none()).ok_or_else(|| missing(id))
}

fn change(
    tracking: &Tracking,
    id: &str,
    change: impl FnOnce(&mut Value) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    tracking.documents.update(KIND, id, |model| {
        let mut model = model.filter(|model| model.get("deleted").is_none()).ok_or_else(|| missing(id))?;
        change(&mut model)?;
        Ok(model)
    })
}

fn shown(mut model: Value) -> Value {
    if let Some(object) = model.as_object_mut() {
        object.remove("deleted");
    }
    json!({ "model": model })
}

pub(crate) fn create(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let experiment = tracking.experiment(fields.required("experiment_id")?)?;
    let id = format!("m-{}", ulid::Ulid::new().to_string().to_lowercase());
    let name = fields
        .text("name")?
        .filter(|name| !name.is_empty())
        .map_or_else(|| format!("model-{}", &id[22..]), str::to_owned);
    if name.contains(['/', ':', '.', '%', '"', '\'']) {
        return Err(ApiError::invalid(format!(
            "Invalid model name ({name}) provided. Model name must be a non-empty string and cannot contain the following characters: / : . % \" '"
        )));
    }
    let at = now();
    let mut info = json!({
        "model_id": id,
        "experiment_id": experiment.id,
        "name": name,
        "creation_timestamp_ms": at,
        "last_updated_timestamp_ms": at,
        "artifact_uri": format!("{}/models/{id}/artifacts", tracking.location(&experiment)),
        "status": STATUSES[1],
        "tags": listed(fields, "tags")?,
    });
    for part in ["model_type", "source_run_id"] {
        if let Some(text) = fields.text(part)? {
            info[part] = json!(text);
        }
    }
    let model = json!({ "info": info, "data": { "params": listed(fields, "params")?, "metrics": [] } });
    tracking.documents.put(KIND, &id, model.clone())?;
    Ok(shown(model))
}

fn listed(fields: &Fields, name: &str) -> Result<Value, ApiError> {
    let pairs = fields.pairs(name)?;
    Ok(pairs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect())
}

#[expect(clippy::disallowed_methods, reason = "the protocol wants a time of creation")]
fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |passed| passed.as_millis() as u64)
}

pub(crate) fn get(tracking: &Tracking, id: &str, deleted_too: bool) -> Result<Value, ApiError> {
    Ok(shown(known(tracking, id, deleted_too)?))
}

pub(crate) fn finalize(tracking: &Tracking, id: &str, fields: &Fields) -> Result<Value, ApiError> {
    let status = match fields.integer("status") {
        Ok(Some(number)) => STATUSES.get(number as usize).copied(),
        _ => fields.text("status")?.and_then(|text| STATUSES.into_iter().find(|known| *known == text)),
    };
    let status = status.ok_or_else(|| fields::missing("status"))?;
    change(tracking, id, |model| {
        model["info"]["status"] = json!(status);
        model["info"]["last_updated_timestamp_ms"] = json!(now());
        Ok(())
    })?;
    get(tracking, id, false)
}

pub(crate) fn delete(tracking: &Tracking, id: &str) -> Result<Value, ApiError> {
    change(tracking, id, |model| {
        model["deleted"] = json!(true);
        Ok(())
    })?;
    Ok(json!({}))
}

/// Sets pairs in a list of `{"key", "value"}`.
fn set(list: &mut Value, pairs: &[(String, String)]) {
    let Some(list) = list.as_array_mut() else { return };
    for (key, value) in pairs {
        match list.iter_mut().find(|entry| entry["key"] == json!(key)) {
            Some(entry) => entry["value"] = json!(value),
            None => list.push(json!({ "key": key, "value": value })),
        }
    }
}

pub(crate) fn params(tracking: &Tracking, id: &str, fields: &Fields) -> Result<Value, ApiError> {
    let pairs = fields.pairs("params")?;
    limits::count("params", limits::PARAMS_AND_TAGS, pairs.len())?;
    change(tracking, id, |model| Ok(set(&mut model["data"]["params"], &pairs)))?;
    Ok(json!({}))
}

pub(crate) fn tags(tracking: &Tracking, id: &str, fields: &Fields) -> Result<Value, ApiError> {
    let pairs = fields.pairs("tags")?;
    change(tracking, id, |model| Ok(set(&mut model["info"]["tags"], &pairs)))?;
    Ok(json!({}))
}

pub(crate) fn untag(tracking: &Tracking, id: &str, key: &str) -> Result<Value, ApiError> {
    change(tracking, id, |model| {
        let tags = model["info"]["tags"].as_array_mut();
        let place = tags.as_ref().and_then(|tags| tags.iter().position(|tag| tag["key"] == json!(key)));
        match (tags, place) {
            (Some(tags), Some(place)) => drop(tags.remove(place)),
            _ => {
                return Err(ApiError::missing(format!(
                    "No tag with key {key:?} found for model with ID {id:?}."
                )));
            }
        }
        Ok(())
    })?;
    Ok(json!({}))
}

/// Notes a metric that a run measured on a model, the latest of each run, key and data set.
pub(crate) fn measured(
    tracking: &Tracking,
    id: &str,
    run: &str,
    point: &LoggedMetric,
    data: [Option<&str>; 2],
) -> Result<(), ApiError> {
    let mut entry = wire::metric(point);
    (entry["model_id"], entry["run_id"]) = (json!(id), json!(run));
    for (name, value) in ["dataset_name", "dataset_digest"].into_iter().zip(data) {
        if let Some(value) = value {
            entry[name] = json!(value);
        }
    }
    change(tracking, id, |model| {
        if let Some(metrics) = model["data"]["metrics"].as_array_mut() {
            let same = |known: &Value| {
                ["key", "run_id", "dataset_name", "dataset_digest"]
                    .iter()
                    .all(|part| known.get(part) == entry.get(part))
            };
            metrics.retain(|known| !same(known));
            metrics.push(entry);
        }
        Ok(())
    })
}

/// A model as something that can be filtered.
struct Model(Value);

impl Queried for Model {
    fn values(&self, field: &Field) -> Vec<Queryable<'_>> {
        let list = |list: &'static str, part: &'static str| {
            self.0[part][list].as_array().map(Vec::as_slice).unwrap_or_default()
        };
        let own = |entry: &&Value| entry["key"] == json!(field.key);
        match field.entity {
            Entity::Metric => list("metrics", "data")
                .iter()
                .filter(own)
                .filter_map(|entry| fields::float(&entry["value"]))
                .map(Queryable::Number)
                .collect(),
            Entity::Param => texts(list("params", "data").iter().filter(own)),
            Entity::Tag => texts(list("tags", "info").iter().filter(own)),
            Entity::Dataset => Vec::new(),
            Entity::Attribute => attribute(&self.0["info"], &field.key).into_iter().collect(),
        }
    }

    /// The newest first.
    fn natural_order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |model: &Self| {
            (
                model.0["info"]["creation_timestamp_ms"].as_u64(),
                model.0["info"]["model_id"].as_str().map(str::to_owned),
            )
        };
        key(other).cmp(&key(self))
    }
}

fn texts<'a>(entries: impl Iterator<Item = &'a Value>) -> Vec<Queryable<'a>> {
    entries.filter_map(|entry| entry["value"].as_str()).map(Queryable::text).collect()
}

fn attribute<'a>(info: &'a Value, key: &str) -> Option<Queryable<'a>> {
    let name = match key {
        "id" => "model_id",
        "experiment" => "experiment_id",
        "created" | "creation_timestamp" | "creation_time" => "creation_timestamp_ms",
        "last_updated_timestamp" => "last_updated_timestamp_ms",
        other => other,
    };
    match info.get(name)? {
        Value::Number(number) => number.as_f64().map(Queryable::Number),
        other => other.as_str().map(Queryable::text),
    }
}

pub(crate) fn search(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let experiments = fields.texts("experiment_ids")?;
    let all = tracking.documents.all(KIND)?.into_iter().map(|(_, model)| Model(model));
    let member = |model: &Model| {
        model.0.get("deleted").is_none()
            && experiments.iter().any(|id| model.0["info"]["experiment_id"] == json!(id))
    };
    let mut models: Vec<Model> = all.filter(member).collect();
    if let Some(filter) = fields.text("filter")?.filter(|filter| !filter.trim().is_empty()) {
        let filter = Filter::parse(filter, Dialect::Galley)?;
        models.retain(|model| filter.admits(model));
    }
    let datasets = fields.list("datasets")?;
    let measured_on = |entry: &Value, dataset: &Value| {
        let same = |part: &str| dataset.get(part).is_none_or(|wanted| entry.get(part) == Some(wanted));
        same("dataset_name") && same("dataset_digest")
    };
    if !datasets.is_empty() {
        models.retain(|model| {
            let metrics = model.0["data"]["metrics"].as_array().map(Vec::as_slice).unwrap_or_default();
            metrics.iter().any(|entry| datasets.iter().any(|dataset| measured_on(entry, dataset)))
        });
    }
    models.sort_by(Queried::natural_order);
    for order in fields.list("order_by")?.iter().rev() {
        ordered(&mut models, order)?;
    }
    let offset =
        parse_page_token(fields.text("page_token")?.unwrap_or_default()).map_err(ApiError::invalid)?;
    let most = fields.integer("max_results")?.filter(|most| *most > 0).unwrap_or(100) as usize;
    let end = offset.saturating_add(most).min(models.len());
    let page: Vec<Value> =
        models.get(offset..end).unwrap_or_default().iter().map(|model| model.0.clone()).collect();
    let mut answer = json!({ "models": page });
    if end < models.len() {
        answer["next_page_token"] = json!(page_token(end));
    }
    Ok(answer)
}

fn ordered(models: &mut [Model], order: &Value) -> Result<(), ApiError> {
    let name = order["field_name"].as_str().ok_or_else(|| fields::missing("order_by.field_name"))?;
    let descending = order["ascending"] == json!(false);
    let (entity, key) = match name.split_once('.') {
        Some(("metrics", key)) => (Entity::Metric, key),
        Some(("params", key)) => (Entity::Param, key),
        Some(("tags", key)) => (Entity::Tag, key),
        _ => (Entity::Attribute, name),
    };
    let field = Field { entity, key: key.to_owned() };
    let number = |model: &Model| match model.values(&field).first() {
        Some(Queryable::Number(number)) => (false, *number, String::new()),
        Some(Queryable::Text(text)) => (false, 0.0, text.to_string()),
        None => (true, 0.0, String::new()),
    };
    models.sort_by(|a, b| {
        let (a, b) = (number(a), number(b));
        let by_value = a.1.total_cmp(&b.1).then(a.2.cmp(&b.2));
        a.0.cmp(&b.0).then(if descending { by_value.reverse() } else { by_value })
    });
    Ok(())
}
