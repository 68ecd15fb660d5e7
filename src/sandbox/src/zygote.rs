//! One warm interpreter that forks a child for each job. It is a process of its own: nothing of a program, and nothing
//! of Python, runs in ours.
//!
//! Plain `python`, and not an embedded interpreter: which interpreter is used is then a matter of the run, not of the
//! build, and nothing needs Python's headers or a shared libpython to compile.

use std::{
    io,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Deadline, Mechanisms, ProcessGroup, cgroup::Cgroup, confine::confine, seccomp, wire::Wire};

const SOURCE: &str = include_str!("../python/zygote.py");

/// What the interpreter gets to import its packages: three seconds of CPU, on a machine that may be busy.
const START: Duration = Duration::from_secs(180);

/// What a worker gets to report, after the deadline of its job, that the job was late.
const GRACE: Duration = Duration::from_millis(1500);

/// A language: an interpreter, what it loads, and what its programs may use up.
#[derive(Clone, Debug)]
pub struct Language {
    pub interpreter: PathBuf,
    /// Python modules by name, in order; the last one has `warm()`, called once, and `run(job, write)`, called in the
    /// child of each job.
    pub modules: Vec<(String, String)>,
    /// Folders and files that programs may read besides the system's libraries.
    pub read: Vec<PathBuf>,
    /// Whether the language does its jobs in the worker itself, one after the other, because it cannot be forked or takes
    /// too long to warm up in every child. A job then meets what earlier ones left in the worker's memory, and is late
    /// only by being killed with it.
    pub in_turn: bool,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
    pub limits: Limits,
}

/// What one program may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of address space on top of the warm interpreter's.
    pub memory: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of its answer.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 1 << 30, file: 16 << 20, output: 256 << 20 }
    }
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It left by itself; its answer is whatever it wrote.
    Finished(Vec<u8>),
    /// Past its deadline.
    Late,
    /// It wrote more than it may.
    Flood,
    /// It ended otherwise: by a signal, or with another exit code.
    Died { signal: i32, code: i32 },
}

/// A running worker.
#[derive(Debug)]
pub(crate) struct Zygote {
    // Dropped in this order: the processes first, then what they used.
    group: ProcessGroup,
    wire: Wire,
    scratch: TempDir,
    cgroup: Option<Cgroup>,
    about: Value,
    space: u64,
    pub(crate) jobs: u64,
}

impl Zygote {
    /// Starts and warms it.
    ///
    /// # Errors
    /// Where the interpreter does not start, its packages are missing, or the jail cannot be built.
    pub(crate) fn start(language: &Language, mechanisms: Mechanisms) -> io::Result<Self> {
        let scratch = tempfile::Builder::new().prefix("galley-job-").tempdir()?;
        let (child_requests, requests) = io::pipe()?;
        let (replies, child_replies) = io::pipe()?;
        let wire = Wire::new(requests.into(), replies.into())?;
        let mut command = Command::new(&language.interpreter);
        command.args(["-P", "-s", "-B", "-c", SOURCE]).env_clear().current_dir(scratch.path());
        command.envs(language.environment.iter().map(|(name, value)| (name, value)));
        command.env("HOME", scratch.path()).env("TMPDIR", scratch.path()).env("PYTHONHASHSEED", "0");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        confine(&mut command, mechanisms, &language.read, scratch.path())?;
        let cgroup = match mechanisms.cgroup {
            true => Some(Cgroup::new(language.limits.memory + (1 << 30), 256)?),
            false => None,
        };
        let group =
            ProcessGroup::spawn(command, vec![(child_requests.into(), 3), (child_replies.into(), 4)])?;
        if let Some(cgroup) = &cgroup {
            cgroup.take(group.id())?;
        }
        let about = Value::Null;
        let mut zygote = Self { group, wire, scratch, cgroup, about, space: 0, jobs: 0 };
        zygote.warm(language, mechanisms)?;
        Ok(zygote)
    }

    fn warm(&mut self, language: &Language, mechanisms: Mechanisms) -> io::Result<()> {
        let deadline = Deadline::after(START);
        let filter = if mechanisms.seccomp { seccomp::filter() } else { Vec::new() };
        let settings = json!({
            "modules": language.modules,
            "namespaces": mechanisms.namespaces,
            "filter": filter.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "numbers": { "capset": libc::SYS_capset, "seccomp": libc::SYS_seccomp },
            "in_turn": language.in_turn,
            "memory": language.limits.memory,
            "scratch": self.scratch.path(),
            "file": language.limits.file,
            "output": language.limits.output,
        });
        self.wire.send(&settings, deadline)?;
        self.about = self.wire.receive(deadline)?.0["about"].take();
        self.space = address_space(self.group.id())? + language.limits.memory;
        Ok(())
    }

    /// What the language says of itself.
    pub(crate) fn about(&self) -> &Value {
        &self.about
    }

    pub(crate) fn id(&self) -> u32 {
        self.group.id()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.group.is_running()
    }

    /// Runs one job, within `budget`; how it ended, and the CPU seconds that it took.
    ///
    /// # Errors
    /// Where the worker died or does not answer; it is of no use any more then.
    pub(crate) fn run(&mut self, job: &Value, budget: Duration) -> io::Result<(Outcome, f64)> {
        self.jobs += 1;
        let id = self.jobs;
        let request = json!({ "id": id, "seconds": budget.as_secs_f64(), "space": self.space, "job": job });
        let deadline = Deadline::after(budget.saturating_add(GRACE));
        self.wire.send(&request, deadline)?;
        let (header, body) = self.wire.receive(deadline)?;
        if header["id"] != id {
            return Err(io::Error::other("the worker answers another job"));
        }
        if header["tired"] == true {
            // It has grown; the pool replaces it.
            self.jobs = u64::MAX;
        }
        let number = |key: &str| header[key].as_i64().unwrap_or(0) as i32;
        let outcome = match header["verdict"].as_str() {
            Some("late") => Outcome::Late,
            Some("flood") => Outcome::Flood,
            _ if number("signal") == libc::SIGXCPU => Outcome::Late,
            _ if number("signal") != 0 || number("code") != 0 => {
                Outcome::Died { signal: number("signal"), code: number("code") }
            }
            _ => Outcome::Finished(body),
        };
        Ok((outcome, header["cpu"].as_f64().unwrap_or(0.0)))
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        self.group.kill();
        // The group can be removed now that nobody is in it.
        self.cgroup = None;
    }
}

/// Bytes of address space of a process.
fn address_space(id: u32) -> io::Result<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{id}/statm"))?;
    let pages: u64 = statm.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    // SAFETY: asks for a constant.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Ok(pages * u64::try_from(page).unwrap_or(4096))
}
