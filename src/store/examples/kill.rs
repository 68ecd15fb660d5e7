//! Kills readers and writers at random moments and counts what was lost:
//! `cargo run -p galley-store --example kill -- [readers killed, 60] [writers killed, 30]`.
//!
//! A writer says on stdout what was acknowledged; readers list all runs and read every series through the index, over
//! and over, and complain when a series is not exactly 1, 2, 3, …. Ends with 1 unless everything acknowledged is there,
//! nothing is wrong and no reader has failed.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use galley_core::Random;
use galley_store::{
    LogWriter, LoggedMetric, NewRun, Numbers, RunReader, RunWriter, StartRecord, WriterOptions, history,
    summaries,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["read", runs] => read(Path::new(runs)).map(|()| ExitCode::SUCCESS),
        ["write", kind, runs] => write(kind, Path::new(runs)).map(|()| ExitCode::SUCCESS),
        [] => kill(60, 30),
        [readers] => kill(readers.parse()?, 30),
        [readers, writers, ..] => kill(readers.parse()?, writers.parse()?),
    }
}

/// Until killed.
fn read(runs: &Path) -> Result<(), Failure> {
    loop {
        check(runs)?;
    }
}

/// Every series is 1, 2, 3, … with values to match; returns how many points there are.
fn check(runs: &Path) -> Result<u64, Failure> {
    let mut points = 0;
    for run in summaries(runs)? {
        for (at, point) in history(runs, &run.id, "count")?.iter().enumerate() {
            let expected = at as i64 + 1;
            if (point.step(), point.value()) != (expected, expected as f64) {
                return Err(format!("run {}: {point:?} instead of step {expected}", run.id).into());
            }
            points += 1;
        }
    }
    Ok(points)
}

/// Until killed: acknowledges each record on stdout.
fn write(kind: &str, runs: &Path) -> Result<(), Failure> {
    let append: Box<dyn Fn(u64) -> Result<(), Failure>> = match kind {
        "own" => {
            let writer = RunWriter::create(runs, StartRecord::default(), WriterOptions::default())?;
            Box::new(move |step| Ok(writer.metrics(step, Numbers::from([("count".into(), step as f64)]))?))
        }
        _ => {
            let writer = LogWriter::create(runs, NewRun::default())?;
            Box::new(move |step| {
                let point = LoggedMetric::new("count", step as f64, step as i64, step as i64);
                writer.edits().tag("step", &step.to_string())?;
                Ok(writer.metrics(&[point])?)
            })
        }
    };
    let mut out = std::io::stdout();
    for step in 1.. {
        append(step)?;
        writeln!(out, "{step}")?;
        out.flush()?;
        // A step takes its time: readers have something to catch up with, and the journals stay small.
        if step % 8 == 0 {
            thread::sleep(Duration::from_micros(500));
        }
    }
    Ok(())
}

/// A writer and what it has acknowledged so far.
struct Writer {
    child: Child,
    acknowledged: Arc<AtomicU64>,
    listener: thread::JoinHandle<()>,
}

impl Writer {
    fn start(kind: &str, runs: &Path) -> Result<Self, Failure> {
        let mut child = this().args(["write", kind]).arg(runs).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let acknowledged = Arc::new(AtomicU64::new(0));
        let ours = Arc::clone(&acknowledged);
        let listener = thread::spawn(move || {
            for step in lines.map_while(Result::ok).filter_map(|line| line.parse().ok()) {
                ours.store(step, Ordering::SeqCst);
            }
        });
        Ok(Self { child, acknowledged, listener })
    }

    /// Returns all that it acknowledged before it died.
    fn kill(mut self) -> Result<u64, Failure> {
        self.child.kill()?;
        self.child.wait()?;
        self.listener.join().map_err(|_| "the listener panicked")?;
        Ok(self.acknowledged.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
struct Tally {
    points: u64,
    lost: u64,
    mismatches: u64,
    failed: u64,
}

fn kill(readers: usize, writers: usize) -> Result<ExitCode, Failure> {
    let folder = tempfile::tempdir()?;
    let runs = folder.path();
    let mut random = Random::new(5);
    let mut tally = Tally::default();
    let mut acknowledged = 0;

    let live = [Writer::start("own", runs)?, Writer::start("log", runs)?];
    for _ in 0..readers {
        let mut reader = reader(runs)?;
        thread::sleep(Duration::from_millis(5 + random.below(120) as u64));
        tally.failed += u64::from(ended(&mut reader)?);
        reader.kill()?;
        reader.wait()?;
        tally.mismatches += u64::from(check(runs).inspect_err(|error| eprintln!("{error}")).is_err());
    }
    for writer in live {
        acknowledged += writer.kill()?;
    }

    let mut live = [reader(runs)?, reader(runs)?];
    for index in 0..writers {
        let writer = Writer::start(if index % 2 == 0 { "own" } else { "log" }, runs)?;
        thread::sleep(Duration::from_millis(20 + random.below(150) as u64));
        acknowledged += writer.kill()?;
        tally.mismatches += u64::from(check(runs).inspect_err(|error| eprintln!("{error}")).is_err());
    }
    for reader in &mut live {
        tally.failed += u64::from(ended(reader)?);
        reader.kill()?;
        reader.wait()?;
    }

    tally.points = check(runs)?;
    tally.lost = acknowledged.saturating_sub(tally.points);
    // The journals themselves say the same as the index.
    for run in summaries(runs)? {
        let direct = RunReader::open(&runs.join(&run.id))?;
        let same = direct.history("count") == history(runs, &run.id, "count")?;
        tally.mismatches += u64::from(!same || !direct.damage().is_empty());
    }
    let Tally { points, lost, mismatches, failed } = tally;
    println!(
        "{readers} readers and {writers} writers killed: {acknowledged} records acknowledged, {points} found, \
         {lost} lost, {mismatches} mismatches, {failed} failed commands"
    );
    Ok(if (lost, mismatches, failed) == (0, 0, 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn reader(runs: &Path) -> Result<Child, Failure> {
    Ok(this().arg("read").arg(runs).spawn()?)
}

/// Whether it ended before it was killed, which it does only when something is wrong.
fn ended(child: &mut Child) -> Result<bool, Failure> {
    Ok(child.try_wait()?.is_some())
}

fn this() -> Command {
    // This program is there: it runs.
    Command::new(std::env::current_exe().unwrap_or_default())
}
