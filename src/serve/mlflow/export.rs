//! Copying runs to an MLflow server, as its client would log them.

use std::path::Path;

use galley_store::{LoggedMetric, RunReader, RunStatus, media_path};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{limits, wire};

/// Why a run was not copied.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{call} was refused ({status}): {message}")]
    Refused { call: String, status: u16, message: String },
    #[error("cannot reach {address}")]
    Unreachable { address: String, source: reqwest::Error },
    #[error("{0} is no address of an MLflow server (http://… or https://…)")]
    Address(String),
    #[error(transparent)]
    Store(#[from] galley_store::StoreError),
}

/// What arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The run's id over there.
    pub run: String,
    pub params: usize,
    pub points: usize,
    pub pictures: usize,
}

/// Copies a run into the experiment `experiment` (made where it is missing) of the server at `address`: params, metrics
/// with their history, evaluations, tags, status, and with `pictures` those of its samples. The tag `galley.run` holds
/// the run's id here.
pub async fn export(
    run: &RunReader,
    address: &str,
    experiment: &str,
    pictures: bool,
) -> Result<Exported, ExportError> {
    let client = Client::new(address)?;
    let experiment = client.experiment(experiment).await?;
    let summary = run.summary();
    let mut tags = summary.tags.clone();
    tags.insert("galley.run".into(), summary.id.clone());
    let body = json!({
        "experiment_id": experiment, "run_name": summary.name, "user_id": summary.user,
        "start_time": summary.created_ms, "tags": fitting(&tags),
    });
    let made = client.post("runs/create", &body).await?;
    let id = made["run"]["info"]["run_id"].as_str().unwrap_or_default().to_owned();
    let params = fitting(&summary.params);
    for some in params.chunks(limits::PARAMS_AND_TAGS) {
        client.post("runs/log-batch", &json!({ "run_id": id, "params": some })).await?;
    }
    let points = points(run);
    for some in points.chunks(limits::METRICS / 2) {
        client.post("runs/log-batch", &json!({ "run_id": id, "metrics": some })).await?;
    }
    let pictures = if pictures { client.pictures(run, &made).await? } else { 0 };
    let status = match summary.status {
        RunStatus::Running => "RUNNING",
        other => wire::status(other),
    };
    let ended = summary.ended_ms.unwrap_or(summary.updated_ms);
    client.post("runs/update", &json!({ "run_id": id, "status": status, "end_time": ended })).await?;
    Ok(Exported { run: id, params: params.len(), points: points.len(), pictures })
}

/// Pairs whose names the protocol takes.
fn fitting(pairs: &std::collections::BTreeMap<String, String>) -> Vec<Value> {
    let kept = pairs.iter().filter(|(key, _)| limits::name("key", key).is_ok());
    kept.map(|(key, value)| json!({ "key": key, "value": limits::param_value(value) })).collect()
}

/// Every point of every metric, and the means of every evaluation.
fn points(run: &RunReader) -> Vec<Value> {
    let summary = run.summary();
    let mut points: Vec<LoggedMetric> = summary.metrics.keys().flat_map(|name| run.history(name)).collect();
    for eval in run.evals() {
        for (name, value) in eval.means.iter().filter(|(name, _)| !summary.metrics.contains_key(*name)) {
            points.push(LoggedMetric::new(name.clone(), *value, summary.updated_ms as i64, eval.step as i64));
        }
    }
    points.iter().filter(|point| limits::name("key", point.key()).is_ok()).map(wire::metric).collect()
}

struct Client {
    address: String,
    http: reqwest::Client,
}

impl Client {
    fn new(address: &str) -> Result<Self, ExportError> {
        let known = address.starts_with("http://") || address.starts_with("https://");
        let address = address.trim_end_matches('/').to_owned();
        if known {
            Ok(Self { address, http: reqwest::Client::new() })
        } else {
            Err(ExportError::Address(address))
        }
    }

    async fn post(&self, call: &str, body: &Value) -> Result<Value, ExportError> {
        let request = self.http.post(format!("{}/api/2.0/mlflow/{call}", self.address));
        let request = request.header("content-type", "application/json").body(body.to_string());
        self.answer(call, request).await
    }

    async fn answer(&self, call: &str, request: reqwest::RequestBuilder) -> Result<Value, ExportError> {
        let unreachable = |source| ExportError::Unreachable { address: self.address.clone(), source };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let text = response.text().await.map_err(unreachable)?;
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(value);
        }
        let message =
            value["message"].as_str().map_or_else(|| text.chars().take(200).collect(), str::to_owned);
        Err(ExportError::Refused { call: call.to_owned(), status: status.as_u16(), message })
    }

    /// The id of the experiment with this name.
    async fn experiment(&self, name: &str) -> Result<String, ExportError> {
        let name_text = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let address =
            format!("{}/api/2.0/mlflow/experiments/get-by-name?experiment_name={name_text}", self.address);
        match self.answer("experiments/get-by-name", self.http.get(address)).await {
            Ok(found) => Ok(found["experiment"]["experiment_id"].as_str().unwrap_or_default().to_owned()),
            Err(ExportError::Refused { status: 404, .. }) => {
                let made = self.post("experiments/create", &json!({ "name": name })).await?;
                Ok(made["experiment_id"].as_str().unwrap_or_default().to_owned())
            }
            Err(error) => Err(error),
        }
    }

    /// Sends the pictures of the samples as `samples/<sample>/<role>.png`, where the server takes artifacts itself.
    async fn pictures(&self, run: &RunReader, made: &Value) -> Result<usize, ExportError> {
        let uri = made["run"]["info"]["artifact_uri"].as_str().unwrap_or_default();
        let Some(root) = uri.strip_prefix("mlflow-artifacts:") else { return Ok(0) };
        let runs_dir = run.dir().parent().unwrap_or(Path::new("."));
        let mut count = 0;
        for head in run.sample_heads() {
            for (role, hash) in &head.media {
                let Ok(bytes) = std::fs::read(media_path(runs_dir, hash, "png")) else { continue };
                let path = format!("{}/samples/{}/{role}.png", root.trim_matches('/'), head.id());
                let path = crate::query::encoded_path(&path);
                let address = format!("{}/api/2.0/mlflow-artifacts/artifacts/{path}", self.address);
                self.answer("mlflow-artifacts", self.http.put(address).body(bytes)).await?;
                count += 1;
            }
        }
        Ok(count)
    }
}
