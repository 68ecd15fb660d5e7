//! `kill -9` at any moment: what a child process was told is recorded, a reader finds.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use galley_core::Random;
use galley_store::{Numbers, RunReader, RunStatus, RunWriter, SampleRecord, StartRecord, WriterOptions};

/// Where the child writes; unset in the parent.
const CHILD: &str = "GALLEY_TEST_CHILD_RUNS";
const KILLS: u64 = 24;

/// Not a test of its own: the body of the child process. Says `n` on stdout when record `n` was acknowledged.
#[expect(clippy::disallowed_methods, reason = "the parent test hands its child the folder this way")]
#[test]
fn child() {
    let Some(runs) = std::env::var_os(CHILD) else { return };
    let writer =
        RunWriter::create(Path::new(&runs), StartRecord::default(), WriterOptions::default()).unwrap();
    let mut out = std::io::stdout();
    for step in 1..100_000 {
        writer.metrics(step, Numbers::from([("loss".into(), step as f64)])).unwrap();
        writer.sample(&SampleRecord { step, response: "x".repeat(2000), ..SampleRecord::default() }).unwrap();
        if step % 16 == 0 {
            writer.publish_checkpoint(step, |dir| fs::write(dir.join("state"), step.to_string())).unwrap();
        }
        writeln!(out, "ack {step}").and_then(|()| out.flush()).unwrap();
    }
}

/// Kills a child after it has acknowledged `after` steps; returns the last that it acknowledged before it died.
fn killed_child(runs: &Path, after: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, runs)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut acknowledged = 0;
    let mut seen = 0;
    for line in lines.by_ref() {
        let Some(step) = line.strip_prefix("ack ").and_then(|step| step.parse().ok()) else { continue };
        acknowledged = step;
        seen += 1;
        if seen == after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    acknowledged
}

#[test]
fn killed_writers_lose_nothing_that_was_acknowledged() {
    let mut random = Random::new(11);
    for _ in 0..KILLS {
        let runs = tempfile::tempdir().unwrap();
        let acknowledged = killed_child(runs.path(), 1 + random.below(60));
        let dirs: Vec<_> = fs::read_dir(runs.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(dirs.len(), 1, "{dirs:?}");

        let reader = RunReader::open(&dirs[0]).unwrap();
        assert_eq!(reader.summary().status, RunStatus::Dead);
        assert!(reader.damage().is_empty());
        let steps: Vec<u64> = reader.series("loss").iter().map(|point| point.step).collect();
        assert!(steps.len() as u64 >= acknowledged, "{} of {acknowledged}", steps.len());
        assert!(steps.iter().copied().eq(1..=steps.len() as u64), "in order, each once");
        assert!(reader.sample_heads().count() as u64 >= acknowledged);

        let latest = reader.latest_checkpoint();
        assert_eq!(latest.warnings, [""; 0], "an announced checkpoint is whole");
        let step = latest.checkpoint.map_or(0, |usable| usable.step);
        assert!(step >= acknowledged / 16 * 16, "{step} after {acknowledged}");
        let resumed = RunWriter::resume(&dirs[0], WriterOptions::default()).unwrap();
        assert_eq!(resumed.checkpoint.map_or(0, |usable| usable.step), step);
    }
}
