//! Runs that other programs log, what people say about runs, and the two ways to list them.

use std::{collections::BTreeMap, fs, path::Path};

use galley_store::{
    Catalog, Edits, LogBatch, LogPool, LogWriter, LoggedMetric, NewRun, Numbers, RunReader, RunStatus,
    RunSummary, RunWriter, StartRecord, StoreError, WriterOptions, history, run_dir, series, summaries,
};

fn new(name: &str) -> NewRun {
    NewRun { name: name.into(), origin: "mlflow".into(), started_ms: Some(1000), ..NewRun::default() }
}

fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn point(value: f64, at_ms: i64, step: i64) -> LoggedMetric {
    LoggedMetric::new("loss", value, at_ms, step)
}

/// The run as a fresh reader, the index and a catalogue see it: all the same.
fn summary(runs: &Path, id: &str, catalog: &Catalog) -> RunSummary {
    let read = RunReader::open(&runs.join(id)).unwrap().summary();
    let listed = summaries(runs).unwrap().into_iter().find(|run| run.id == id).unwrap();
    let catalogued = catalog.runs().unwrap().into_iter().find(|run| run.id == id).unwrap();
    // As text, since NaN is not equal to itself.
    assert_eq!(format!("{read:?}"), format!("{listed:?}"));
    assert_eq!(format!("{read:?}"), format!("{catalogued:?}"));
    assert_eq!(format!("{read:?}"), format!("{:?}", catalog.run(id).unwrap()));
    read
}

#[test]
fn what_is_logged_comes_back_over_many_openings() {
    let runs = tempfile::tempdir().unwrap();
    let catalog = Catalog::new(runs.path());
    let pool = LogPool::new(runs.path());
    let id = pool.create(new("first")).unwrap().id().to_owned();
    let points =
        [point(f64::NAN, 2000, -1), point(f64::INFINITY, 2000, 3), point(0.5, 1500, 3), point(0.25, 1, 2)];
    pool.get(&id).unwrap().metrics(&points[..2]).unwrap();
    assert_eq!(summary(runs.path(), &id, &catalog).metrics["loss"], f64::INFINITY);
    pool.get(&id).unwrap().metrics(&points[2..]).unwrap();
    pool.get(&id).unwrap().input(serde_json::json!({"dataset": {"name": "d"}})).unwrap();
    pool.close(&id);

    let writer = LogWriter::open(&runs.path().join(&id)).unwrap();
    assert!(matches!(LogWriter::open(writer.dir()), Err(StoreError::Busy { .. })));
    writer.params(&texts([("lr", "0.1")])).unwrap();
    writer.params(&texts([("lr", "0.1")])).unwrap();
    drop(writer);
    let writer = pool.get(&id).unwrap();
    let conflict =
        LogBatch { metrics: vec![point(9.0, 9, 9)], params: texts([("lr", "1")]), ..LogBatch::default() };
    let refused = writer.batch(&conflict).unwrap_err().to_string();
    assert!(refused.contains("`lr` = `0.1`; it cannot become `1`"), "{refused}");
    writer.batch(&LogBatch { tags: texts([("a", "b")]), ..LogBatch::default() }).unwrap();
    writer.status(RunStatus::Failed, Some(7000)).unwrap();

    let run = summary(runs.path(), &id, &catalog);
    assert_eq!(
        (run.status, run.ended_ms, run.created_ms, run.origin.as_str()),
        (RunStatus::Failed, Some(7000), 1000, "mlflow")
    );
    assert_eq!((run.params["lr"].as_str(), run.tags["a"].as_str(), run.inputs.len()), ("0.1", "b", 1));
    assert_eq!(run.latest_point("loss"), Some(points[1].clone()), "the highest step, then the latest");
    for found in
        [history(runs.path(), &id, "loss").unwrap(), RunReader::open(writer.dir()).unwrap().history("loss")]
    {
        assert_eq!(format!("{found:?}"), format!("{points:?}"));
    }
    let steps: Vec<_> =
        series(runs.path(), &id, "loss").unwrap().iter().map(|p| (p.step, p.wall_ms)).collect();
    assert_eq!(steps, [(0, 1000), (3, 1000), (3, 500), (2, 0)]);
}

#[test]
fn runs_of_galley_take_edits_and_nothing_else_from_others() {
    let runs = tempfile::tempdir().unwrap();
    let catalog = Catalog::new(runs.path());
    let start = StartRecord {
        name: "pages".into(),
        recipe: "[train]\nlr = 1e-3 # x\nobjective = \"grpo\"\n".into(),
        ..StartRecord::default()
    };
    let writer = RunWriter::create(runs.path(), start, WriterOptions::default()).unwrap();
    writer.metrics(1, Numbers::from([("loss".into(), 0.5)])).unwrap();
    let id = writer.id().to_owned();
    assert!(matches!(LogPool::new(runs.path()).get(&id), Err(StoreError::OwnRun { .. })));
    let edits = Edits::of(writer.dir()).unwrap();
    edits.tag("a", "1").unwrap();
    edits.tag("b", "2").unwrap();
    edits.untag("a").unwrap();
    edits.rename("sites").unwrap();
    edits.note("look at this").unwrap();
    edits.star(true).unwrap();
    edits.delete(true).unwrap();
    let run = summary(runs.path(), &id, &catalog);
    assert_eq!(
        (run.name.as_str(), run.tags, run.starred, run.deleted_ms.is_some()),
        ("sites", texts([("b", "2")]), true, true)
    );
    assert_eq!(
        (run.notes[0].text.as_str(), run.params["train.objective"].as_str()),
        ("look at this", "grpo")
    );
    let logged = &history(runs.path(), &id, "loss").unwrap()[0];
    assert_eq!((logged.step(), logged.timestamp_ms() as u64 >= run.created_ms), (1, true));

    edits.delete(false).unwrap();
    writer.metrics(2, Numbers::from([("loss".into(), 0.25)])).unwrap();
    let run = summary(runs.path(), &id, &catalog);
    assert_eq!((run.deleted_ms, run.metrics["loss"], run.status), (None, 0.25, RunStatus::Running));
    let dir = writer.dir().to_owned();
    drop(writer);
    assert_eq!(catalog.run(&id).unwrap().status, RunStatus::Dead, "without a write to any file");
    RunWriter::resume(&dir, WriterOptions::default()).unwrap();
    assert_eq!(summary(runs.path(), &id, &catalog).name, "sites", "edits outlive a rewind");
    fs::remove_dir_all(&dir).unwrap();
    assert!(catalog.runs().unwrap().is_empty() && catalog.run(&id).is_err());
}

#[test]
fn an_id_from_outside_leads_nowhere_else() {
    let runs = tempfile::tempdir().unwrap();
    let id = LogPool::new(runs.path()).create(new("a")).unwrap().id().to_owned();
    assert!(run_dir(runs.path(), &id).is_ok());
    for wrong in
        ["", "..", "../x", "latest", &id.to_lowercase()[1..], &format!("{id}/../{id}"), &format!("./{id}")]
    {
        assert!(matches!(run_dir(runs.path(), wrong), Err(StoreError::NotFound(_))), "{wrong}");
    }
}

#[test]
fn more_runs_than_are_kept_open_are_all_written() {
    let runs = tempfile::tempdir().unwrap();
    let pool = LogPool::new(runs.path());
    let ids: Vec<String> =
        (0..140).map(|at| pool.create(new(&at.to_string())).unwrap().id().to_owned()).collect();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (pool, ids) = (&pool, &ids);
            scope.spawn(move || {
                for (at, id) in ids.iter().enumerate() {
                    pool.get(id).unwrap().metrics(&[point(f64::from(worker), at as i64, 0)]).unwrap();
                }
            });
        }
    });
    for summary in summaries(runs.path()).unwrap() {
        assert_eq!(
            (
                summary.metrics["loss"],
                RunReader::open(&runs.path().join(&summary.id)).unwrap().history("loss").len()
            ),
            (3.0, 4)
        );
    }
}
