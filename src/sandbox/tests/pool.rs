//! Workers with a language of a few lines: how jobs end, and that the next one does not notice.

use std::{path::PathBuf, time::Duration};

use galley_sandbox::{Language, Limits, Mechanisms, Outcome, Pool};
use serde_json::json;

const LANGUAGE: &str = "
import os, time

def warm():
    return 'warm'

def run(job, write):
    exec(job, {'write': write, 'os': os, 'time': time})
";

/// A Python that knows `-P` (3.11), or nothing.
fn interpreter() -> Option<PathBuf> {
    ["/usr/bin/python3", "/usr/local/bin/python3"].into_iter().map(PathBuf::from).find(|path| {
        let mut command = std::process::Command::new(path);
        command.args(["-P", "-c", ""]).status().is_ok_and(|status| status.success())
    })
}

fn pool(mechanisms: Mechanisms) -> Option<Pool> {
    let Some(interpreter) = interpreter() else {
        eprintln!("there is no Python 3.11 here: nothing is tested");
        return None;
    };
    let language = Language {
        read: vec![interpreter.clone()],
        interpreter,
        modules: vec![("language".into(), LANGUAGE.into())],
        in_turn: false,
        environment: Vec::new(),
        limits: Limits { output: 1 << 20, ..Limits::default() },
    };
    Some(Pool::new(language, mechanisms.and(Mechanisms::available()), 1, 100))
}

fn run(pool: &Pool, program: &str) -> Outcome {
    pool.run(&json!(program), Duration::from_secs(2)).unwrap().0
}

fn ends(mechanisms: Mechanisms) {
    let Some(pool) = pool(mechanisms) else { return };
    assert_eq!(pool.about().unwrap(), json!("warm"));
    for (program, expected) in [
        ("write(b'hello')", Outcome::Finished(b"hello".into())),
        ("pass", Outcome::Finished(Vec::new())),
        ("raise ValueError", Outcome::Died { signal: 0, code: 72 }),
        ("os._exit(3)", Outcome::Died { signal: 0, code: 3 }),
        ("time.sleep(600)", Outcome::Late),
        ("write(bytes(1 << 21))", Outcome::Flood),
        (
            "open('left', 'w').write('x'); write(str(os.listdir('.')).encode())",
            Outcome::Finished(b"['left']".into()),
        ),
        ("write(str(os.listdir('.')).encode())", Outcome::Finished(b"[]".into())),
    ] {
        assert_eq!(run(&pool, program), expected, "{program}");
    }
}

#[test]
fn jobs_end_as_they_should_in_every_jail() {
    ends(Mechanisms::ALL);
    ends(Mechanisms { namespaces: false, cgroup: false, ..Mechanisms::ALL });
    ends(Mechanisms { landlock: false, seccomp: false, namespaces: false, cgroup: false });
}

#[test]
fn a_dead_worker_is_replaced_and_its_job_done() {
    let Some(pool) = pool(Mechanisms::ALL) else { return };
    assert_eq!(run(&pool, "write(b'1')"), Outcome::Finished(b"1".into()));
    let workers = pool.workers();
    for worker in &workers {
        // SAFETY: the worker is a child of this test.
        unsafe { libc::kill(*worker as libc::pid_t, libc::SIGKILL) };
    }
    assert_eq!(run(&pool, "write(b'2')"), Outcome::Finished(b"2".into()));
    assert_ne!(pool.workers(), workers);
}
