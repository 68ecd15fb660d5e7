//! What a run records beside its losses: evaluations with best-of-N, an early end, samples that explain themselves; and a
//! sweep.

use std::{path::Path, process::Command};

use galley::store::{RunReader, RunStatus, summaries};

/// A small run of the toy recipe; standard output.
fn run(runs: &Path, settings: &[&str]) -> String {
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/toy.toml");
    let small = ["warm-start.reading-steps=0", "warm-start.steps=4", "train.prompts=4", "eval.tasks=4"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_galley"));
    let output = command.arg("--runs").arg(runs).arg("run").arg(recipe).args(small).args(settings).output();
    let output = output.expect("galley starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("utf-8")
}

#[test]
fn an_objective_ends_early_and_its_record_explains_it() {
    let dir = tempfile::tempdir().expect("dir");
    // No evaluation can be better by 2, so the second on the way is the last.
    let early = ["train.steps=40", "train.eval-every=2", "train.patience=1", "train.min-delta=2"];
    run(dir.path(), &[&early[..], &["eval.best-of=2", "eval.values=true"]].concat());
    let run = summaries(dir.path()).expect("runs").remove(0);
    let reader = RunReader::open(&dir.path().join(&run.id)).expect("a run");
    assert!(reader.notes().any(|note| note.text.contains("stopped early at step 4")));
    assert_eq!(run.status, RunStatus::Finished);

    let evals = reader.evals();
    let last = evals.last().expect("an evaluation");
    assert_eq!((last.stage.as_str(), last.results.len()), ("visual-sdpo", 4));
    for numbers in last.results.values() {
        assert!(numbers["best-of-2/reward"] >= numbers["sampled/reward"]);
        assert!(numbers.contains_key("values-right") && numbers.contains_key("value/0"));
    }
    assert!(reader.series("memory/rss-mib").iter().all(|point| point.value > 1.0));
    assert_eq!(reader.series("time/step").len(), 4);

    let sample = reader.samples().map(|sample| sample.expect("a sample")).find(|one| !one.kl.is_empty());
    let sample = sample.expect("a training sample");
    assert_eq!(
        (sample.student_top.len(), sample.teacher_top.len()),
        (sample.tokens.len(), sample.tokens.len())
    );
    assert!(sample.student_top.iter().all(|top| top.len() == 5 && top[0].1 >= top[4].1));
    let shown = Command::new(env!("CARGO_BIN_EXE_galley"))
        .arg("--runs")
        .arg(dir.path())
        .args(["runs", "sample", &run.id, &sample.id()])
        .output();
    let shown = String::from_utf8(shown.expect("galley").stdout).expect("utf-8");
    assert!(shown.contains("student and teacher"), "{shown}");
}

#[test]
fn a_sweep_is_one_run_for_every_combination() {
    let dir = tempfile::tempdir().expect("dir");
    let table = run(dir.path(), &["train.steps=1", "train.lr=1e-5,3e-5", "--sweep"]);
    let all = summaries(dir.path()).expect("runs");
    let mut names: Vec<&str> = all.iter().map(|run| run.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["train.lr=1e-5", "train.lr=3e-5"]);
    assert_eq!(all[0].tags.get("sweep"), all[1].tags.get("sweep"));
    assert!(names.iter().all(|name| table.contains(name)), "{table}");
}
