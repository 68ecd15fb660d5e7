//! The table of calls: which address is answered by what.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    artifacts,
    error::{ApiError, sent},
    experiments,
    fields::Fields,
    history, limits, logging, models, runs, search,
    tracking::Tracking,
};
use crate::{query::Query, state::Shared};

/// The protocol that is spoken: the version of the client that it was tested with.
const VERSION: &str = "3.17.2";
const PREFIXES: [&str; 2] = ["/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"];

pub(crate) async fn version() -> &'static str {
    VERSION
}

/// What this server can do besides: nothing.
pub(crate) async fn info() -> Response {
    sent(&json!({ "store_type": "galley", "workspaces_enabled": false, "trace_archival_enabled": false }))
}

/// `/api/2.0/mlflow/…` and the same under `/ajax-api`.
pub(crate) async fn call(
    State(app): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let done = tokio::task::spawn_blocking(move || answer(&app, &method, &uri, &headers, &body)).await;
    match done {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => error.into_response(),
        Err(_) => ApiError::internal("the call could not be answered").into_response(),
    }
}

fn answer(
    app: &Shared,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, ApiError> {
    let path = PREFIXES.iter().find_map(|prefix| uri.path().strip_prefix(prefix));
    let path = path.ok_or_else(|| ApiError::no_endpoint(uri.path()))?;
    let segments: Vec<String> = path.split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let query = Query::of(uri);
    // Files: not JSON.
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["upload-artifact"]) => return artifacts::posted(&app.tracking, &query, body),
        ("GET", ["logged-models", id, "artifacts", "files"]) => {
            return artifacts::of_model(&app.tracking, id, &query);
        }
        _ => {}
    }
    let fields = match method {
        &Method::GET => Fields::of_query(&query),
        _ => {
            checked_type(headers, body)?;
            Fields::of_body(body)?
        }
    };
    if segments == ["runs", "log-batch"] && body.len() > limits::BATCH_BYTES {
        return Err(ApiError::invalid(format!(
            "Batched logging API requests must be at most {} bytes, got a request of size {}.",
            limits::BATCH_BYTES,
            body.len()
        )));
    }
    Ok(sent(&dispatch(&app.tracking, method.as_str(), &segments, &fields, &query)?))
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// A form of another site could send other types without asking first.
fn checked_type(headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match body.is_empty()
        || kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    {
        true => Ok(()),
        false => Err(ApiError::invalid("Bad Request. Content-Type must be one of ['application/json'].")),
    }
}

fn dispatch(
    tracking: &Tracking,
    method: &str,
    path: &[&str],
    fields: &Fields,
    query: &Query,
) -> Result<Value, ApiError> {
    match (method, path) {
        ("POST", ["experiments", "create"]) => experiments::create(tracking, fields),
        ("GET", ["experiments", "get"]) => experiments::get(tracking, fields),
        ("GET", ["experiments", "get-by-name"]) => experiments::by_name(tracking, fields),
        ("GET" | "POST", ["experiments", "search"]) => search::experiments(tracking, fields),
        ("POST", ["experiments", "update"]) => experiments::update(tracking, fields),
        ("POST", ["experiments", "delete"]) => experiments::delete(tracking, fields, true),
        ("POST", ["experiments", "restore"]) => experiments::delete(tracking, fields, false),
        ("POST", ["experiments", "set-experiment-tag"]) => experiments::tag(tracking, fields),
        ("POST" | "DELETE", ["experiments", "delete-experiment-tag"]) => experiments::untag(tracking, fields),
        ("POST", ["experiments", "search-datasets"]) => search::datasets(tracking, fields),
        ("POST", ["runs", "create"]) => runs::create(tracking, fields),
        ("GET", ["runs", "get"]) => runs::get(tracking, fields),
        ("POST", ["runs", "update"]) => runs::update(tracking, fields),
        ("POST", ["runs", "delete"]) => runs::delete(tracking, fields, true),
        ("POST", ["runs", "restore"]) => runs::delete(tracking, fields, false),
        ("POST", ["runs", "search"]) => search::runs(tracking, fields),
        ("POST", ["runs", "log-metric"]) => logging::metric(tracking, fields),
        ("POST", ["runs", "log-parameter"]) => logging::param(tracking, fields),
        ("POST", ["runs", "log-batch"]) => logging::batch(tracking, fields),
        ("POST", ["runs", "log-model"]) => logging::model(tracking, fields),
        ("POST", ["runs", "log-inputs"]) => logging::inputs(tracking, fields),
        ("POST", ["runs", "outputs"]) => logging::outputs(tracking, fields),
        ("POST", ["runs", "set-tag"]) => logging::tag(tracking, fields),
        ("POST" | "DELETE", ["runs", "delete-tag"]) => logging::untag(tracking, fields),
        ("GET", ["metrics", "get-history"]) => history::one(tracking, fields),
        ("GET", ["metrics", "get-history-bulk"]) => history::bulk(tracking, query),
        ("GET", ["metrics", "get-history-bulk-interval"]) => history::interval(tracking, fields),
        ("GET", ["artifacts", "list"]) => artifacts::of_run(tracking, fields),
        ("POST", ["logged-models"]) => models::create(tracking, fields),
        ("POST" | "GET", ["logged-models", "search"]) => models::search(tracking, fields),
        ("GET", ["logged-models", id]) => {
            models::get(tracking, id, query.get("allow_deleted") == Some("true"))
        }
        ("PATCH", ["logged-models", id]) => models::finalize(tracking, id, fields),
        ("DELETE", ["logged-models", id]) => models::delete(tracking, id),
        ("POST", ["logged-models", id, "params"]) => models::params(tracking, id, fields),
        ("PATCH", ["logged-models", id, "tags"]) => models::tags(tracking, id, fields),
        ("DELETE", ["logged-models", id, "tags", key]) => models::untag(tracking, id, key),
        ("GET", ["logged-models", id, "artifacts", "directories"]) => {
            artifacts::list_of_model(tracking, id, fields)
        }
        _ => Err(ApiError::no_endpoint(&path.join("/"))),
    }
}
