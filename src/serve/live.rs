//! Live updates: one server-sent event whenever a run, or any run, has grown.

use std::{
    convert::Infallible,
    fs,
    path::{Path as FsPath, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_core::Stream;
use tokio::sync::mpsc::{self, Receiver};

use crate::state::Shared;

const PAUSE: Duration = Duration::from_millis(400);

/// `event: grown` when the run's journal or its edits have changed.
pub(crate) async fn run(State(app): State<Shared>, Path(spec): Path<String>) -> Response {
    match app.run_dir(&spec) {
        Ok(dir) => watch(&app, move || run_mark(&dir)),
        Err(error) => error.into_response(),
    }
}

/// `event: grown` when a run appears or any run has changed.
pub(crate) async fn all(State(app): State<Shared>) -> Response {
    let runs = app.runs_dir.clone();
    watch(&app, move || all_mark(&runs))
}

/// Changes whenever something is appended.
fn run_mark(dir: &FsPath) -> u64 {
    ["journal.jnl", "edits.jnl"]
        .map(|name| fs::metadata(dir.join(name)).map_or(0, |file| file.len()))
        .iter()
        .sum()
}

fn all_mark(runs: &FsPath) -> u64 {
    let Ok(entries) = fs::read_dir(runs) else { return 0 };
    let dirs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    dirs.iter().map(|dir| run_mark(dir)).fold(dirs.len() as u64, u64::wrapping_add)
}

fn watch(app: &Shared, mark: impl Fn() -> u64 + Send + Sync + Clone + 'static) -> Response {
    let Ok(permit) = app.listeners.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many live pages").into_response();
    };
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        let _permit = permit;
        let mut known = None;
        while !sender.is_closed() {
            let mark = mark.clone();
            let Ok(now) = tokio::task::spawn_blocking(move || mark()).await else { return };
            let first = known.is_none();
            if known.replace(now) != Some(now) {
                let name = if first { "ready" } else { "grown" };
                if sender.send(Event::default().event(name).data(now.to_string())).await.is_err() {
                    return;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    Sse::new(Events(receiver)).keep_alive(KeepAlive::default()).into_response()
}

struct Events(Receiver<Event>);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
