//! Whatever happens to the files: a right answer or a clear message, and never another run's trouble.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use galley_store::{
    Edits, LogPool, LoggedMetric, NewRun, Numbers, RunReader, RunWriter, SampleRecord, StartRecord,
    StoreError, WriterOptions, history,
    maintain::{MediaRule, fsck, gc, repair},
    series, summaries,
};

/// A galley run of 400 steps and one that another program logs.
fn store() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let runs = tempfile::tempdir().unwrap();
    let writer = RunWriter::create(runs.path(), StartRecord::default(), WriterOptions::default()).unwrap();
    for step in 1..=400 {
        writer.metrics(step, Numbers::from([("loss".into(), step as f64)])).unwrap();
    }
    let logged = LogPool::new(runs.path()).create(NewRun::default()).unwrap();
    for step in 0..400 {
        logged.metrics(&[LoggedMetric::new("loss", step as f64, step, step)]).unwrap();
    }
    logged.edits().tag("a", "b").unwrap();
    let dirs = (writer.dir().to_owned(), logged.dir().to_owned());
    (runs, dirs.0, dirs.1)
}

/// Both runs answer completely.
fn check(runs: &Path, own: &Path, logged: &Path) {
    assert_eq!(summaries(runs).unwrap().len(), 2);
    let id = |dir: &Path| dir.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(series(runs, &id(own), "loss").unwrap().len(), 400);
    let points = history(runs, &id(logged), "loss").unwrap();
    assert!(points.iter().map(LoggedMetric::step).eq(0..400));
    let listed = summaries(runs).unwrap().into_iter().find(|run| run.id == id(logged)).unwrap();
    assert_eq!(listed.tags["a"], "b");
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
    files
}

#[test]
fn a_torn_snapshot_flipped_blocks_and_a_deleted_index_cost_time_and_nothing_else() {
    let (runs, own, logged) = store();
    check(runs.path(), &own, &logged);
    for file in index_files(runs.path()) {
        for damage in ["torn", "flipped", "empty"] {
            let Ok(mut bytes) = fs::read(&file) else { continue };
            match damage {
                "torn" => bytes.truncate(bytes.len() / 3),
                "flipped" => bytes.iter_mut().skip(17).step_by(61).for_each(|byte| *byte ^= 0xff),
                _ => bytes.clear(),
            }
            fs::write(&file, bytes).unwrap();
            check(runs.path(), &own, &logged);
        }
    }
    fs::remove_dir_all(runs.path().join(".store/index")).unwrap();
    check(runs.path(), &own, &logged);
    assert_eq!(fsck(runs.path(), true).unwrap(), []);
}

#[test]
fn stray_files_are_passed_over_and_named() {
    let (runs, own, logged) = store();
    fs::write(runs.path().join("notes.txt"), "mine").unwrap();
    fs::create_dir(runs.path().join("01ARZ3NDEKTSV4RRFFQ69G5FA1")).unwrap();
    fs::create_dir(runs.path().join(".new-01ARZ3NDEKTSV4RRFFQ69G5FB2")).unwrap();
    fs::write(own.join("core"), "dump").unwrap();
    check(runs.path(), &own, &logged);
    let found = fsck(runs.path(), false).unwrap();
    let of = |name: &str| found.iter().find(|finding| finding.path.to_string_lossy().contains(name)).unwrap();
    assert_eq!((of("notes.txt").is_loss, of("notes.txt").repairable), (false, false));
    assert!(of("FA1").message.contains("cannot open"), "{found:?}");
    assert!(of(".new-").repairable && !repair(runs.path(), &found).is_empty());
    assert!(!runs.path().join(".new-01ARZ3NDEKTSV4RRFFQ69G5FB2").exists());
}

#[test]
fn a_truncated_or_flipped_journal_loses_what_is_gone_and_says_so() {
    let (runs, own, logged) = store();
    let journal = own.join("journal.jnl");
    let whole = fs::read(&journal).unwrap();
    summaries(runs.path()).unwrap();
    fs::write(&journal, &whole[..whole.len() / 2]).unwrap();
    let id = own.file_name().unwrap().to_string_lossy().into_owned();
    let points = series(runs.path(), &id, "loss").unwrap();
    assert!((150..250).contains(&points.len()), "the index follows the journal: {}", points.len());
    assert!(points.iter().map(|point| point.step).eq(1..=points.len() as u64));
    let found = fsck(runs.path(), false).unwrap();
    assert!(
        found.len() == 1 && !found[0].is_loss && found[0].message.contains("never finished"),
        "{found:?}"
    );
    repair(runs.path(), &found);
    assert_eq!(fsck(runs.path(), false).unwrap(), []);

    let mut flipped = whole.clone();
    let middle = whole.len() / 2;
    flipped[middle..middle + 300].iter_mut().for_each(|byte| *byte ^= 0x55);
    fs::write(&journal, &flipped).unwrap();
    let reader = RunReader::open(&own).unwrap();
    assert!((380..400).contains(&reader.series("loss").len()) && reader.damage().len() == 1);
    assert_eq!(bits(&series(runs.path(), &id, "loss").unwrap()), bits(&reader.series("loss")));
    let found = fsck(runs.path(), false).unwrap();
    assert!(
        found.len() == 1 && found[0].is_loss && found[0].message.contains("no readable frame"),
        "{found:?}"
    );
    assert!(gc(runs.path(), MediaRule::default()).unwrap().warnings[0].contains("damaged records"));

    fs::write(&journal, "not a journal").unwrap();
    assert_eq!(summaries(runs.path()).unwrap().len(), 1, "the other run is listed");
    assert!(fsck(runs.path(), false).unwrap()[0].message.contains("does not begin with a journal's header"));
    drop(logged);
}

fn bits(points: &[galley_store::Point]) -> Vec<(u64, u64)> {
    points.iter().map(|point| (point.step, point.value.to_bits())).collect()
}

#[test]
fn a_second_writer_is_refused_and_edits_go_on() {
    let runs = tempfile::tempdir().unwrap();
    let writer = RunWriter::create(runs.path(), StartRecord::default(), WriterOptions::default()).unwrap();
    let error = RunWriter::resume(writer.dir(), WriterOptions::default()).err().unwrap().to_string();
    assert!(error.contains("is being written by process"), "{error}");
    let pool = LogPool::new(runs.path());
    let logged = pool.create(NewRun::default()).unwrap();
    assert!(matches!(LogPool::new(runs.path()).get(logged.id()), Err(StoreError::Busy { .. })));
    Edits::of(writer.dir()).unwrap().note("meanwhile").unwrap();
    writer.metrics(1, Numbers::new()).unwrap();
    assert_eq!(RunReader::open(writer.dir()).unwrap().notes().count(), 1);
}

/// Root may write everywhere: there the directory is made unwritable for the index by a file in its place.
#[test]
fn a_read_only_directory_answers_and_refuses_writers_clearly() {
    let (runs, own, logged) = store();
    assert!(!runs.path().join(".store").exists(), "no index yet");
    let mode = |mode| fs::set_permissions(runs.path(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let writable = fs::create_dir(runs.path().join("probe")).is_ok();
    if writable {
        mode(0o755);
        fs::remove_dir(runs.path().join("probe")).unwrap();
        fs::write(runs.path().join(".store"), "in the way").unwrap();
    }
    check(runs.path(), &own, &logged);
    if !writable {
        let error = RunWriter::create(runs.path(), StartRecord::default(), WriterOptions::default());
        assert!(error.err().unwrap().to_string().contains("cannot create"));
        mode(0o755);
    }
}

/// The limit of a process on the size of its files is the full disk that needs no rights to make (with its signal
/// ignored, it is an error of the write).
#[test]
fn a_full_disk_takes_the_record_back_and_says_so() {
    let runs = tempfile::tempdir().unwrap();
    let shell =
        "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact full_disk_child --nocapture --test-threads=1";
    let output = Command::new("bash")
        .args(["-c", shell])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, runs.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("cannot append to") && said.contains("journal.jnl"), "{said}{output:?}");
    let acknowledged = said.lines().filter(|line| line.contains("ack")).count();
    let run = summaries(runs.path()).unwrap().remove(0);
    let reader = RunReader::open(&runs.path().join(&run.id)).unwrap();
    assert_eq!((reader.sample_heads().count(), reader.damage().len()), (acknowledged, 0));
    assert_eq!(reader.tail(), None, "what was written of the last record has been taken back");
    assert!(acknowledged > 10);
}

/// Where the child writes; unset in the parent.
const CHILD: &str = "GALLEY_TEST_FULL_DISK_RUNS";

/// Not a test of its own: the body of the child process.
#[expect(clippy::disallowed_methods, reason = "the parent test hands its child the folder this way")]
#[test]
fn full_disk_child() {
    let Some(runs) = std::env::var_os(CHILD) else { return };
    let writer =
        RunWriter::create(Path::new(&runs), StartRecord::default(), WriterOptions::default()).unwrap();
    for step in 1..1000 {
        match writer.sample(&SampleRecord { step, response: "x".repeat(3000), ..SampleRecord::default() }) {
            Ok(()) => println!("ack"),
            Err(error) => {
                println!("{error}");
                return;
            }
        }
    }
}

#[test]
fn garbage_is_what_no_rule_keeps() {
    let runs = tempfile::tempdir().unwrap();
    let writer = RunWriter::create(runs.path(), StartRecord::default(), WriterOptions::default()).unwrap();
    let sample = |stage: &str, text: &str| {
        let media = [("render".to_owned(), writer.put_text(text).unwrap())].into();
        SampleRecord { stage: stage.into(), media, ..SampleRecord::default() }
    };
    let (train, held_out) = (sample("grpo", "train"), sample("eval-grpo", "held out"));
    let stray = writer.put_text("stray").unwrap();
    writer.sample(&train).unwrap();
    writer.sample(&held_out).unwrap();
    let dir = writer.dir().to_owned();
    let rule = MediaRule { training_days: Some(0), held_out_days: None };
    assert_eq!(gc(runs.path(), rule).unwrap().garbage, [], "everything is young");
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
    for hash in [&train.media["render"], &held_out.media["render"], &stray] {
        let path = galley_store::media_path(runs.path(), hash, "txt");
        fs::File::open(path).unwrap().set_modified(old).unwrap();
    }
    let hashes = |rule| {
        let garbage = gc(runs.path(), rule).unwrap().garbage;
        garbage.iter().map(|g| g.path.file_stem().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(hashes(rule), std::slice::from_ref(&stray), "the run is being written");
    drop(writer);
    let mut both = vec![stray.clone(), train.media["render"].clone()];
    both.sort();
    assert_eq!(hashes(rule), both);
    Edits::of(&dir).unwrap().star(true).unwrap();
    assert_eq!(hashes(rule), [stray]);
    Edits::of(&dir).unwrap().delete(true).unwrap();
    let collection = gc(runs.path(), rule).unwrap();
    assert!(collection.garbage.len() == 4 && collection.bytes() > 0, "{collection:?}");
    assert_eq!(collection.remove(), [""; 0]);
    assert!(summaries(runs.path()).unwrap().is_empty() && !dir.exists());
}
