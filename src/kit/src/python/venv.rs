//! The virtual environment that a domain's programs run in: which interpreter, and the folders that it reads.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use galley_core::{Fault, FaultKind};
use galley_sandbox::Outcome;

/// An interpreter that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venv {
    pub interpreter: PathBuf,
    /// The folders of the environment, first, and of the Python that it was made from.
    pub prefixes: Vec<PathBuf>,
}

impl Venv {
    /// The interpreter that the environment variable `variable` names, else that of the folder `name` in the cache
    /// directory.
    ///
    /// # Errors
    /// Says which one is missing or does not start.
    pub fn find(variable: &str, name: &str) -> Result<Self, String> {
        let interpreter = match read(variable) {
            Some(named) => PathBuf::from(named),
            None => cache().map(|cache| cache.join(name).join("bin/python")).unwrap_or_default(),
        };
        if !interpreter.is_file() {
            return Err(format!("there is no Python environment ({})", interpreter.display()));
        }
        let prefixes =
            prefixes(&interpreter).ok_or_else(|| format!("{} does not start", interpreter.display()))?;
        Ok(Self { interpreter, prefixes })
    }
}

/// The fault of a program whose child did not finish; the bytes of one that did.
///
/// # Errors
/// The fault.
pub fn died(outcome: Outcome, deadline: Duration) -> Result<Vec<u8>, Fault> {
    let (kind, message) = match outcome {
        Outcome::Finished(bytes) => return Ok(bytes),
        Outcome::Late => {
            (FaultKind::Limit, format!("the program took longer than {} ms", deadline.as_millis()))
        }
        Outcome::Flood => (FaultKind::Limit, "the program writes without end".into()),
        Outcome::Died { signal: 0, code } => {
            (FaultKind::Runtime, format!("the program ended the interpreter with exit code {code}"))
        }
        Outcome::Died { signal, .. } => {
            (FaultKind::Runtime, format!("the program crashes the interpreter with signal {signal}"))
        }
    };
    Err(Fault::new(kind, message))
}

fn prefixes(interpreter: &Path) -> Option<Vec<PathBuf>> {
    let mut command = Command::new(interpreter);
    command.args(["-I", "-S", "-c", "import sys; print(sys.prefix); print(sys.base_prefix)"]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let mut prefixes: Vec<PathBuf> =
        String::from_utf8(output.stdout).ok()?.lines().map(PathBuf::from).collect();
    // Without `site` the prefix is that of the base; the environment is the folder above `bin`.
    prefixes.insert(0, interpreter.parent()?.parent()?.to_path_buf());
    prefixes.dedup();
    output.status.success().then_some(prefixes)
}

fn cache() -> Option<PathBuf> {
    let named = read("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(read("HOME")?).join(".cache")))
}

#[expect(clippy::disallowed_methods, reason = "finding the interpreter is what the environment is read for")]
fn read(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
