//! What runs did, in a browser and over MLflow's REST interface, from one local port.
//!
//! ```text
//! server ──guard──┬── page/     HTML made here: runs, one run, one sample, comparisons, experiments
//!                 ├── media     pictures of the store, and the difference of two
//!                 ├── live      server-sent events: "this run has grown"
//!                 └── mlflow/   `/api/2.0/mlflow…`: the stock Python client logs and reads
//! report/                       the same pages as one file without a server
//! ```
//!
//! **Architecture invariant.** Everything that a model, a recipe or a remote client wrote is data: it is escaped into
//! HTML, shown as a picture, or sent as a download, and never becomes markup or script of a page. Nothing is loaded from
//! another host. The page writes nothing; the REST interface writes for programs and refuses browsers of other sites.

mod assets;
mod chart;
mod difference;
mod error;
mod guard;
mod live;
mod media;
mod mlflow;
mod page;
mod query;
mod report;
mod server;
mod state;

pub use mlflow::{ExportError, Exported, export};
pub use report::{ReportError, comparison_report, experiment_report, run_report};
pub use server::{DEFAULT_PORT, Options, Server};
