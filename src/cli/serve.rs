//! `galley serve`: the page, and MLflow's interface, on a local port.

use std::{io::Write, path::Path};

use anyhow::{Context, Result};
use galley_serve::{DEFAULT_PORT, Options, Server};

/// Show runs in a browser, and take what MLflow clients log
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port on the loopback interface; 0 takes a free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Where MLflow clients put the artifacts of new experiments (`file:///data`, `s3://bucket`); default: into the runs
    #[arg(long, value_name = "URI")]
    artifact_root: Option<String>,
}

/// Serves until it is interrupted.
pub fn run(args: Args, runs_dir: &Path, out: &mut dyn Write) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let options =
            Options { runs_dir: runs_dir.to_owned(), port: args.port, artifact_root: args.artifact_root };
        let server = Server::bind(options).await;
        let server = server.with_context(|| format!("cannot listen on port {}", args.port))?;
        let address = server.address()?;
        writeln!(out, "{} on http://{address}  (MLFLOW_TRACKING_URI=http://{address})", runs_dir.display())?;
        out.flush()?;
        Ok(server.run().await?)
    })
}
