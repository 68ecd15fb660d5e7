//! A chromium as it comes, with nothing to hold pages back: what it does is what the renderer must not.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use galley_sandbox::{Deadline, ProcessGroup};
use galley_web::browser::{CallError, Pipe};
use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// Only what it takes to run as root, without a screen, at the end of a pipe.
const FLAGS: [&str; 5] =
    ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"];

pub struct Plain {
    pipe: Pipe,
    _group: ProcessGroup,
    _profile: TempDir,
}

/// One of its pages.
pub struct PlainTab {
    pub session: String,
    target: String,
}

impl Plain {
    pub fn launch(binary: &Path) -> Self {
        let profile = tempfile::Builder::new().prefix("galley-plain-").tempdir().unwrap();
        let (theirs, writer) = std::io::pipe().unwrap();
        let (reader, answers) = std::io::pipe().unwrap();
        let mut command = Command::new(binary);
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let group = ProcessGroup::spawn(command, vec![(theirs.into(), 3), (answers.into(), 4)]).unwrap();
        Self { pipe: Pipe::new(writer, reader), _group: group, _profile: profile }
    }

    pub fn open(&self, url: &str) -> PlainTab {
        let target = self.call(None, "Target.createTarget", json!({ "url": url })).unwrap();
        let target = target["targetId"].as_str().unwrap().to_owned();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = self.call(None, "Target.attachToTarget", attach).unwrap();
        PlainTab { session: session["sessionId"].as_str().unwrap().to_owned(), target }
    }

    /// Closes a page, also one that resists.
    pub fn close(&self, tab: &PlainTab) {
        drop(self.pipe.send(Some(&tab.session), "Runtime.terminateExecution", json!({})));
        drop(self.call(None, "Target.closeTarget", json!({ "targetId": tab.target })));
    }

    pub fn show(&self, tab: &PlainTab, html: &str) {
        let content = json!({ "frameId": tab.target, "html": html });
        self.call(Some(&tab.session), "Page.setDocumentContent", content).unwrap();
    }

    /// # Errors
    /// Those of the pipe.
    pub fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, CallError> {
        self.pipe.call(session, method, params, Deadline::after(PATIENCE))
    }
}
