//! Runs from the outside: create, resume, rewind, checkpoints, damage, and what readers see meanwhile.

use std::{collections::BTreeMap, fs, path::Path};

use galley_core::Span;
use galley_store::{
    EvalRecord, Numbers, RunReader, RunStatus, RunWriter, SampleRecord, StartRecord, StoreError,
    WriterOptions,
};

fn start() -> StartRecord {
    StartRecord {
        name: "pages".into(),
        recipe: "seed = 1\n".into(),
        primary_metric: "reward".into(),
        steps: Some(10),
        ..StartRecord::default()
    }
}

fn create(runs: &Path) -> RunWriter {
    RunWriter::create(runs, start(), WriterOptions::default()).unwrap()
}

fn loss(value: f64) -> Numbers {
    Numbers::from([("loss".into(), value)])
}

fn eval(step: u64, reward: f64) -> EvalRecord {
    let results = BTreeMap::from([("t".to_owned(), Numbers::from([("reward".into(), reward)]))]);
    EvalRecord::new("train", step, "set", "reward", results)
}

fn checkpoint(writer: &RunWriter, step: u64) {
    writer.publish_checkpoint(step, |dir| fs::write(dir.join("state"), step.to_string())).unwrap();
}

fn checkpoint_names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join("checkpoints")).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn losses(dir: &Path) -> Vec<(u64, f64)> {
    RunReader::open(dir).unwrap().series("loss").iter().map(|point| (point.step, point.value)).collect()
}

#[test]
fn a_run_is_complete_when_it_appears_and_readable_while_it_is_written() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    assert_eq!(fs::read_to_string(writer.dir().join("recipe.toml")).unwrap(), "seed = 1\n");
    writer.metrics(1, loss(f64::NAN)).unwrap();
    writer.heartbeat("rollouts").unwrap();
    let sample = SampleRecord {
        step: 1,
        stage: "train".into(),
        task: "page/1".into(),
        response: "<b>ä</b>".into(),
        tokens: vec![Span::new(0, 3), Span::new(3, 5)],
        weights: vec![2.0, 1.0],
        ..SampleRecord::default()
    };
    writer.sample(&sample).unwrap();
    writer.eval(&eval(1, 0.5)).unwrap();
    writer.alarm(1, "collapse", "kl is 0").unwrap();

    let reader = RunReader::open(writer.dir()).unwrap();
    let summary = reader.summary();
    assert_eq!((summary.status, summary.step, summary.steps), (RunStatus::Running, 1, Some(10)));
    assert_eq!((summary.stage.as_str(), summary.samples, summary.alarms["collapse"]), ("rollouts", 1, 1));
    assert_eq!(summary.latest_primary(), Some(0.5));
    assert!(reader.series("loss")[0].value.is_nan());
    assert_eq!(reader.sample("train/1/page/1/0").unwrap(), sample);
    assert_eq!(reader.sample("0").unwrap().token_text(1), "ä");
    let error = reader.sample("page/2").err().unwrap().to_string();
    assert!(error.contains("no sample `page/2`") && error.contains("train/1/page/1/0"), "{error}");

    let dir = writer.dir().to_owned();
    drop(writer);
    assert_eq!(RunReader::open(&dir).unwrap().summary().status, RunStatus::Dead);
}

#[test]
fn a_second_writer_is_refused_with_the_process_of_the_first() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    let error = RunWriter::resume(writer.dir(), WriterOptions::default()).err().unwrap();
    assert!(matches!(error, StoreError::Busy { pid: Some(pid), .. } if pid == std::process::id()), "{error}");
    let dir = writer.dir().to_owned();
    writer.finish(RunStatus::Finished, "done").unwrap();
    assert_eq!(RunReader::open(&dir).unwrap().summary().status, RunStatus::Finished);
    RunWriter::resume(&dir, WriterOptions::default()).unwrap();
}

#[test]
fn resuming_hides_what_came_after_the_checkpoint() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    let dir = writer.dir().to_owned();
    for step in 1..=5 {
        writer.metrics(step, loss(step as f64)).unwrap();
        if step == 3 {
            checkpoint(&writer, step);
        }
    }
    writer.eval(&eval(5, 0.9)).unwrap();
    drop(writer);
    let before = fs::metadata(dir.join("journal.jnl")).unwrap().len();

    let resumed = RunWriter::resume(&dir, WriterOptions::default()).unwrap();
    assert_eq!(resumed.checkpoint.as_ref().map(|usable| usable.step), Some(3));
    assert_eq!((resumed.writer.attempt(), resumed.start.name.as_str()), (2, "pages"));
    assert_eq!(losses(&dir), [(1, 1.0), (2, 2.0), (3, 3.0)]);
    assert!(RunReader::open(&dir).unwrap().evals().is_empty());
    resumed.writer.metrics(4, loss(40.0)).unwrap();
    assert_eq!(losses(&dir), [(1, 1.0), (2, 2.0), (3, 3.0), (4, 40.0)]);
    assert!(fs::metadata(dir.join("journal.jnl")).unwrap().len() > before, "nothing is deleted");
}

#[test]
fn resuming_without_a_checkpoint_begins_anew() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    let dir = writer.dir().to_owned();
    writer.eval(&eval(0, 0.1)).unwrap();
    writer.metrics(1, loss(1.0)).unwrap();
    drop(writer);
    let resumed = RunWriter::resume(&dir, WriterOptions::default()).unwrap();
    assert_eq!(resumed.checkpoint, None);
    assert!(losses(&dir).is_empty() && RunReader::open(&dir).unwrap().evals().is_empty());
}

#[test]
fn a_torn_tail_is_invisible_and_cut_by_the_next_owner() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    let dir = writer.dir().to_owned();
    writer.metrics(1, loss(1.0)).unwrap();
    checkpoint(&writer, 1);
    drop(writer);
    let journal = dir.join("journal.jnl");
    let mut bytes = fs::read(&journal).unwrap();
    bytes.extend_from_slice(&[90, 0, 0, 0, 1, 2, 3, 4, b'{', b'"', b't']);
    fs::write(&journal, bytes).unwrap();

    let reader = RunReader::open(&dir).unwrap();
    assert_eq!((reader.damage().len(), reader.tail().map(|tail| tail.bytes)), (0, Some(11)));
    let resumed = RunWriter::resume(&dir, WriterOptions::default()).unwrap();
    assert!(resumed.warnings[0].contains("cut 11 bytes"), "{:?}", resumed.warnings);
    resumed.writer.metrics(2, loss(2.0)).unwrap();
    assert_eq!(losses(&dir), [(1, 1.0), (2, 2.0)]);
    let reader = RunReader::open(&dir).unwrap();
    assert_eq!((reader.damage().len(), reader.tail()), (0, None));
}

#[test]
fn a_damaged_record_is_reported_and_the_others_are_read() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    let dir = writer.dir().to_owned();
    for step in 1..=3 {
        writer.metrics(step, loss(step as f64)).unwrap();
    }
    drop(writer);
    let journal = dir.join("journal.jnl");
    let mut bytes = fs::read(&journal).unwrap();
    let at = bytes.windows(8).position(|window| window == b"\"step\":2").unwrap();
    bytes[at + 7] = b'9';
    fs::write(&journal, bytes).unwrap();
    let reader = RunReader::open(&dir).unwrap();
    assert_eq!(losses(&dir), [(1, 1.0), (3, 3.0)]);
    assert_eq!(reader.damage().len(), 1);
    assert!((reader.damage()[0].offset as usize) < at);
}

#[test]
fn a_failing_checkpoint_leaves_the_previous_one() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    checkpoint(&writer, 1);
    let error = writer.publish_checkpoint(2, |dir| {
        fs::write(dir.join("state"), "half")?;
        Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
    });
    assert!(matches!(error, Err(StoreError::Checkpoint { step: 2, .. })));
    assert_eq!(checkpoint_names(writer.dir()), ["00000001"]);
    let latest = RunReader::open(writer.dir()).unwrap().latest_checkpoint();
    assert_eq!((latest.checkpoint.map(|usable| usable.step), latest.warnings.len()), (Some(1), 0));
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_previous_one_used() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    checkpoint(&writer, 1);
    checkpoint(&writer, 2);
    fs::write(writer.dir().join("checkpoints/00000002/state"), "3").unwrap();
    let latest = RunReader::open(writer.dir()).unwrap().latest_checkpoint();
    assert_eq!(latest.checkpoint.map(|usable| usable.step), Some(1));
    assert!(
        latest.warnings[0].contains("00000002") && latest.warnings[0].contains("state"),
        "{:?}",
        latest.warnings
    );
}

#[test]
fn the_newest_and_the_best_checkpoints_are_kept() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    for (step, reward) in [(1, 0.1), (2, 0.8), (3, 0.3), (4, 0.2), (5, f64::NAN)] {
        writer.eval(&eval(step, reward)).unwrap();
        checkpoint(&writer, step);
    }
    assert_eq!(checkpoint_names(writer.dir()), ["00000002", "00000004", "00000005"]);
}

#[test]
fn a_step_that_is_trained_again_replaces_its_checkpoint() {
    let runs = tempfile::tempdir().unwrap();
    let writer = create(runs.path());
    let dir = writer.dir().to_owned();
    checkpoint(&writer, 1);
    checkpoint(&writer, 2);
    drop(writer);
    fs::remove_file(dir.join("checkpoints/00000002/manifest.json")).unwrap();
    let resumed = RunWriter::resume(&dir, WriterOptions::default()).unwrap();
    assert_eq!(resumed.checkpoint.map(|usable| usable.step), Some(1));
    checkpoint(&resumed.writer, 2);
    assert_eq!(RunReader::open(&dir).unwrap().checkpoint_at(2).unwrap().step, 2);
    assert_eq!(checkpoint_names(&dir), ["00000001", "00000002"]);
}

#[test]
fn a_runs_directory_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    fs::write(&runs, "a file in the way").unwrap();
    let error = RunWriter::create(&runs, start(), WriterOptions::default()).err().unwrap().to_string();
    assert!(error.contains("cannot create") && error.contains("runs/.new-"), "{error}");
}
