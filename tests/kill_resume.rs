//! A run that is killed and resumed ends exactly like one that was left alone.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use galley::store::{RunReader, RunStatus};

const GALLEY: &str = env!("CARGO_BIN_EXE_galley");

fn recipe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/toy.toml")
}

fn command(runs: &Path) -> Command {
    let mut command = Command::new(GALLEY);
    command.arg("--runs").arg(runs).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command
}

fn spawn(runs: &Path) -> Child {
    command(runs).arg("run").arg(recipe()).spawn().expect("galley starts")
}

fn run_dir(runs: &Path) -> Option<PathBuf> {
    let dirs = std::fs::read_dir(runs).ok()?.flatten().map(|entry| entry.path());
    dirs.into_iter().find(|path| path.join("journal.jnl").is_file())
}

/// Everything that must be equal: the newest checkpoint's files and the last evaluation of every stage.
fn outcome(dir: &Path) -> (Vec<(String, blake3::Hash)>, Vec<String>) {
    let reader = RunReader::open(dir).expect("a readable run");
    assert_eq!(reader.summary().status, RunStatus::Finished);
    let checkpoint = reader.latest_checkpoint().checkpoint.expect("a checkpoint").path;
    let files = ["policy/model.safetensors", "teacher/model.safetensors", "state.json"];
    let hashes = files.map(|file| {
        let bytes = std::fs::read(checkpoint.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        (file.to_owned(), blake3::hash(&bytes))
    });
    let mut evals: Vec<String> = reader
        .evals()
        .iter()
        .map(|eval| format!("{} {} {:?}", eval.stage, eval.step, eval.results))
        .collect();
    evals.sort();
    evals.dedup();
    (hashes.into(), evals)
}

/// Waits until the run has recorded `points` metric records in all its attempts, then kills it. False when it ended first.
fn kill_after(mut child: Child, runs: &Path, points: usize) -> bool {
    let patience = Instant::now() + Duration::from_secs(240);
    while Instant::now() < patience {
        if child.try_wait().expect("child").is_some() {
            return false;
        }
        let seen =
            run_dir(runs).and_then(|dir| RunReader::open(&dir).ok()).map_or(0, |run| run.metrics().count());
        if seen >= points {
            child.kill().expect("SIGKILL");
            child.wait().expect("child");
            return true;
        }
        std::thread::yield_now();
    }
    panic!("the run made no progress");
}

#[test]
fn a_killed_run_resumes_to_bit_identical_weights_and_evaluations() {
    let whole = tempfile::tempdir().expect("dir");
    assert!(spawn(whole.path()).wait().expect("run").success());
    let expected = outcome(&run_dir(whole.path()).expect("run"));

    let cut = tempfile::tempdir().expect("dir");
    let mut child = spawn(cut.path());
    let mut kills = 0;
    // In the reading stage, in the warm start, and twice in the objective.
    for points in [10, 60, 84, 88] {
        if !kill_after(child, cut.path(), points) {
            break;
        }
        kills += 1;
        child = command(cut.path()).args(["resume", "latest"]).spawn().expect("galley resumes");
        if points == 88 {
            assert!(child.wait().expect("run").success());
            child = command(cut.path()).args(["runs"]).spawn().expect("galley lists");
        }
    }
    assert!(kills >= 3, "only {kills} kills hit the run");
    let dir = run_dir(cut.path()).expect("run");
    if RunReader::open(&dir).expect("run").summary().status != RunStatus::Finished {
        assert!(command(cut.path()).args(["resume", "latest"]).status().expect("run").success());
    }
    assert_eq!(outcome(&dir), expected);
}
