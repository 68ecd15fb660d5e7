//! Where chromium is.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use galley_core::DomainError;

/// Names on the `PATH`, best first.
const NAMES: [&str; 5] =
    ["chromium-headless-shell", "chrome-headless-shell", "chromium", "google-chrome", "chromium-browser"];

/// Where distributions keep the program behind the wrapper script of the same name (which adds flags of its own).
const REAL: [&str; 4] = [
    "/usr/lib/chromium/chromium-headless-shell",
    "/usr/lib/chromium/chromium",
    "/usr/lib64/chromium-browser/headless_shell",
    "/opt/google/chrome/chrome",
];

/// What to install, for people.
pub const HELP: &str = "install the browser and fonts: `apt install chromium-headless-shell fonts-liberation \
                        fonts-dejavu-core` (or `chromium`), or set GALLEY_CHROME to a chromium binary";

/// The chromium to use: `GALLEY_CHROME`, else a binary in a usual place, else a name on the `PATH`.
///
/// # Errors
/// Setup, where there is none.
pub fn chromium() -> Result<PathBuf, DomainError> {
    if let Some(named) = variable("GALLEY_CHROME") {
        return existing(PathBuf::from(named));
    }
    let real = REAL.iter().map(PathBuf::from).find(|path| path.is_file());
    real.or_else(on_path).ok_or_else(|| DomainError::setup("no chromium was found", HELP))
}

/// What the binary calls itself, e.g. `Chromium 156.0.8078.79`.
///
/// # Errors
/// Setup, where it does not start.
pub fn version(binary: &Path) -> Result<String, DomainError> {
    let output = Command::new(binary).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
    let name = output.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.filter(|name| !name.is_empty())
        .ok_or_else(|| DomainError::setup(format!("{} does not start", binary.display()), HELP))
}

fn existing(path: PathBuf) -> Result<PathBuf, DomainError> {
    if path.is_file() {
        return Ok(path);
    }
    Err(DomainError::setup(format!("GALLEY_CHROME names {}, which is no file", path.display()), HELP))
}

fn on_path() -> Option<PathBuf> {
    let path = variable("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

#[expect(clippy::disallowed_methods, reason = "finding the browser is what the environment is read for")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
