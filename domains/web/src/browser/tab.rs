//! One page of a browser, reused for document after document.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use galley_sandbox::Deadline;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Browser, CallError};

/// Defines `galley(attribute, patience)` in the isolated world.
const BOXES: &str = include_str!("boxes.js");

/// How long a page may still load, and how often it is asked whether it does.
const LOADING: Duration = Duration::from_millis(800);
const ASK_AGAIN: Duration = Duration::from_millis(4);

/// Chromium draws no taller pictures reliably.
const TALLEST: u32 = 16_384;

/// A session with scripting off. It belongs to the browser that it was opened on, and is of no use with another.
#[derive(Debug)]
pub struct Tab {
    session: String,
    /// Also the name of the page's main frame.
    target: String,
    /// The isolated world, which lives as long as the page's window does.
    context: u64,
    viewport: (u32, u32),
}

/// A document to show.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub html: &'a str,
    /// The attribute that holds element numbers.
    pub attribute: &'a str,
    /// How many custom properties `--<attribute><n>` tell which declaration won.
    pub slots: usize,
    /// Whether the document refers to anything that loads after it was parsed.
    pub loads: bool,
    /// The whole document instead of the viewport.
    pub full: bool,
}

/// What a document looks like.
#[derive(Clone, Debug)]
pub struct Shot {
    pub png: Vec<u8>,
    /// The JSON text of `boxes.js`.
    pub boxes: String,
}

impl Tab {
    /// Opens a page on `browser`.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn open(browser: &Browser, viewport: (u32, u32), deadline: Deadline) -> Result<Self, CallError> {
        let pipe = browser.pipe();
        let (width, height) = viewport;
        let page = json!({ "url": "about:blank", "width": width, "height": height });
        let Created { target_id: target } = pipe.call(None, "Target.createTarget", page, deadline)?;
        let attach = json!({ "targetId": target, "flatten": true });
        let Attached { session_id: session } = pipe.call(None, "Target.attachToTarget", attach, deadline)?;
        let mut tab = Self { session, target, context: 0, viewport };
        tab.prepare(browser, deadline)?;
        Ok(tab)
    }

    fn prepare(&mut self, browser: &Browser, deadline: Deadline) -> Result<(), CallError> {
        let (width, height) = self.viewport;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let world = json!({ "frameId": self.target, "worldName": "galley" });
        let calls = [
            self.send(browser, "Inspector.enable", json!({})),
            self.send(browser, "Emulation.setScriptExecutionDisabled", json!({ "value": true })),
            self.send(browser, "Emulation.setDeviceMetricsOverride", metrics),
        ];
        for call in calls {
            call.wait::<Value>(deadline)?;
        }
        let World { execution_context_id } =
            self.send(browser, "Page.createIsolatedWorld", world).wait(deadline)?;
        self.context = execution_context_id;
        self.evaluate(browser, BOXES, false).wait::<Evaluated>(deadline).map(drop)
    }

    /// Shows a document and takes its picture and its boxes.
    ///
    /// # Errors
    /// See [`CallError`]; the tab is of no use after any of them.
    pub fn shoot(&self, browser: &Browser, page: Page<'_>, deadline: Deadline) -> Result<Shot, CallError> {
        let content = json!({ "frameId": self.target, "html": page.html });
        let shown = self.send(browser, "Page.setDocumentContent", content);
        let read = self.read(browser, page, if page.loads { "some" } else { "none" });
        shown.wait::<Value>(deadline)?;
        let mut boxes = read.wait::<Evaluated>(deadline)?.text()?;
        let loading = Deadline::after(LOADING);
        while boxes.is_empty() {
            std::thread::sleep(ASK_AGAIN);
            let patience = if loading.passed() { "over" } else { "some" };
            boxes = self.read(browser, page, patience).wait::<Evaluated>(deadline)?.text()?;
        }
        // The browser, not the page, takes pictures: asked earlier, it might take one of the document before.
        let picture = self.send(browser, "Page.captureScreenshot", self.clip(page.full, &boxes)?);
        let Picture { data } = picture.wait(deadline)?;
        let png = BASE64_STANDARD.decode(data).map_err(|error| CallError::Refused(error.to_string()))?;
        Ok(Shot { png, boxes })
    }

    /// Stops whatever runs in it and closes it. `false` where the browser does not even do that.
    pub fn close(&self, browser: &Browser, patience: Duration) -> bool {
        drop(self.send(browser, "Runtime.terminateExecution", json!({})));
        let close = json!({ "targetId": self.target });
        let closed: Result<Value, _> =
            browser.pipe().call(None, "Target.closeTarget", close, Deadline::after(patience));
        closed.is_ok()
    }

    fn clip(&self, full: bool, boxes: &str) -> Result<Value, CallError> {
        let mut options = json!({ "format": "png", "optimizeForSpeed": true });
        if full {
            let Height { height } =
                serde_json::from_str(boxes).map_err(|e| CallError::Refused(e.to_string()))?;
            let height = (height.ceil() as u32).clamp(1, TALLEST);
            options["captureBeyondViewport"] = true.into();
            options["clip"] =
                json!({ "x": 0, "y": 0, "width": self.viewport.0, "height": height, "scale": 1 });
        }
        Ok(options)
    }

    fn read(&self, browser: &Browser, page: Page<'_>, patience: &str) -> super::pipe::Pending {
        let call = format!("galley(\"{}\", \"{patience}\", {})", page.attribute, page.slots);
        self.evaluate(browser, &call, page.loads)
    }

    fn evaluate(&self, browser: &Browser, expression: &str, promise: bool) -> super::pipe::Pending {
        let params = json!({
            "expression": expression, "contextId": self.context, "returnByValue": true, "awaitPromise": promise,
        });
        self.send(browser, "Runtime.evaluate", params)
    }

    fn send(&self, browser: &Browser, method: &str, params: Value) -> super::pipe::Pending {
        browser.pipe().send(Some(&self.session), method, params)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    target_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct World {
    execution_context_id: u64,
}

#[derive(Deserialize)]
struct Picture {
    data: String,
}

#[derive(Deserialize)]
struct Height {
    height: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Evaluated {
    result: Remote,
    exception_details: Option<Value>,
}

#[derive(Deserialize)]
struct Remote {
    value: Option<Value>,
}

impl Evaluated {
    fn text(self) -> Result<String, CallError> {
        match (self.result.value, self.exception_details) {
            (Some(Value::String(text)), None) => Ok(text),
            (_, details) => Err(CallError::Refused(format!("the page could not be read: {details:?}"))),
        }
    }
}
