//! The server: where it listens and which address means what.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, Uri},
    middleware,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use tokio::net::TcpListener;

use crate::{
    assets,
    error::PageError,
    guard, live, media, mlflow, page,
    query::Query,
    state::{App, Shared},
};

/// Where people look for it.
pub const DEFAULT_PORT: u16 = 8642;

/// What is served, and where.
pub struct Options {
    pub runs_dir: PathBuf,
    /// 0 takes a free one.
    pub port: u16,
    /// Where MLflow clients put the artifacts of new experiments: `file:///…`, `s3://…`; by default into the runs.
    pub artifact_root: Option<String>,
}

/// A server that has its port. It listens on the loopback interface alone.
pub struct Server {
    listener: TcpListener,
    router: Router,
}

impl Server {
    /// # Errors
    /// When the port is taken.
    pub async fn bind(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let app = Arc::new(App::new(options.runs_dir, options.artifact_root));
        Ok(Self { listener, router: router(app) })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the process ends.
    pub async fn run(self) -> io::Result<()> {
        axum::serve(self.listener, self.router).await
    }
}

/// JSON that a call may hold; batches have a limit of their own, files come as streams.
const BODY: usize = 16 << 20;

/// The page and the interface, behind the guard.
fn router(app: Shared) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/rows", get(rows))
        .route("/events", get(live::all))
        .route("/runs/{run}", get(run))
        .route("/runs/{run}/now", get(run_now))
        .route("/runs/{run}/events", get(live::run))
        .route("/runs/{run}/samples", get(samples))
        .route("/runs/{run}/samples/{*sample}", get(sample))
        .route("/compare", get(compare))
        .route("/experiments", get(experiments))
        .route("/experiments/{name}", get(experiment))
        .route("/media/{hash}", get(media::picture))
        .route("/difference/{a}/{b}", get(media::pair))
        .route("/style.css", get(assets::style))
        .route("/script.js", get(assets::script))
        .route("/favicon.ico", get(assets::icon))
        .route("/health", get(|| async { "OK" }))
        .merge(interface())
        .fallback(nothing)
        .layer(middleware::from_fn(guard::guard))
        .with_state(app)
}

/// MLflow's addresses.
fn interface() -> Router<Shared> {
    let mut router = Router::new()
        .route("/version", get(mlflow::version))
        .route("/get-artifact", get(mlflow::direct))
        .route("/model-versions/get-artifact", get(mlflow::model_version));
    for api in ["/api", "/ajax-api"] {
        let files = format!("{api}/2.0/mlflow-artifacts/artifacts");
        router = router
            .route(&format!("{api}/2.0/mlflow/{{*call}}"), any(mlflow::call))
            .route(&format!("{api}/3.0/mlflow/server-info"), get(mlflow::info))
            .route(&files, any(mlflow::download))
            .route(&format!("{files}/"), any(mlflow::download))
            .route(
                &format!("{files}/{{*path}}"),
                get(mlflow::download).delete(mlflow::download).put(mlflow::upload),
            );
    }
    router.layer(DefaultBodyLimit::max(BODY))
}

async fn nothing(uri: Uri) -> Response {
    if uri.path().trim_start_matches('/') == "model-versions/get-artifact" {
        return mlflow::model_version(uri).await;
    }
    PageError::missing(format!("there is nothing at {}", uri.path())).into_response()
}

async fn list(State(app): State<Shared>, uri: Uri) -> Response {
    blocking(move || page::runs::page(&app, &Query::of(&uri))).await
}

async fn rows(State(app): State<Shared>, uri: Uri) -> Response {
    blocking(move || page::runs::rows(&app, &Query::of(&uri))).await
}

async fn run(State(app): State<Shared>, Path(id): Path<String>, uri: Uri) -> Response {
    blocking(move || page::run::page(&app, &id, &Query::of(&uri))).await
}

async fn run_now(State(app): State<Shared>, Path(id): Path<String>, uri: Uri) -> Response {
    blocking(move || page::run::now(&app, &id, &Query::of(&uri))).await
}

async fn samples(State(app): State<Shared>, Path(id): Path<String>, uri: Uri) -> Response {
    blocking(move || page::samples::page(&app, &id, &Query::of(&uri))).await
}

async fn sample(State(app): State<Shared>, Path((id, sample)): Path<(String, String)>) -> Response {
    blocking(move || page::sample::page(&app, &id, &sample)).await
}

async fn compare(State(app): State<Shared>, uri: Uri) -> Response {
    blocking(move || page::compare::page(&app, &Query::of(&uri))).await
}

async fn experiments(State(app): State<Shared>) -> Response {
    blocking(move || page::experiments::list(&app)).await
}

async fn experiment(State(app): State<Shared>, Path(name): Path<String>) -> Response {
    blocking(move || page::experiments::page(&app, &name)).await
}

/// Does what reads files on a thread that may wait.
pub(crate) async fn blocking<T: IntoResponse + Send + 'static>(
    work: impl FnOnce() -> Result<T, PageError> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => done.into_response(),
        Ok(Err(error)) => error.into_response(),
        // A fault of ours: the page says so and the server goes on.
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made").into_response(),
    }
}
