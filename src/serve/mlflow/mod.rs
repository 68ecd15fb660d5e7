//! MLflow's REST interface over the store: the stock Python client logs to it and reads from it.
//!
//! Covered: experiments, runs, params, metrics with their history, tags, inputs and outputs, logged models, artifacts
//! (proxied under `mlflow-artifacts:/`), search with MLflow's filter language. Not covered: traces, the model registry,
//! evaluation datasets, gateways, GraphQL; they answer with `ENDPOINT_NOT_FOUND`.
//!
//! `calls` is the table of addresses; `fields` reads and checks a request; `wire` writes entities as the protocol has
//! them; `error` is the protocol's errors. `experiments`, `runs`, `logging`, `history`, `models` are the calls,
//! `artifacts` the files and `places` where they are.

mod artifacts;
mod calls;
mod error;
mod experiments;
mod export;
mod fields;
mod history;
mod limits;
mod logging;
mod models;
mod places;
mod runs;
mod search;
mod tracking;
mod wire;

pub(crate) use artifacts::{direct, download, model_version, upload};
pub(crate) use calls::{call, info, version};
pub use export::{ExportError, Exported, export};
pub(crate) use tracking::Tracking;
