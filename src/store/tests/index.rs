//! The index answers like the journals, whatever happens to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use galley_store::{
    Numbers, Point, RunReader, RunStatus, RunWriter, StartRecord, WriterOptions, find_run, series, summaries,
};

fn create(runs: &Path, name: &str) -> RunWriter {
    let start = StartRecord { name: name.into(), ..StartRecord::default() };
    RunWriter::create(runs, start, WriterOptions::default()).unwrap()
}

fn log(writer: &RunWriter, steps: std::ops::Range<u64>) {
    for step in steps {
        let values = Numbers::from([("loss".into(), 1.0 / step as f64), ("kl".into(), f64::NAN)]);
        writer.metrics(step, values).unwrap();
    }
}

/// Lists and series through the index equal those of the journals.
fn check(runs: &Path) {
    let listed = summaries(runs).unwrap();
    let mut ids: Vec<&str> = listed.iter().map(|summary| summary.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(
        ids.len(),
        fs::read_dir(runs).unwrap().filter(|e| is_run(&e.as_ref().unwrap().path())).count()
    );
    for summary in &listed {
        let reader = RunReader::open(&runs.join(&summary.id)).unwrap();
        assert_eq!(comparable(summary), comparable(&reader.summary()));
        assert_eq!(bits(&series(runs, &summary.id, "loss").unwrap()), bits(&reader.series("loss")));
        assert_eq!(bits(&series(runs, &summary.id, "kl").unwrap()), bits(&reader.series("kl")));
        assert!(series(runs, &summary.id, "no such").unwrap().is_empty());
    }
}

fn is_run(path: &Path) -> bool {
    path.join("journal.jnl").exists()
}

/// As text, since NaN is not equal to itself.
fn comparable(summary: &galley_store::RunSummary) -> String {
    format!("{summary:?}")
}

fn bits(points: &[Point]) -> Vec<(u64, u64, u64)> {
    points.iter().map(|point| (point.step, point.wall_ms, point.value.to_bits())).collect()
}

fn index_files(runs: &Path) -> Vec<PathBuf> {
    let mut folders = vec![runs.join(".store/index")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn it_follows_live_runs_over_chunks_rewinds_and_removal() {
    let runs = tempfile::tempdir().unwrap();
    assert!(summaries(runs.path()).unwrap().is_empty());
    let first = create(runs.path(), "first");
    log(&first, 1..200);
    check(runs.path());
    log(&first, 200..600);
    check(runs.path());
    let second = create(runs.path(), "second");
    first.publish_checkpoint(300, |dir| fs::write(dir.join("x"), "x")).unwrap();
    check(runs.path());
    let dir = first.dir().to_owned();
    drop(first);
    let resumed = RunWriter::resume(&dir, WriterOptions::default()).unwrap();
    log(&resumed.writer, 301..310);
    check(runs.path());
    assert_eq!(series(runs.path(), resumed.writer.id(), "loss").unwrap().len(), 309);
    let newest = second.dir().to_owned();
    drop(second);
    fs::remove_dir_all(newest).unwrap();
    check(runs.path());
    assert_eq!(summaries(runs.path()).unwrap()[0].status, RunStatus::Running);
}

#[test]
fn it_is_rebuilt_when_deleted_or_damaged_in_any_file() {
    let runs = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        log(&create(runs.path(), name), 1..400);
    }
    check(runs.path());
    fs::remove_dir_all(runs.path().join(".store/index")).unwrap();
    check(runs.path());
    for file in index_files(runs.path()) {
        for damage in [0usize, 1, 2] {
            let Ok(mut bytes) = fs::read(&file) else { continue };
            match damage {
                0 => bytes.truncate(bytes.len() / 2),
                1 => bytes.iter_mut().skip(40).step_by(97).for_each(|byte| *byte ^= 0xff),
                _ => bytes = b"not a database".to_vec(),
            }
            fs::write(&file, bytes).unwrap();
            check(runs.path());
        }
    }
}

#[test]
fn it_is_done_without_when_it_cannot_be_had() {
    let runs = tempfile::tempdir().unwrap();
    log(&create(runs.path(), "a"), 1..10);
    fs::create_dir_all(runs.path().join(".store")).unwrap();
    let db = sled::open(runs.path().join(".store/index")).unwrap();
    check(runs.path());
    drop(db);
    fs::remove_dir_all(runs.path().join(".store/index")).unwrap();
    fs::remove_dir_all(runs.path().join(".store")).unwrap();
    fs::write(runs.path().join(".store"), "in the way").unwrap();
    check(runs.path());
}

#[test]
fn runs_are_found_by_id_name_and_age() {
    let runs = tempfile::tempdir().unwrap();
    let find = |spec: &str| find_run(runs.path(), spec).map_err(|error| error.to_string());
    assert!(find("latest").unwrap_err().contains("there are no runs"));
    let ids = ["01ARZ3NDEKTSV4RRFFQ69G5FA1", "01ARZ3NDEKTSV4RRFFQ69G5FB2", "01BX5ZZKBKACTAV9WEVGEMMVS0"];
    for (id, name) in ids.iter().zip(["pages", "pages", "charts"]) {
        let start = StartRecord { run: (*id).into(), name: name.into(), ..StartRecord::default() };
        RunWriter::create(runs.path(), start, WriterOptions::default()).unwrap();
    }
    let dir = |index: usize| runs.path().join(ids[index]);
    assert_eq!(find("latest"), Ok(dir(2)));
    assert_eq!(find("latest~2"), Ok(dir(0)));
    assert_eq!(find("01bx"), Ok(dir(2)));
    assert_eq!(find("charts"), Ok(dir(2)));
    assert_eq!(find(&dir(1).to_string_lossy()), Ok(dir(1)));
    let several = find("01AR").unwrap_err();
    assert!(
        several.contains("2 runs fit") && several.contains(ids[0]) && several.contains("pages"),
        "{several}"
    );
    assert!(find("pages").unwrap_err().contains("2 runs fit"));
    let none = find("slides").unwrap_err();
    assert!(none.contains("no run fits `slides`") && none.contains("charts"), "{none}");
    assert!(find("latest~3").unwrap_err().contains("only 3 runs"));
}
