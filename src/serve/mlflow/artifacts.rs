//! Artifacts: listed, sent and taken. What is sent is a download, never a page.

use std::{fs, io, path::Path};

use axum::{
    body::{Body, Bytes},
    extract::{Path as Segments, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use futures_core::Stream;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{
    error::{ApiError, sent as json_sent},
    fields::Fields,
    models, places,
    tracking::Tracking,
};
use crate::{
    query::{Query, encoded},
    state::Shared,
};

/// Of what is posted whole; larger files are put as a stream.
const POSTED: usize = 10 << 20;
const PART: &str = ".part-";
const TEXTS: [&str; 25] = [
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "MLmodel",
    "MLproject",
];

fn io_error(what: &str) -> impl FnOnce(io::Error) -> ApiError + use<'_> {
    move |error| match error.kind() {
        io::ErrorKind::NotFound => ApiError::missing("there is no such artifact"),
        _ => ApiError::internal(format!("cannot {what} the artifact: {error}")),
    }
}

/// `[{"path", "is_dir", "file_size"}]`, by name; paths begin with `prefix`.
fn listed(folder: &Path, prefix: &str) -> Result<Vec<Value>, ApiError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(io_error("list")(error)),
    };
    let mut files = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Links are neither listed nor followed.
        let Ok(kind) = fs::symlink_metadata(entry.path()) else { continue };
        if name.starts_with(PART) || kind.is_symlink() {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{}/{name}", prefix.trim_end_matches('/')) };
        files.push(match kind.is_dir() {
            true => json!({ "path": path, "is_dir": true }),
            false => json!({ "path": path, "is_dir": false, "file_size": kind.len() }),
        });
    }
    files.sort_by_key(|file| file["path"].as_str().map(str::to_owned));
    Ok(files)
}

/// `artifacts/list` of a run.
pub(crate) fn of_run(tracking: &Tracking, fields: &Fields) -> Result<Value, ApiError> {
    let path = fields.text("path")?.unwrap_or_default();
    places::checked(path)?;
    let run = tracking.run(fields.run_id()?)?;
    let root = tracking.artifact_uri(&run);
    Ok(json!({ "root_uri": root, "files": listed(&places::at(tracking, &root, path)?, path)? }))
}

/// `artifacts/directories` of a model.
pub(crate) fn list_of_model(tracking: &Tracking, id: &str, fields: &Fields) -> Result<Value, ApiError> {
    let path = fields.text("artifact_directory_path")?.unwrap_or_default();
    let root = models::location(tracking, id)?;
    Ok(json!({ "root_uri": root, "files": listed(&places::at(tracking, &root, path)?, path)? }))
}

/// `artifacts/files` of a model.
pub(crate) fn of_model(tracking: &Tracking, id: &str, query: &Query) -> Result<Response, ApiError> {
    let path = query.get("artifact_file_path");
    let path = path.ok_or_else(|| {
        ApiError::invalid("Request must include the \"artifact_file_path\" query parameter.")
    })?;
    sent(&places::at(tracking, &models::location(tracking, id)?, path)?)
}

/// `GET /get-artifact?run_id=…&path=…`
pub(crate) async fn direct(State(app): State<Shared>, uri: Uri) -> Response {
    in_background(move || {
        let query = Query::of(&uri);
        let path = query.get("path").ok_or_else(|| super::fields::missing("path"))?;
        places::checked(path)?;
        let run = query
            .get("run_id")
            .or_else(|| query.get("run_uuid"))
            .ok_or_else(|| super::fields::missing("run_id"))?;
        let run = app.tracking.run(run)?;
        sent(&places::at(&app.tracking, &app.tracking.artifact_uri(&run), path)?)
    })
    .await
}

/// `GET /model-versions/get-artifact`: there is no model registry; the path is judged first, as everywhere.
pub(crate) async fn model_version(uri: Uri) -> Response {
    let query = Query::of(&uri);
    match places::checked(query.get("path").unwrap_or_default()) {
        Err(error) => error.into_response(),
        Ok(_) => ApiError::no_endpoint(uri.path()).into_response(),
    }
}

/// `POST upload-artifact?run_uuid=…&path=…`
pub(crate) fn posted(tracking: &Tracking, query: &Query, body: &[u8]) -> Result<Response, ApiError> {
    let must = |what: &str| ApiError::invalid(format!("Request must specify {what}."));
    let run = query.get("run_uuid").ok_or_else(|| must("run_uuid"))?;
    let path = query.get("path").ok_or_else(|| must("path"))?;
    places::checked(path)?;
    if body.is_empty() {
        return Err(must("data"));
    }
    if body.len() > POSTED {
        return Err(ApiError::invalid("Artifact size is too large. Max size is 10MB."));
    }
    let run = tracking.active(run)?;
    let to = places::at(tracking, &tracking.artifact_uri(&run), path)?;
    let folder = to.parent().ok_or_else(|| ApiError::invalid("Invalid path"))?;
    fs::create_dir_all(folder).map_err(io_error("keep"))?;
    let part = folder.join(format!("{PART}{}", ulid::Ulid::new()));
    fs::write(&part, body).and_then(|()| fs::rename(&part, &to)).map_err(io_error("keep"))?;
    Ok(StatusCode::OK.into_response())
}

/// `GET`, `DELETE` on `/mlflow-artifacts/artifacts[/path]`.
pub(crate) async fn download(
    State(app): State<Shared>,
    method: Method,
    path: Option<Segments<String>>,
    uri: Uri,
) -> Response {
    in_background(move || {
        let path = path.map(|Segments(path)| path).filter(|path| !path.trim_matches('/').is_empty());
        match (method, path) {
            (Method::DELETE, Some(path)) => removed(&places::proxied(&app.tracking, &path)?),
            (Method::GET | Method::HEAD, Some(path)) => sent(&places::proxied(&app.tracking, &path)?),
            (Method::GET | Method::HEAD, None) => {
                let query = Query::of(&uri);
                let folder = places::proxied(&app.tracking, query.get("path").unwrap_or_default())?;
                Ok(json_sent(&json!({ "files": listed(&folder, "")? })))
            }
            _ => Err(ApiError::no_endpoint(uri.path())),
        }
    })
    .await
}

fn removed(path: &Path) -> Result<Response, ApiError> {
    let done = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove")(error)),
        _ => Ok(json_sent(&json!({}))),
    }
}

/// `PUT /mlflow-artifacts/artifacts/<path>`: as large as the disk, never whole in memory; there when it is complete.
pub(crate) async fn upload(
    State(app): State<Shared>,
    Segments(path): Segments<String>,
    body: Body,
) -> Response {
    match taken(&app, &path, body).await {
        Ok(()) => json_sent(&json!({})),
        Err(error) => error.into_response(),
    }
}

async fn taken(app: &Shared, path: &str, body: Body) -> Result<(), ApiError> {
    let to = places::proxied(&app.tracking, path)?;
    let folder = to.parent().ok_or_else(|| ApiError::invalid("Invalid path"))?.to_owned();
    tokio::fs::create_dir_all(&folder).await.map_err(io_error("keep"))?;
    let part = folder.join(format!("{PART}{}", ulid::Ulid::new()));
    let written = written(&part, body).await;
    if let Err(error) = written {
        drop(tokio::fs::remove_file(&part).await);
        return Err(error);
    }
    tokio::fs::rename(&part, &to).await.map_err(io_error("keep"))
}

async fn written(part: &Path, body: Body) -> Result<(), ApiError> {
    let mut file = tokio::fs::File::create(part).await.map_err(io_error("keep"))?;
    let mut stream = Box::pin(body.into_data_stream());
    while let Some(chunk) = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
        let chunk: Bytes =
            chunk.map_err(|error| ApiError::invalid(format!("the upload broke off: {error}")))?;
        file.write_all(&chunk).await.map_err(io_error("keep"))?;
    }
    file.flush().await.map_err(io_error("keep"))
}

/// A file as a download: a browser must not show it as a page of this server.
fn sent(path: &Path) -> Result<Response, ApiError> {
    let file = fs::File::open(path).map_err(io_error("read"))?;
    let length = file.metadata().map_err(io_error("read"))?;
    if length.is_dir() {
        return Err(ApiError::invalid("the artifact is a folder"));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let body = Body::from_stream(Chunks { file: tokio::fs::File::from_std(file), buffer: vec![0; 64 << 10] });
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length.len()));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&name));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

/// The name as it is where that is safe, else encoded (RFC 6266).
fn attachment(name: &str) -> HeaderValue {
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&+-.^_`|~".contains(c);
    let text = match name.chars().all(plain) {
        true => format!("attachment; filename={name}"),
        false => format!("attachment; filename*=UTF-8''{}", encoded(name)),
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

fn kind(path: &Path) -> &'static str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or(name);
    match end.to_ascii_lowercase().as_str() {
        text if TEXTS.iter().any(|known| known.eq_ignore_ascii_case(text)) => "text/plain",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

/// A file in pieces.
struct Chunks {
    file: tokio::fs::File,
    buffer: Vec<u8>,
}

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context,
    ) -> std::task::Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut read = tokio::io::ReadBuf::new(&mut this.buffer);
        match tokio::io::AsyncRead::poll_read(std::pin::Pin::new(&mut this.file), context, &mut read) {
            std::task::Poll::Pending => std::task::Poll::Pending,
            std::task::Poll::Ready(Err(error)) => std::task::Poll::Ready(Some(Err(error))),
            std::task::Poll::Ready(Ok(())) if read.filled().is_empty() => std::task::Poll::Ready(None),
            std::task::Poll::Ready(Ok(())) => {
                std::task::Poll::Ready(Some(Ok(Bytes::copy_from_slice(read.filled()))))
            }
        }
    }
}

async fn in_background(work: impl FnOnce() -> Result<Response, ApiError> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => error.into_response(),
        Err(_) => ApiError::internal("the call could not be answered").into_response(),
    }
}
