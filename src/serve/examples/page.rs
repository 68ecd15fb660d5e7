//! The page over a folder of runs, without the rest of galley: `cargo run -p galley-serve --example page -- FOLDER [PORT]`.
//! `--demo N` first fills the folder with made-up runs, N of them small; `--artifact-root URI` is where MLflow clients put
//! their artifacts.

#[path = "../tests/serve/demo.rs"]
mod demo;

use std::{io::Write, path::PathBuf};

use galley_serve::{DEFAULT_PORT, Options, Server};

fn main() -> std::io::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.remove(at);
        (at < arguments.len()).then(|| arguments.remove(at))
    };
    let small: Option<u64> = option("--demo").and_then(|count| count.parse().ok());
    let artifact_root = option("--artifact-root");
    let runs_dir = PathBuf::from(arguments.first().cloned().unwrap_or_else(|| "runs".into()));
    let port = arguments.get(1).and_then(|port| port.parse().ok()).unwrap_or(DEFAULT_PORT);
    if let Some(small) = small {
        (0..small).for_each(|index| demo::small(&runs_dir, index));
        demo::finished(&runs_dir, demo::start("baseline", 1), 0.1);
        demo::finished(&runs_dir, demo::start("with teacher", 2), 0.45);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(Options { runs_dir, port, artifact_root }).await?;
        let mut out = std::io::stdout();
        writeln!(out, "http://{}", server.address()?)?;
        out.flush()?;
        server.run().await
    })
}
