//! A run that is killed and resumed ends exactly like one that was left alone; a full disk costs one checkpoint.
//!
//! `GALLEY_KILLS=25 cargo nextest run --test kill_resume random` kills 25 times for each kind of teacher instead of once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use galley::store::{RunReader, RunStatus};
use galley_core::Random;

const GALLEY: &str = env!("CARGO_BIN_EXE_galley");

/// A run of the toy recipe in a folder of its own.
struct Runs {
    dir: tempfile::TempDir,
    settings: Vec<String>,
}

impl Runs {
    fn new(settings: &[&str]) -> Self {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        Self { dir: tempfile::tempdir().expect("dir"), settings }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(GALLEY);
        command.arg("--runs").arg(self.dir.path()).args(arguments).stdin(Stdio::null());
        command
    }

    fn quiet(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn start(&self) -> Child {
        let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/toy.toml");
        let mut command = self.quiet(&["run"]);
        command.arg(recipe).args(&self.settings).spawn().expect("galley starts")
    }

    /// Goes on where there is a run, else begins it.
    fn go_on(&self) -> Child {
        match self.run() {
            Some(_) => self.quiet(&["resume", "latest"]).spawn().expect("galley resumes"),
            None => self.start(),
        }
    }

    /// The run's directory, once it has one.
    fn run(&self) -> Option<PathBuf> {
        let dirs = std::fs::read_dir(self.dir.path()).ok()?.flatten().map(|entry| entry.path());
        dirs.into_iter().find(|path| path.join("journal.jnl").is_file())
    }

    fn reader(&self) -> Option<RunReader> {
        RunReader::open(&self.run()?).ok()
    }

    fn status(&self) -> Option<RunStatus> {
        Some(self.reader()?.summary().status)
    }

    /// Everything that must be equal: the newest checkpoint's files (weights, optimiser, teacher, state) and the last
    /// evaluation of every stage.
    fn outcome(&self) -> (serde_json::Value, Vec<String>) {
        let reader = self.reader().expect("a readable run");
        assert_eq!(reader.summary().status, RunStatus::Finished);
        let checkpoint = reader.latest_checkpoint().checkpoint.expect("a checkpoint").path;
        let manifest = std::fs::read(checkpoint.join("manifest.json")).expect("a manifest");
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
        let evals: BTreeMap<(String, u64), String> = reader
            .evals()
            .iter()
            .map(|eval| ((eval.stage.clone(), eval.step), format!("{:?}", eval.results)))
            .collect();
        let evals = evals.into_iter().map(|((stage, step), results)| format!("{stage} {step} {results}"));
        (manifest["files"].clone(), evals.collect())
    }
}

/// Waits until `there` holds, then kills. False when the run ended first.
fn kill_when(child: &mut Child, mut there: impl FnMut() -> bool) -> bool {
    let patience = Instant::now() + Duration::from_secs(240);
    while Instant::now() < patience {
        if child.try_wait().expect("child").is_some() {
            return false;
        }
        if there() {
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
    let whole = Runs::new(&[]);
    assert!(whole.start().wait().expect("run").success());

    let cut = Runs::new(&[]);
    let mut kills = 0;
    // In the reading stage, in the warm start, and twice in the objective.
    for points in [10, 60, 84, 88] {
        let mut child = cut.go_on();
        let seen = || cut.reader().map_or(0, |run| run.metrics().count());
        kills += usize::from(kill_when(&mut child, || seen() >= points));
    }
    assert!(kills >= 3, "only {kills} kills hit the run");
    if cut.status() != Some(RunStatus::Finished) {
        assert!(cut.go_on().wait().expect("run").success());
    }
    assert_eq!(cut.outcome(), whole.outcome());
}

/// Kills one run after another of the same recipe until there were enough kills, and compares each with the run that was
/// left alone. Returns how many kills hit a checkpoint that was being written.
fn kill_at_random(settings: &[&str], kills: usize, random: &Random) -> usize {
    let whole = Runs::new(settings);
    assert!(whole.start().wait().expect("run").success(), "{settings:?}");
    let expected = whole.outcome();
    let (mut done, mut writing) = (0, 0);
    while done < kills {
        let cut = Runs::new(settings);
        while done < kills {
            let mut random = random.at(done as u64);
            let (in_checkpoint, wait) = (random.chance(0.5), random.below(40) as u64);
            let (points, mut pause) = (random.below(4), None);
            let before = cut.reader().map_or(0, |run| run.metrics().count());
            let mut child = cut.go_on();
            let hit = kill_when(&mut child, || {
                let there = || match (in_checkpoint, cut.run()) {
                    (true, Some(run)) => is_writing(&run),
                    (true, None) => false,
                    (false, _) => cut.reader().map_or(0, |run| run.metrics().count()) >= before + points,
                };
                if pause.is_none() && there() {
                    let share = if in_checkpoint { wait / 8 } else { wait };
                    pause = Some(Instant::now() + Duration::from_millis(share));
                }
                pause.is_some_and(|until| Instant::now() >= until)
            });
            if !hit {
                break;
            }
            done += 1;
            writing += usize::from(cut.run().is_some_and(|run| is_writing(&run)));
        }
        if cut.status() != Some(RunStatus::Finished) {
            assert!(cut.go_on().wait().expect("run").success(), "{settings:?}");
        }
        assert_eq!(cut.outcome(), expected, "{settings:?} after {done} kills");
    }
    writing
}

/// Whether a checkpoint is half written.
fn is_writing(run: &Path) -> bool {
    let entries = std::fs::read_dir(run.join("checkpoints")).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".tmp-"))
}

/// Kills for each kind of run.
#[expect(clippy::disallowed_methods, reason = "how thorough a test is, is not the program's business")]
fn thoroughness() -> usize {
    std::env::var("GALLEY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

#[test]
fn kills_at_random_instants_leave_no_trace_for_any_teacher() {
    let kills = thoroughness();
    let small =
        ["warm-start.reading-steps=0", "warm-start.steps=4", "train.checkpoint-every=1", "eval.tasks=2"];
    let more = ["train.eval-every=0", if kills > 4 { "train.steps=24" } else { "train.steps=4" }];
    let kinds = [("live", 0), ("frozen", 1), ("ema", 0), ("base", 1)];
    for (number, (kind, level)) in kinds.into_iter().enumerate() {
        let kind_setting = format!("teacher.kind={kind:?}");
        let level_setting = format!("train.async-level={level}");
        let tune = if kind == "base" { "policy.tune=\"lora\"" } else { "policy.tune=\"full\"" };
        let settings = [&small[..], &more, &[kind_setting.as_str(), &level_setting, tune]].concat();
        let writing = kill_at_random(&settings, kills, &Random::new(7).at(number as u64));
        println!(
            "teacher {kind}, async-level {level}: {kills} kills, {writing} of them while a checkpoint was written: identical"
        );
    }
}

#[test]
fn a_kill_while_a_run_ends_early_leaves_no_trace() {
    let settings = [
        "warm-start.reading-steps=0",
        "warm-start.steps=4",
        "train.async-level=1",
        "train.steps=40",
        "train.checkpoint-every=1",
        "train.eval-every=2",
        "train.patience=1",
        "train.min-delta=2",
        "eval.tasks=2",
    ];
    let whole = Runs::new(&settings);
    assert!(whole.start().wait().expect("run").success());
    let ends = |runs: &Runs| {
        let reader = runs.reader();
        let notes: Vec<String> =
            reader.iter().flat_map(|run| run.notes().map(|note| note.text.clone())).collect();
        notes.into_iter().find(|text| text.contains("stopped early at step 4"))
    };
    let said = ends(&whole).expect("an early end");
    assert!(said.contains("16 rollouts that were sampled ahead are dropped"), "{said}");
    for kill in 0..thoroughness() as u64 {
        let cut = Runs::new(&settings);
        let (mut child, mut until) = (cut.start(), None);
        kill_when(&mut child, || {
            if until.is_none() && ends(&cut).is_some() {
                until = Some(Instant::now() + Duration::from_millis(kill * 7 % 60));
            }
            until.is_some_and(|until| Instant::now() >= until)
        });
        if cut.status() != Some(RunStatus::Finished) {
            assert!(cut.go_on().wait().expect("run").success());
        }
        assert_eq!(cut.outcome(), whole.outcome(), "kill {kill}");
    }
}

/// Runs under a limit of `blocks` of 512 bytes for every file, which is an error like a full disk and needs no rights.
fn limited(runs: &Runs, blocks: u32) -> Output {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"")).arg("sh").arg(GALLEY);
    command.arg("--runs").arg(runs.dir.path()).args(["resume", "latest"]);
    command.stdin(Stdio::null()).output().expect("a shell")
}

#[test]
fn a_checkpoint_that_does_not_fit_leaves_the_one_before_and_says_so() {
    let settings = [
        "warm-start.reading-steps=0",
        "warm-start.steps=4",
        "train.steps=4",
        "train.checkpoint-every=1",
        "eval.tasks=2",
    ];
    let whole = Runs::new(&settings);
    assert!(whole.start().wait().expect("run").success());

    let cut = Runs::new(&settings);
    let mut child = cut.start();
    let checkpoint = || cut.reader().and_then(|run| run.latest_checkpoint().checkpoint);
    assert!(kill_when(&mut child, || checkpoint().is_some_and(|found| found.step >= 4)));
    let newest = checkpoint().expect("a checkpoint");
    let weights = std::fs::metadata(newest.path.join("policy/model.safetensors")).expect("weights").len();
    let output = limited(&cut, (weights / 1024) as u32);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains(&format!("the checkpoint of step {} is untouched", newest.step))
            && said.contains(&format!("resume goes on from its checkpoint of step {}", newest.step))
            && said.contains("File too large"),
        "{said}"
    );
    assert_eq!(checkpoint(), Some(newest));
    assert!(cut.go_on().wait().expect("run").success());
    assert_eq!(cut.outcome(), whole.outcome());
}
