//! The stock MLflow client against the server: every call of the tracking interface, by the script beside this file.

use std::{env, path::PathBuf, process::Command};

use galley_store::{RunReader, summaries};

use crate::{
    client::{folder, get, serve},
    demo,
};

/// The client that `scripts/bootstrap mlflow` installs.
const CLIENT: &str = "galley/mlflow-3.17.2";

#[expect(clippy::disallowed_methods, reason = "the cache is where the environment says")]
fn python() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache =
        cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache"))).unwrap_or_default();
    cache.join(CLIENT).join("bin/python")
}

#[test]
fn the_stock_client_logs_and_reads_everything() {
    let python = python();
    assert!(
        python.is_file(),
        "the stock MLflow client is not installed ({} is missing): run `scripts/bootstrap mlflow`",
        python.display()
    );
    let runs = folder();
    let own = demo::finished(runs.path(), demo::start("own", 3), 0.4);
    let to = serve(runs.path().to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/mlflow_client.py");
    let output = Command::new(python)
        .args([script, &format!("http://{to}"), &own])
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stdout));
    // What the client logged is a run like any other.
    let all = summaries(runs.path()).unwrap();
    let logged = all.iter().find(|run| run.name == "renamed").unwrap();
    let reader = RunReader::open(&runs.path().join(&logged.id)).unwrap();
    assert_eq!(
        (logged.params["lr"].as_str(), logged.metrics["loss"], reader.series("loss").len()),
        ("0.1", 0.25, 3)
    );
    assert!(runs.path().join(&logged.id).join("artifacts/notes/a.txt").is_file());
    let page = get(to, &format!("/runs/{}", logged.id)).text();
    for shown in ["<figure", ">loss<", "<code>lr</code>", "path=notes%2Fa.txt"] {
        assert!(page.contains(shown), "{shown} is not on the run's page");
    }
}

#[test]
fn a_run_is_exported_to_another_server() {
    let (from, there) = (folder(), folder());
    let id = demo::finished(from.path(), demo::start("exported", 4), 0.4);
    let to = serve(there.path().to_owned());
    let run = RunReader::open(&from.path().join(&id)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done =
        runtime.block_on(galley_serve::export(&run, &format!("http://{to}"), "from galley", true)).unwrap();
    let copy = summaries(there.path()).unwrap().remove(0);
    let (own, theirs) = (run.summary(), RunReader::open(&there.path().join(&done.run)).unwrap());
    assert_eq!(
        (copy.id.as_str(), copy.name.as_str(), copy.tags["galley.run"].as_str()),
        (done.run.as_str(), "exported", id.as_str())
    );
    assert_eq!((copy.status, &copy.params), (own.status, &own.params));
    let values = |run: &RunReader, name: &str| {
        run.series(name).iter().map(|point| (point.step, point.value)).collect::<Vec<_>>()
    };
    assert_eq!(values(&theirs, "loss"), values(&run, "loss"));
    assert_eq!(values(&theirs, "design2code").len(), 3);
    assert_eq!(done.pictures, 3 * 2 * demo::TASKS);
    let picture = format!("{}/artifacts/samples/eval-visual-sdpo/40/tickets-00/0/render.png", done.run);
    assert!(there.path().join(picture).is_file());
}
