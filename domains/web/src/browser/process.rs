//! One running chromium.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use galley_core::DomainError;
use galley_sandbox::{Deadline, Jail, ProcessGroup};
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Pipe, remote::Bridge};

/// What every picture depends on, and what keeps a program inside. The first block decides pixels.
const FLAGS: &[&str] = &[
    "--headless",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--force-color-profile=srgb",
    // Styles may otherwise draw lots, without any script.
    "--disable-blink-features=CSSRandomFunction,CSSRandomFunctionTypedOM",
    // A whole page is a window as high as the page around a viewport that stays as it is.
    "--blink-settings=lazyLoadEnabled=false,imageAnimationPolicy=2,mainFrameClipsContent=false",
    // A frame is drawn when it is asked for, once, and complete.
    "--enable-begin-frame-control",
    "--run-all-compositor-stages-before-draw",
    // The first frame would lack pictures that are still being decoded.
    "--disable-checker-imaging",
    "--lang=en-US",
    // No sandbox of its own: it needs privileges that containers lack. The jail around it takes its place.
    "--no-sandbox",
    "--no-zygote",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-quic",
    "--disable-gpu",
    "--in-process-gpu",
    "--block-new-web-contents",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-default-apps",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-dev-tools-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
    "--remote-debugging-pipe",
];

/// Profiles are named after the process that made them, so that those of killed processes can be swept.
const PROFILE: &str = "galley-chromium-";

const START: Duration = Duration::from_secs(30);

/// A chromium with a fresh profile, an empty environment and no network, killed with everything it started on drop; or a
/// connection to one that others run, closed on drop.
#[derive(Debug)]
pub struct Browser {
    pipe: Pipe,
    host: Host,
    condemned: AtomicBool,
    /// Held while a frame is drawn: two at a time bring the browser down.
    turn: Mutex<()>,
}

/// Who runs a browser.
#[derive(Debug)]
enum Host {
    We { group: Mutex<ProcessGroup>, _profile: TempDir },
    Others(Bridge),
}

impl Browser {
    /// # Errors
    /// Where it does not start, or does not answer within half a minute or before the deadline.
    pub fn launch(binary: &Path, jail: Jail, deadline: Deadline) -> Result<Self, DomainError> {
        let browser = start(binary, jail).map_err(|error| DomainError::harness("chromium", error))?;
        browser.settle(Deadline::after(START.min(deadline.left())))
    }

    /// A browser that others run, at the other end of `bridge`.
    ///
    /// # Errors
    /// Where it does not answer.
    pub(super) fn remote(bridge: Bridge, pipe: Pipe) -> Result<Self, DomainError> {
        Self::new(pipe, Host::Others(bridge)).settle(Deadline::after(START))
    }

    fn new(pipe: Pipe, host: Host) -> Self {
        Self { pipe, host, condemned: AtomicBool::new(false), turn: Mutex::new(()) }
    }

    fn settle(self, deadline: Deadline) -> Result<Self, DomainError> {
        // Nothing is ever saved, and pages that crash are told of.
        let setup = [
            ("Browser.setDownloadBehavior", json!({ "behavior": "deny" })),
            ("Target.setDiscoverTargets", json!({ "discover": false })),
        ];
        for (method, params) in setup {
            let reply: Result<Value, _> = self.pipe.call(None, method, params, deadline);
            reply.map_err(|error| DomainError::harness("chromium", format!("{method}: {error}")))?;
        }
        Ok(self)
    }

    pub fn pipe(&self) -> &Pipe {
        &self.pipe
    }

    /// The process id of the browser, if it is ours; its children are in the group of the same number.
    pub fn id(&self) -> Option<u32> {
        match &self.host {
            Host::We { group, .. } => Some(group.lock().id()),
            Host::Others(_) => None,
        }
    }

    pub fn is_alive(&self) -> bool {
        let runs = match &self.host {
            Host::We { group, .. } => group.lock().is_running(),
            Host::Others(_) => true,
        };
        runs && !self.pipe.is_dead()
    }

    /// Whose turn it is to draw; nothing where the deadline passes first.
    pub fn turn(&self, deadline: Deadline) -> Option<MutexGuard<'_, ()>> {
        self.turn.try_lock_for(deadline.left())
    }

    /// Kills it, or its connection, on purpose; see [`Browser::was_condemned`].
    pub fn condemn(&self) {
        self.condemned.store(true, Ordering::SeqCst);
        match &self.host {
            Host::We { group, .. } => group.lock().kill(),
            Host::Others(bridge) => bridge.close(),
        }
    }

    /// Whether it was killed because of one page, in which case the others are not to blame.
    pub fn was_condemned(&self) -> bool {
        self.condemned.load(Ordering::SeqCst)
    }
}

/// Removes the profiles that killed processes left behind.
pub fn sweep() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(PROFILE).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
            // Somebody else may be sweeping too.
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

fn start(binary: &Path, jail: Jail) -> std::io::Result<Browser> {
    let prefix = format!("{PROFILE}{}-", std::process::id());
    let profile = tempfile::Builder::new().prefix(&prefix).tempdir()?;
    let (theirs, writer) = std::io::pipe()?;
    let (reader, answers) = std::io::pipe()?;
    let mut command = command(binary, profile.path());
    jail.lock(&mut command);
    let group = ProcessGroup::spawn(command, vec![(theirs.into(), 3), (answers.into(), 4)])?;
    let host = Host::We { group: Mutex::new(group), _profile: profile };
    Ok(Browser::new(Pipe::new(writer, reader), host))
}

fn command(binary: &Path, profile: &Path) -> Command {
    let mut command = Command::new(binary);
    command.args(FLAGS).arg(format!("--user-data-dir={}", profile.display()));
    if shared_memory_is_small() {
        command.arg("--disable-dev-shm-usage");
    }
    command.env_clear().env("HOME", profile).env("TMPDIR", profile).env("LANG", "C.UTF-8").env("TZ", "UTC");
    command.current_dir(profile).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Containers often give 64 MiB, which one long page fills.
fn shared_memory_is_small() -> bool {
    let path = c"/dev/shm";
    // SAFETY: `stats` is plain data that the call fills in; all zeros is a valid value of it.
    unsafe {
        let mut stats: libc::statvfs = std::mem::zeroed();
        libc::statvfs(path.as_ptr(), &mut stats) != 0 || (stats.f_bavail * stats.f_frsize) < (512 << 20)
    }
}

/// The binary to use when the caller names none.
pub fn resolve(binary: Option<&Path>) -> Result<PathBuf, DomainError> {
    binary.map_or_else(super::find::chromium, |path| Ok(path.to_owned()))
}
