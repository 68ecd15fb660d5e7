//! What a mistake looks like: one clear text with its place, exit code 2, no panic, nothing half-written.

use std::{path::Path, process::Command};

struct Ended {
    code: Option<i32>,
    text: String,
}

fn galley(runs: &Path, arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_galley"))
        .arg("--runs")
        .arg(runs)
        .args(arguments)
        .output()
        .expect("galley starts");
    Ended { code: output.status.code(), text: String::from_utf8_lossy(&output.stderr).into_owned() }
}

/// Runs the toy recipe with one line replaced, and overrides.
fn mistaken(from: &str, to: &str, overrides: &[&str]) -> Ended {
    let dir = tempfile::tempdir().expect("dir");
    let toy = include_str!("../recipes/toy.toml");
    assert!(toy.contains(from), "the toy recipe has `{from}`");
    let recipe = dir.path().join("wrong.toml");
    std::fs::write(&recipe, toy.replace(from, to)).expect("recipe");
    let path = recipe.display().to_string();
    let arguments: Vec<&str> = ["run", &path].into_iter().chain(overrides.iter().copied()).collect();
    let ended = galley(&dir.path().join("runs"), &arguments);
    assert!(!ended.text.contains("panicked"), "{}", ended.text);
    assert!(!dir.path().join("runs").exists(), "a refused recipe leaves no runs folder");
    ended
}

fn line_of(text: &str) -> usize {
    1 + include_str!("../recipes/toy.toml").lines().position(|line| line == text).expect("line")
}

#[test]
fn a_typo_in_a_table_name_names_its_line_and_the_right_one() {
    let ended = mistaken("[warm-start]", "[warm-strat]", &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.text.contains(&format!("wrong.toml:{}", line_of("[warm-start]"))), "{}", ended.text);
    assert!(ended.text.contains("did you mean `warm-start`"), "{}", ended.text);
}

#[test]
fn a_typo_in_a_key_names_its_line_and_the_right_one() {
    let ended = mistaken("checkpoint-every = 3", "checkpoint-evry = 3", &[]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.text.contains(&format!("wrong.toml:{}", line_of("checkpoint-every = 3"))),
        "{}",
        ended.text
    );
    assert!(ended.text.contains("did you mean `checkpoint-every`"), "{}", ended.text);
}

#[test]
fn a_typo_in_a_domain_key_is_found_too() {
    let ended = mistaken("rects = 1", "rect = 1", &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.text.contains("did you mean `rects`"), "{}", ended.text);
}

#[test]
fn a_string_for_a_number_names_its_line() {
    let ended = mistaken("prompts = 8", "prompts = \"8\"", &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.text.contains(&format!("wrong.toml:{}", line_of("prompts = 8"))), "{}", ended.text);
    assert!(ended.text.contains("string"), "{}", ended.text);
}

#[test]
fn a_typo_on_the_command_line_names_the_argument() {
    let ended = mistaken("seed = 1", "seed = 1", &["train.lrr=1e-4"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.text.contains("train.lrr"), "{}", ended.text);
    assert!(
        ended.text.contains("did you mean `lr`") || ended.text.contains("did you mean `train.lr`"),
        "{}",
        ended.text
    );
}

#[test]
fn a_missing_data_folder_names_the_setting() {
    let web = "[domain]\nname = \"web\"\n\n[domain.web]\ndata = \"no-such-folder\"\n\n[ignored]";
    let toy = include_str!("../recipes/toy.toml");
    let start = toy.find("[domain]").expect("domain");
    let end = toy.find("[policy]").expect("policy");
    let ended = mistaken(&toy[start..end], &web.replace("\n\n[ignored]", "\n\n"), &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.text.contains("no-such-folder") && ended.text.contains("<id>.html"), "{}", ended.text);
    let line = 1 + toy[..start].lines().count() + 4;
    assert!(ended.text.contains(&format!("wrong.toml:{line}")), "line {line} in {}", ended.text);
}

#[test]
fn a_missing_recipe_is_named() {
    let dir = tempfile::tempdir().expect("dir");
    let ended = galley(dir.path(), &["run", "no-such-recipe.toml"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.text.contains("no-such-recipe.toml"), "{}", ended.text);
}

#[test]
fn a_checkpoint_cut_short_is_named_and_the_one_before_it_is_used() {
    let dir = tempfile::tempdir().expect("dir");
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/toy.toml").display().to_string();
    let ended = galley(dir.path(), &["run", &recipe, "train.steps=4", "train.keep=9"]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let run = std::fs::read_dir(dir.path()).expect("runs").flatten().map(|entry| entry.path());
    let run = run.into_iter().find(|path| path.join("journal.jnl").is_file()).expect("a run");
    let mut checkpoints: Vec<_> = std::fs::read_dir(run.join("checkpoints"))
        .expect("checkpoints")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    checkpoints.sort();
    let cut = |checkpoint: &Path| {
        let weights = checkpoint.join("policy/model.safetensors");
        let bytes = std::fs::read(&weights).expect("weights");
        std::fs::write(&weights, &bytes[..bytes.len() / 2]).expect("cut");
    };
    cut(checkpoints.last().expect("a checkpoint"));
    let ended = galley(dir.path(), &["resume", "latest"]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    assert!(ended.text.contains("warning") && ended.text.contains("model.safetensors"), "{}", ended.text);

    let folder =
        format!("policy.path={}", checkpoints.last().expect("a checkpoint").join("policy").display());
    cut(checkpoints.last().expect("a checkpoint"));
    let ended = galley(&dir.path().join("other"), &["run", &recipe, &folder]);
    assert_eq!(ended.code, Some(2), "{}", ended.text);
    assert!(
        ended.text.contains("command line policy.path") && ended.text.contains("model.safetensors"),
        "{}",
        ended.text
    );
    assert!(!dir.path().join("other/.store/index").exists() && !ended.text.contains("panicked"));

    checkpoints.iter().for_each(|checkpoint| cut(checkpoint));
    let ended = galley(dir.path(), &["resume", "latest"]);
    assert_eq!(ended.code, Some(2), "{}", ended.text);
    assert!(ended.text.contains("model.safetensors"), "{}", ended.text);
}
