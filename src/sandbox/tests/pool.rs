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

/// Works in turn, and has a thread from before it was confined.
const IN_TURN: &str = "
import os, queue, socket, threading, time

ASKED, TOLD = queue.Queue(), queue.Queue()

def serve():
    while True:
        ASKED.get()
        try:
            TOLD.put(repr(socket.socket()))
        except OSError as error:
            TOLD.put(type(error).__name__)

def warm():
    threading.Thread(target=serve, daemon=True).start()
    return 'warm'

def other():
    ASKED.put(1)
    return TOLD.get().encode()

def run(job, write):
    exec(job, {'write': write, 'os': os, 'time': time, 'other': other, 'seen': globals().setdefault('seen', [])})
";

fn pool(mechanisms: Mechanisms) -> Option<Pool> {
    pool_of(LANGUAGE, false, mechanisms)
}

fn pool_of(source: &str, in_turn: bool, mechanisms: Mechanisms) -> Option<Pool> {
    let Some(interpreter) = interpreter() else {
        eprintln!("there is no Python 3.11 here: nothing is tested");
        return None;
    };
    let language = Language {
        read: vec![interpreter.clone()],
        interpreter,
        modules: vec![("language".into(), source.into())],
        in_turn,
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

#[test]
fn a_language_works_in_turn_confined_with_all_its_threads() {
    let Some(pool) = pool_of(IN_TURN, true, Mechanisms::ALL) else { return };
    let finished = |text: &str| Outcome::Finished(text.into());
    assert_eq!(run(&pool, "seen.append(1); write(str(len(seen)).encode())"), finished("1"));
    assert_eq!(run(&pool, "seen.append(1); write(str(len(seen)).encode())"), finished("2"));
    if Mechanisms::available().seccomp {
        assert_eq!(run(&pool, "write(other())"), finished("PermissionError"));
    }
    assert_eq!(
        run(&pool, "open('left', 'w').write('x'); write(str(os.listdir('.')).encode())"),
        finished("['left']")
    );
    assert_eq!(run(&pool, "write(str(os.listdir('.')).encode())"), finished("[]"));
    assert_eq!(run(&pool, "os._exit(3)"), Outcome::Died { signal: libc::SIGKILL, code: 0 });
    assert_eq!(run(&pool, "time.sleep(600)"), Outcome::Late);
    run(&pool, "pass");
    // SAFETY: the worker is a child of this test.
    pool.workers().iter().for_each(|worker| unsafe {
        libc::kill(*worker as libc::pid_t, libc::SIGSTOP);
    });
    assert_eq!(run(&pool, "write(b'again')"), finished("again"));
}
