//! `runs`, `runs show`, `runs sample` and `compare` on recorded runs. As plain lines.

use std::{collections::BTreeMap, fs, path::Path};

use clap::Parser;
use galley::{
    cli::{compare, runs, store},
    store::{EvalRecord, Numbers, RunStatus, RunWriter, SampleRecord, StartRecord, WriterOptions},
};
use galley_core::{Axis, Defect, Region, Span, Statement, StatementCredit};

#[derive(Parser)]
enum Galley {
    Runs(runs::Args),
    Compare(compare::Args),
    Store(store::Args),
}

/// What a command prints, or its error.
fn galley(runs_dir: &Path, line: &str) -> Result<String, String> {
    words(runs_dir, &line.split_whitespace().collect::<Vec<_>>())
}

/// The same with words that have blanks in them.
fn words(runs_dir: &Path, words: &[&str]) -> Result<String, String> {
    let words = std::iter::once("galley").chain(words.iter().copied());
    let mut out = Vec::new();
    let done = match Galley::try_parse_from(words).unwrap() {
        Galley::Runs(args) => runs::write(&args, runs_dir, true, &mut out),
        Galley::Compare(args) => compare::write(&args, runs_dir, true, &mut out),
        Galley::Store(args) => store::run(&args, runs_dir, &mut out).map(drop),
    };
    done.map(|()| String::from_utf8(out).unwrap()).map_err(|error| format!("{error:#}"))
}

fn eval(stage: &str, step: u64, set: &str, shift: f64) -> EvalRecord {
    let result = |task: usize| {
        let reward = (task % 5) as f64 / 10.0 + shift;
        let passed = f64::from(u8::from(reward > 0.2));
        (format!("page-{task:02}"), Numbers::from([("reward".into(), reward), ("executed".into(), passed)]))
    };
    EvalRecord::new(stage, step, set, "reward", (0..40).map(result).collect())
}

fn sample() -> SampleRecord {
    SampleRecord {
        step: 2,
        stage: "visual-sdpo".into(),
        task: "page-01".into(),
        reward: 0.5,
        advantage: Some(-0.25),
        finish: "stop".into(),
        response: "<p>hi</p>".into(),
        program: Span::new(0, 9),
        axes: vec![Axis { name: "color".into(), value: 0.25, satisfied: false, weight: 0.5 }],
        defects: vec![Defect {
            detector: "web/contrast".into(),
            axis: "color".into(),
            region: Region::new(0.0, 1.0, 20.0, 10.0),
            severity: 1.0,
            message: "text #777 on #888".into(),
            target: None,
            target_span: None,
        }],
        statements: vec![Statement {
            span: Span::new(0, 9),
            kind: "p".into(),
            regions: Vec::new(),
            ..Statement::default()
        }],
        credit: vec![StatementCredit { responsibility: 0.5, weight: 1.5, defect: Some(0) }],
        tokens: vec![Span::new(0, 3), Span::new(3, 9)],
        weights: vec![1.5, 1.0],
        kl: vec![0.125, 2.0],
        score: Numbers::from([("reward".into(), 0.5), ("executed".into(), 1.0)]),
        ..SampleRecord::default()
    }
}

/// A finished run whose evaluations end `gain` above where they began.
fn record(runs: &Path, name: &str, seed: u64, lr: &str, set: &str, gain: f64) -> String {
    let start = StartRecord {
        name: name.into(),
        seed,
        recipe: format!(
            "name = \"x\"  # default\nseed = {seed}  # command line seed={seed}\n\n[train]\nlr = {lr}  # pages.toml:9\n"
        ),
        objective: "visual-sdpo".into(),
        domain: "web".into(),
        primary_metric: "reward".into(),
        steps: Some(3),
        environment: BTreeMap::from([("device".into(), "cpu".into())]),
        ..StartRecord::default()
    };
    let writer = RunWriter::create(runs, start, WriterOptions::default()).unwrap();
    writer.eval(&eval("before", 0, set, 0.0)).unwrap();
    for step in 1..=3 {
        writer.metrics(step, Numbers::from([("loss".into(), 3.0 - step as f64)])).unwrap();
    }
    writer.sample(&sample()).unwrap();
    writer.alarm(2, "collapse", "kl below 0.01").unwrap();
    writer.eval(&eval("visual-sdpo", 3, set, gain)).unwrap();
    writer.publish_checkpoint(3, |dir| fs::write(dir.join("state"), "x")).unwrap();
    let id = writer.id().to_owned();
    writer.finish(RunStatus::Finished, "").unwrap();
    id
}

#[test]
fn runs_are_listed_filtered_and_given_as_json() {
    let runs = tempfile::tempdir().unwrap();
    assert_eq!(galley(runs.path(), "runs").unwrap().lines().count(), 1, "the header alone");
    let first = record(runs.path(), "one", 1, "1e-3", "s", 0.1);
    let second = record(runs.path(), "two", 2, "1e-3", "s", 0.3);
    let table = galley(runs.path(), "runs").unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[1].starts_with(&format!(
        "{second}\ttwo\tfinished\t3/3\tweb\tvisual-sdpo\t2\treward\t0.200\t0.500\t0.500\t3\t"
    )));
    assert!(lines[2].starts_with(&first) && lines[2].ends_with("collapse ×1"), "{}", lines[2]);
    assert_eq!(galley(runs.path(), "runs --name on").unwrap().lines().count(), 2);
    assert_eq!(galley(runs.path(), "runs --status running").unwrap().lines().count(), 1);
    assert!(galley(runs.path(), "runs --best -n 1").unwrap().contains(&second));
    let json: serde_json::Value = serde_json::from_str(&galley(runs.path(), "runs --json").unwrap()).unwrap();
    assert_eq!((&json[1]["id"], &json[0]["evals"][1]["stage"]), (&first.into(), &"visual-sdpo".into()));
}

#[test]
fn one_run_and_one_sample_are_shown() {
    let runs = tempfile::tempdir().unwrap();
    let id = record(runs.path(), "one", 1, "1e-3", "s", 0.1);
    let shown = galley(runs.path(), "runs show latest").unwrap();
    for part in [
        "status       finished, step 3 of 3",
        "5\ttrain.lr\t1e-3\tpages.toml:9",
        "loss\t2.000\t0\t0\t2.000\t█▅▁",
        "visual-sdpo     3     40  0.300",
        "+0.100 [+0.100, +0.100]",
        "\nsamples\n#\tsample\treward\texecuted\n0\tvisual-sdpo/2/page-01/0\t0.500\t1.000",
        "step 2: collapse: kl below 0.01",
        "checkpoints/00000003",
        &format!("galley runs sample {id} 0"),
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
    assert!(!shown.contains("\tdefault\n"), "only what was set");
    let json: serde_json::Value =
        serde_json::from_str(&galley(runs.path(), "runs show one --json").unwrap()).unwrap();
    assert_eq!(json["curves"][0][1][2], serde_json::json!([3, 0.0]));

    let shown = galley(runs.path(), "runs sample one visual-sdpo/2/page-01/0").unwrap();
    for part in [
        "reward 0.500, advantage -0.250, 2 tokens, ended by stop",
        "0\tweb/contrast\tcolor\t1.000\t0,1 20×10\ttext #777 on #888",
        "p\t0..9\t0.500\t1.500\t#0\t<p>hi</p>",
        "0\t0..3\t1.500\t0.125\t\"<p>\"",
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
    assert!(galley(runs.path(), "runs sample one 7").unwrap_err().contains("no sample `7`; it has 1"));
}

#[test]
fn runs_and_stages_are_compared() {
    let runs = tempfile::tempdir().unwrap();
    record(runs.path(), "one", 1, "1e-3", "s", 0.1);
    record(runs.path(), "two", 2, "3e-4", "s", 0.3);
    let compared = galley(runs.path(), "compare one two").unwrap();
    for part in [
        "B better than A on reward: +0.200 [+0.200, +0.200], paired, n = 40, p < 0.001; 40 wins, 0 ties, 0 losses\n",
        "train.lr\t1e-3\trecipe.toml:5 ← pages.toml:9\t3e-4\trecipe.toml:5 ← pages.toml:9",
        "note: one seed a side",
    ] {
        assert!(compared.contains(part), "{part} in\n{compared}");
    }
    let stages = galley(runs.path(), "compare one --stage before..visual-sdpo").unwrap();
    assert!(stages.starts_with("visual-sdpo better than before on reward: +0.100"), "{stages}");
    assert_eq!(stages, galley(runs.path(), "compare one").unwrap(), "the first and the last evaluation");
    let json: serde_json::Value =
        serde_json::from_str(&galley(runs.path(), "compare one two --json").unwrap()).unwrap();
    assert_eq!(json[0]["comparison"]["metrics"][1]["paired"]["test"], "mcnemar");
    assert!(
        galley(runs.path(), "compare one --stage warm-start")
            .unwrap_err()
            .contains("it has before, visual-sdpo")
    );
}

#[test]
fn seeds_are_called_seeds_and_other_sets_are_refused() {
    let runs = tempfile::tempdir().unwrap();
    record(runs.path(), "one", 1, "1e-3", "s", 0.1);
    record(runs.path(), "two", 2, "1e-3", "s", 0.1);
    record(runs.path(), "other", 1, "1e-3", "t", 0.1);
    let seeds = galley(runs.path(), "compare one two").unwrap();
    assert!(seeds.starts_with("no difference shown between A and B on reward: 0 [0, 0]"), "{seeds}");
    assert!(seeds.contains("note: nothing differs in configuration and code but the seed"), "{seeds}");
    let refused = galley(runs.path(), "compare one other").unwrap_err();
    assert!(
        refused.contains("not comparable") && refused.contains("set s") && refused.contains("set t"),
        "{refused}"
    );
}

#[test]
fn runs_are_queried_edited_and_put_together_by_seed() {
    let runs = tempfile::tempdir().unwrap();
    let first = record(runs.path(), "one", 1, "1e-3", "s", 0.1);
    let second = record(runs.path(), "two", 2, "1e-3", "s", 0.3);
    let third = record(runs.path(), "three", 1, "3e-4", "s", 0.2);
    let run = |line: &[&str]| words(runs.path(), line);
    let ids = |text: &str| -> Vec<String> {
        text.lines().skip(1).map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    };
    let found = run(&[
        "runs",
        "--where",
        "metrics.reward > 0.35 and params.train.lr < 1e-2",
        "--sort",
        "metrics.reward",
    ]);
    assert_eq!(ids(&found.unwrap()), [third.clone(), second.clone()]);
    let columns =
        run(&["runs", "--columns", "name,metrics.reward,params.train.lr,tags.x", "--sort=-seed,name"])
            .unwrap();
    let expected = format!(
        "run\tname\tmetrics.reward\tparams.train.lr\ttags.x\n{second}\ttwo\t0.500\t1e-3\t–\n{first}\tone\t0.300\t1e-3\t–\n{third}\tthree\t0.400\t3e-4\t–\n"
    );
    assert_eq!(columns, expected);
    let wrong = run(&["runs", "--where", "metrics.reward >> 1"]).unwrap_err();
    assert!(wrong.contains("expected a number\n  metrics.reward >> 1\n                  ^"), "{wrong}");

    let grouped =
        run(&["runs", "--group-by", "all-but-seed", "--columns", "params.train.lr,metrics.reward"]).unwrap();
    // Of 0.3 and 0.5: mean 0.4, standard error 0.1, t = 12.706.
    assert_eq!(
        grouped,
        "runs\tseeds\tparams.train.lr\tmetrics.reward\n1\t1\t3e-4\t0.400\n2\t1 2\t1e-3\t0.400 ± 1.271\n"
    );
    let json = run(&["runs", "--group-by", "params.train.lr", "--json"]).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json[1]["seeds"].to_string().as_str(), &json[0]["runs"][0]), ("[2,1]", &third.into()));

    run(&["runs", "tag", "one", "owner=us", "x=1"]).unwrap();
    run(&["runs", "tag", "one", "x="]).unwrap();
    run(&["runs", "note", "one", "look", "at this"]).unwrap();
    run(&["runs", "star", "one"]).unwrap();
    run(&["runs", "rename", "one", "first try"]).unwrap();
    assert!(run(&["runs", "tag", "two", "x"]).unwrap_err().contains("`key=value`, not `x`"));
    let line = run(&["runs", "--where", "starred = true and tags.owner = 'us'", "--json"]).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line[0]["name"], &line[0]["notes"][0]["text"]),
        (&"first try".into(), &"look at this".into())
    );
    run(&["runs", "delete", &first, "two"]).unwrap();
    assert_eq!(galley(runs.path(), "runs").unwrap().lines().count(), 2);
    assert_eq!(galley(runs.path(), "runs --deleted").unwrap().lines().count(), 4);
    run(&["runs", "restore", &first]).unwrap();
    assert_eq!(galley(runs.path(), "runs").unwrap().lines().count(), 3);

    let watched = run(&["runs", "watch", "three"]).unwrap();
    assert!(
        watched.starts_with("step 1/3  loss 2.000  ") && watched.ends_with("three finished at step 3\n"),
        "{watched}"
    );
}

#[test]
fn groups_of_seeds_are_compared_with_intervals_over_seeds() {
    let runs = tempfile::tempdir().unwrap();
    for (name, seed, lr, gain) in
        [("a1", 1, "1e-3", 0.1), ("a2", 2, "1e-3", 0.12), ("b1", 1, "3e-4", 0.3), ("b2", 2, "3e-4", 0.34)]
    {
        record(runs.path(), name, seed, lr, "s", gain);
    }
    let compared = galley(runs.path(), "compare a1,a2 b1,b2").unwrap();
    // The seeds draw 0.1 or 0.12 and 0.3 or 0.34.
    assert!(
        compared.starts_with("B better than A on reward: +0.210 [+0.180, +0.240], paired, n = 40, p < 0.001"),
        "{compared}"
    );
    for part in [
        "note: 2 and 2 seeds: the intervals cover seeds and examples",
        "where it differs\nfacet\tvalue\tn\treward\tp\twins\tties\tlosses\nbaseline\t1 low\t",
        "outcome\tonly the other ran\t",
    ] {
        assert!(compared.contains(part), "{part} in\n{compared}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&galley(runs.path(), "compare a1,a2 b1 --json").unwrap()).unwrap();
    assert_eq!(json[0]["comparison"]["metrics"][0]["baseline_seeds"].as_array().unwrap().len(), 2);
    assert_eq!(json[0]["curves"].as_array().unwrap().len(), 3, "loss of each run");
    record(runs.path(), "c", 1, "1e-3", "t", 0.1);
    assert!(galley(runs.path(), "compare a1,c b1").unwrap_err().contains("not comparable"));
}

#[test]
fn the_store_is_checked_cleaned_and_exported() {
    let runs = tempfile::tempdir().unwrap();
    let first = record(runs.path(), "one", 1, "1e-3", "s", 0.1);
    record(runs.path(), "two", 2, "1e-3", "s", 0.3);
    assert_eq!(galley(runs.path(), "store fsck --deep").unwrap(), "2 runs, 0 losses, 0 untidy\n");
    let points = galley(runs.path(), "store export --what metrics").unwrap();
    assert_eq!(points.lines().count(), 1 + 2 * 3, "{points}");
    let filtered =
        words(runs.path(), &["store", "export", "--format", "jsonl", "--where", "seed = 1"]).unwrap();
    assert!(
        filtered.lines().count() == 1
            && filtered.contains(&first)
            && filtered.contains("\"params.train.lr\":\"1e-3\"")
    );
    let evals = galley(runs.path(), "store export --what evals").unwrap();
    assert_eq!(evals.lines().count(), 1 + 2 * 2 * 40 * 2);
    words(runs.path(), &["runs", "delete", "one"]).unwrap();
    assert!(galley(runs.path(), "store gc").unwrap().contains("in 1 places to remove with --apply"));
    assert!(runs.path().join(&first).exists());
    galley(runs.path(), "store gc --apply").unwrap();
    assert!(!runs.path().join(&first).exists());
}
