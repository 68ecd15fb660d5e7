//! A study of the toy domain from its file to its table: what is finished stays, what changed runs again.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use galley::store::{RunReader, RunStatus, RunSummary, summaries};

struct Study {
    dir: tempfile::TempDir,
}

impl Study {
    fn new(stages: &str) -> Self {
        let study = Self { dir: tempfile::tempdir().expect("dir") };
        study.write(stages);
        study
    }

    fn write(&self, stages: &str) {
        let toy = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/toy.toml");
        let head = format!("question='q'\nprediction='p'\nrecipe={toy:?}\nseeds=[1,2]\nbaseline='warm'\n");
        std::fs::write(self.file(), head + stages).expect("written");
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("study.toml")
    }

    fn runs(&self) -> PathBuf {
        self.dir.path().join("runs")
    }

    fn galley(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galley"));
        command.arg("--runs").arg(self.runs()).args(arguments);
        command.output().expect("galley starts")
    }

    fn experiment(&self, what: &str, more: &[&str]) -> String {
        let file = self.file();
        let arguments = [&["experiment", what, file.to_str().expect("utf-8")], more].concat();
        let output = self.galley(&arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("utf-8")
    }

    fn summaries(&self) -> Vec<RunSummary> {
        summaries(&self.runs()).expect("runs")
    }
}

const STAGES: &str = "
set=['warm-start.reading-steps=0', 'warm-start.steps=4', 'eval.tasks=8', 'train.steps=2', 'train.prompts=4']
[stages.warm]
set=['train.steps=0']
[stages.distil]
from='warm'
[stages.grpo]
from='warm'
set=['objective.name=\"grpo\"', 'train.group=2']
";

#[test]
fn a_study_runs_what_is_missing_and_nothing_twice() {
    let study = Study::new(STAGES);
    study.experiment("run", &[]);
    let first = study.summaries();
    assert_eq!(first.len(), 6);
    assert!(first.iter().all(|run| run.status == RunStatus::Finished), "{first:?}");
    let forks: Vec<&RunSummary> = first.iter().filter(|run| run.parent.is_some()).collect();
    assert_eq!(forks.len(), 4);

    study.experiment("run", &[]);
    assert_eq!(study.summaries().len(), 6, "nothing was left to do");

    study.write(&STAGES.replace("'train.group=2'", "'train.group=4'"));
    study.experiment("run", &[]);
    assert_eq!(study.summaries().len(), 8, "the changed stage ran again, for both seeds");

    let table: serde_json::Value =
        serde_json::from_str(&study.experiment("table", &["--json"])).expect("json");
    let rows: Vec<&str> =
        table["rows"].as_array().expect("rows").iter().filter_map(|row| row["stage"].as_str()).collect();
    assert_eq!(rows[0], "warm");
    assert_eq!(rows.len(), 3);
    assert!(table["rows"][1]["difference"]["mean"].is_number());

    let picture = study.dir.path().join("graph.svg");
    study.experiment("graph", &["-o", picture.to_str().expect("utf-8")]);
    assert!(std::fs::read_to_string(picture).expect("svg").contains(">distil</text>"));
}

#[test]
fn a_fork_begins_with_the_weights_of_its_parent() {
    let study = Study::new(STAGES);
    study.experiment("run", &["train.steps=0"]);
    let runs = study.summaries();
    let weights = |run: &RunSummary| {
        let reader = RunReader::open(&study.runs().join(&run.id)).expect("run");
        let path = reader.latest_checkpoint().checkpoint.expect("checkpoint").path;
        blake3::hash(&std::fs::read(path.join("policy/model.safetensors")).expect("weights"))
    };
    for run in runs.iter().filter(|run| run.parent.is_some()) {
        let parent = run.parent.as_ref().expect("fork");
        let parent = runs.iter().find(|run| run.id == parent.run).expect("parent");
        assert_eq!((run.seed, weights(run)), (parent.seed, weights(parent)));
    }
}

#[test]
fn resume_refuses_a_changed_recipe_and_lists_what_changed() {
    let study = Study::new(
        "[stages.warm]\nset=['warm-start.reading-steps=0','warm-start.steps=2','train.steps=1','eval.tasks=4','train.prompts=2']\n",
    );
    study.experiment("run", &[]);
    let run = study.summaries()[0].id.clone();
    let refused = study.galley(&["resume", &run, "train.lr=0.5"]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(
        error.contains("train.lr: ") && error.contains("is now 0.5 (command line train.lr=0.5)"),
        "{error}"
    );
    assert!(study.galley(&["resume", &run]).status.success(), "an unchanged one goes on");
    assert!(study.galley(&["resume", &run, "train.lr=0.5", "--accept-changes"]).status.success());
    let reader = RunReader::open(&study.runs().join(&run)).expect("run");
    assert!(reader.notes().any(|note| note.text.contains("changed recipe: train.lr")));
}
