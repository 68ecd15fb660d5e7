//! One page of a browser, reused for document after document.

mod frames;

use std::time::Duration;

use galley_sandbox::Deadline;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Browser, CallError,
    pipe::Pending,
    replies::{Attached, Created, Evaluated, Window, World},
    traces::{Traces, traces},
};
use crate::inject::Loads;

/// Defines `galley(attribute, patience)` in the isolated world.
const BOXES: &str = include_str!("boxes.js");

/// How long a page may still load, of the half of its time at most, and how often it is asked whether it does.
const LOADING: Duration = Duration::from_secs(5);
const ASK_AGAIN: Duration = Duration::from_millis(4);

/// Chromium draws no taller pictures reliably.
const TALLEST: u32 = 16_384;

/// Tries at clearing a tab's history before it is taken to be broken.
const FORGET: usize = 50;

/// Frames that a page with scripts gets before its picture is taken, for what it does in `requestAnimationFrame`.
const WARM: usize = 2;

/// A session. It belongs to the browser that it was opened on, and is of no use with another.
#[derive(Debug)]
pub struct Tab {
    session: String,
    /// Also the name of the page's main frame.
    target: String,
    window: u64,
    /// The isolated world, which lives as long as the page's window does.
    context: u64,
    viewport: (u32, u32),
    extent: Extent,
    /// Of the window around the viewport.
    window_size: (u32, u32),
    scripts: bool,
    /// Whether the document in it may leave something to the next one.
    stale: bool,
    /// Whether what it shows is new to a window that is to grow: it draws in its own size until that was resized.
    unsized_yet: bool,
}

/// How much of a document a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The viewport.
    Screen,
    /// The document's height, as wide as the viewport.
    Height,
    /// All that can be scrolled to.
    Everything,
}

/// A document to show.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub html: &'a str,
    /// The attribute that holds element numbers.
    pub attribute: &'a str,
    /// How many custom properties `--<attribute><n>` tell which declaration won.
    pub slots: usize,
    /// What the document refers to that loads after it was parsed.
    pub loads: Loads,
    /// Whether it leaves traces on its window, so that the next document needs another.
    pub spoils: bool,
    /// Whether its scripts run.
    pub scripts: bool,
    /// An expression of the caller's that reads more of the page, as text, from where pages cannot reach; empty: none.
    pub report: &'a str,
}

/// What a document looks like.
#[derive(Clone, Debug)]
pub struct Shot {
    pub png: Vec<u8>,
    /// The JSON text of `boxes.js`.
    pub boxes: String,
    /// Where scripts made elements.
    pub traces: Traces,
    /// What [`Page::report`] read.
    pub report: String,
}

impl Tab {
    /// Opens a page on `browser` which runs scripts or, for its whole life, does not.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn open(
        browser: &Browser,
        viewport: (u32, u32),
        extent: Extent,
        scripts: bool,
        deadline: Deadline,
    ) -> Result<Self, CallError> {
        let pipe = browser.pipe();
        let (width, height) = viewport;
        // A window that is to grow draws nothing until it was resized once, so it starts in a size that none needs.
        let window_size = (width, height + u32::from(extent != Extent::Screen));
        let page = json!({
            "url": "about:blank", "width": width, "height": window_size.1, "enableBeginFrameControl": true,
        });
        let Created { target_id: target } = pipe.call(None, "Target.createTarget", page, deadline)?;
        let attach = json!({ "targetId": target, "flatten": true });
        let Attached { session_id: session } = pipe.call(None, "Target.attachToTarget", attach, deadline)?;
        let window = json!({ "targetId": target });
        let Window { window_id } = pipe.call(None, "Browser.getWindowForTarget", window, deadline)?;
        let mut tab = Self {
            session,
            target,
            window: window_id,
            context: 0,
            viewport,
            extent,
            window_size,
            scripts,
            stale: scripts,
            unsized_yet: false,
        };
        tab.prepare(browser, deadline)?;
        Ok(tab)
    }

    fn prepare(&mut self, browser: &Browser, deadline: Deadline) -> Result<(), CallError> {
        let (width, height) = self.viewport;
        let mut metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        if self.extent != Extent::Screen {
            // What is drawn of the page, where the window has room for it.
            metrics["viewport"] = json!({ "x": 0, "y": 0, "width": width, "height": TALLEST, "scale": 1 });
        }
        let mut calls = vec![
            self.send(browser, "Inspector.enable", json!({})),
            self.send(browser, "Emulation.setDeviceMetricsOverride", metrics),
        ];
        if self.scripts {
            calls.push(self.send(browser, "DOM.enable", json!({})));
            calls.push(self.send(browser, "DOM.setNodeStackTracesEnabled", json!({ "enable": true })));
        }
        calls.push(if self.scripts {
            // Tells of dialogs, which stop a page until they are answered.
            self.send(browser, "Page.enable", json!({}))
        } else {
            self.send(browser, "Emulation.setScriptExecutionDisabled", json!({ "value": true }))
        });
        wait_all(calls, deadline)?;
        self.enter(browser, deadline)
    }

    /// Makes the isolated world of the window that is there now.
    fn enter(&mut self, browser: &Browser, deadline: Deadline) -> Result<(), CallError> {
        let world = json!({ "frameId": self.target, "worldName": "galley" });
        let made: World = self.send(browser, "Page.createIsolatedWorld", world).wait(deadline)?;
        self.context = made.execution_context_id;
        self.evaluate(browser, BOXES, false).wait::<Evaluated>(deadline).map(drop)
    }

    /// Shows a document and takes its picture and its boxes.
    ///
    /// # Errors
    /// See [`CallError`]; the tab is of no use after any of them.
    pub fn shoot(
        &mut self,
        browser: &Browser,
        page: Page<'_>,
        deadline: Deadline,
    ) -> Result<Shot, CallError> {
        if self.stale {
            self.renew(browser, deadline).map_err(CallError::before_the_page)?;
        }
        self.stale = page.spoils || self.scripts;
        let content = json!({ "frameId": self.target, "html": page.html });
        let shown = self.send(browser, "Page.setDocumentContent", content);
        let boxes = if self.scripts {
            self.live(browser, page, shown, deadline)
        } else {
            self.still(browser, page, shown, deadline)
        };
        let boxes = boxes?;
        let report = match page.report {
            "" => String::new(),
            report => self.evaluate(browser, report, false).wait::<Evaluated>(deadline)?.text()?,
        };
        let png = self.picture(browser, &boxes, page.loads, deadline)?;
        let send = |method: &str, params| self.send(browser, method, params);
        let traces = if self.scripts { traces(send, self.context, &boxes, deadline)? } else { Traces::new() };
        Ok(Shot { png, boxes, traces, report })
    }

    /// A fresh window of a fresh origin: nothing of the document before is left but the process.
    fn renew(&mut self, browser: &Browser, deadline: Deadline) -> Result<(), CallError> {
        self.call::<Value>(browser, "Page.navigate", json!({ "url": "about:blank" }), deadline)?;
        self.enter(browser, deadline)?;
        self.forget(browser, deadline)?;
        self.evaluate(browser, "window.name = ''", false).wait::<Evaluated>(deadline)?;
        self.unsized_yet = self.extent != Extent::Screen;
        Ok(())
    }

    /// Clears the history. Refused while the window of the document before is still being put away.
    fn forget(&self, browser: &Browser, deadline: Deadline) -> Result<(), CallError> {
        for _ in 0..FORGET {
            match self.call::<Value>(browser, "Page.resetNavigationHistory", json!({}), deadline) {
                Err(CallError::Refused(_)) => std::thread::sleep(ASK_AGAIN),
                other => return other.map(drop),
            }
        }
        Err(CallError::Unready("its history stays".into()))
    }

    /// The boxes of a page without scripts, as soon as it has all that it loads; where that comes from elsewhere, and so
    /// fails at some time, as soon as they stay.
    fn still(
        &self,
        browser: &Browser,
        page: Page<'_>,
        shown: Pending,
        deadline: Deadline,
    ) -> Result<String, CallError> {
        let read = self.read(browser, page, if page.loads == Loads::Nothing { "none" } else { "some" });
        shown.wait::<Value>(deadline)?;
        let (mut boxes, mut before) = (read.wait::<Evaluated>(deadline)?.text()?, String::new());
        let loading = loading(deadline);
        while boxes.is_empty() || (page.loads == Loads::Outside && boxes != before && !loading.passed()) {
            if !boxes.is_empty() {
                self.frame(browser, json!({ "noDisplayUpdates": true }), deadline)?;
            }
            std::thread::sleep(ASK_AGAIN);
            let patience = if loading.passed() { "over" } else { "some" };
            let read = self.read(browser, page, patience).wait::<Evaluated>(deadline)?.text()?;
            before = std::mem::replace(&mut boxes, read);
        }
        Ok(boxes)
    }

    /// The boxes of a page whose scripts have run, once it has loaded and seen [`WARM`] frames since.
    fn live(
        &self,
        browser: &Browser,
        page: Page<'_>,
        shown: Pending,
        deadline: Deadline,
    ) -> Result<String, CallError> {
        shown.wait::<Value>(deadline)?;
        let (loading, mut frames) = (loading(deadline), 0);
        loop {
            self.frame(browser, json!({ "noDisplayUpdates": true }), deadline)?;
            let settled = self.evaluate(browser, "galleySettled()", false).wait::<Evaluated>(deadline)?;
            if settled.truth()? || loading.passed() {
                frames += 1;
            } else {
                std::thread::sleep(ASK_AGAIN);
            }
            if frames >= WARM {
                return self.read(browser, page, "over").wait::<Evaluated>(deadline)?.text();
            }
        }
    }

    /// Stops whatever runs in it and closes it. `false` where the browser does not even do that.
    pub fn close(&self, browser: &Browser, patience: Duration) -> bool {
        drop(self.send(browser, "Runtime.terminateExecution", json!({})));
        let close = json!({ "targetId": self.target });
        let closed: Result<Value, _> =
            browser.pipe().call(None, "Target.closeTarget", close, Deadline::after(patience));
        closed.is_ok()
    }

    fn read(&self, browser: &Browser, page: Page<'_>, patience: &str) -> Pending {
        let call = format!("galley(\"{}\", \"{patience}\", {})", page.attribute, page.slots);
        self.evaluate(browser, &call, page.loads != Loads::Nothing || page.scripts)
    }

    fn evaluate(&self, browser: &Browser, expression: &str, promise: bool) -> Pending {
        let params = json!({
            "expression": expression, "contextId": self.context, "returnByValue": true, "awaitPromise": promise,
        });
        self.send(browser, "Runtime.evaluate", params)
    }

    fn call<T: DeserializeOwned>(
        &self,
        browser: &Browser,
        method: &str,
        params: Value,
        deadline: Deadline,
    ) -> Result<T, CallError> {
        self.send(browser, method, params).wait(deadline)
    }

    fn send(&self, browser: &Browser, method: &str, params: Value) -> Pending {
        browser.pipe().send(Some(&self.session), method, params)
    }
}

/// For how long a page may still load.
fn loading(deadline: Deadline) -> Deadline {
    Deadline::after((deadline.left() / 2).min(LOADING))
}

fn wait_all(calls: Vec<Pending>, deadline: Deadline) -> Result<(), CallError> {
    calls.into_iter().try_for_each(|call| call.wait::<Value>(deadline).map(drop))
}
