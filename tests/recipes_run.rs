//! The recipes of every domain, run to their closing table at a reduced size: real browser, matplotlib, LibreOffice, and a
//! domain in another process.

use std::process::Command;

use galley::store::{RunReader, RunStatus, summaries};

const SMALL: [&str; 5] =
    ["warm-start.reading-steps=2", "warm-start.steps=4", "train.steps=2", "train.prompts=4", "eval.tasks=4"];

/// Runs `recipe` with few tasks; its closing table has a row for each of the stages.
fn ends_in_a_table(recipe: &str, few: [&str; 2], objective: &str) {
    let dir = tempfile::tempdir().expect("dir");
    let mut command = Command::new(env!("CARGO_BIN_EXE_galley"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("--runs").arg(dir.path());
    let output = command.arg("run").arg(recipe).args(SMALL).args(few).output().expect("galley starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let table = String::from_utf8(output.stdout).expect("utf-8");
    let rows = table.lines().filter_map(|line| line.split_whitespace().next());
    let rows: Vec<&str> = rows.filter(|first| ["before", "warm-start", objective].contains(first)).collect();
    assert_eq!(rows, ["before", "warm-start", objective], "{table}");

    let run = summaries(dir.path()).expect("runs").remove(0);
    assert_eq!(run.status, RunStatus::Finished);
    let reader = RunReader::open(&dir.path().join(&run.id)).expect("a run");
    let faults = reader.series("harness-faults");
    assert!(faults.len() == 2 && faults.iter().all(|point| point.value == 0.0), "{said}");
    assert!(reader.dir().join("trace.json").exists());
}

#[test]
fn design2code() {
    let few = ["domain.web.train-tasks=16", "domain.web.held-out-tasks=4"];
    ends_in_a_table("recipes/design2code.toml", few, "visual-sdpo");
}

#[test]
fn chartmimic() {
    let few = ["domain.charts.train-tasks=16", "domain.charts.held-out-tasks=4"];
    ends_in_a_table("recipes/chartmimic.toml", few, "visual-sdpo");
}

#[test]
fn aeslides() {
    let few = ["domain.slides.train-tasks=16", "domain.slides.held-out-tasks=4"];
    ends_in_a_table("recipes/aeslides.toml", few, "grpo");
}

#[test]
fn a_domain_in_another_process() {
    let few = ["domain.external.options.train=16", "domain.external.options.held-out=4"];
    ends_in_a_table("domains/external/examples/svg/recipe.toml", few, "visual-sdpo");
}
