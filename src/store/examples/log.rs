//! A program of your own that logs to the store: `cargo run -p galley-store --example log -- runs`, then
//! `galley runs --where 'origin = "example"'`.

use galley_store::{LogWriter, LoggedMetric, NewRun, RunReader, RunStatus};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs = std::env::args().nth(1).unwrap_or_else(|| "runs".into());
    let new = NewRun { name: "falling".into(), origin: "example".into(), ..NewRun::default() };
    let writer = LogWriter::create(runs.as_ref(), new)?;
    writer.params(&[("lr".into(), "0.1".into())].into())?;
    let began = RunReader::open(writer.dir())?.start().created_ms as i64;
    for step in 0..100 {
        writer.metrics(&[LoggedMetric::new("loss", 1.0 / (step + 1) as f64, began + 10 * step, step)])?;
    }
    writer.edits().note("logged by examples/log.rs")?;
    writer.status(RunStatus::Finished, Some(began as u64 + 1000))?;

    let reader = RunReader::open(writer.dir())?;
    println!("{}: loss {:?} at step {}", writer.id(), reader.summary().metric("loss"), reader.summary().step);
    Ok(())
}
