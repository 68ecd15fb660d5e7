//! What our own browsers are told, in words that any chromium knows.
//!
//! Ours draw when they are asked to, in windows that grow with the page, and reach no network. Others draw when they
//! like, so that a picture is a screenshot of a clip; their pages are sealed one by one, in a context whose proxy does
//! not exist.

use headless_chrome::browser::transport::Transport;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{
    methods,
    request::{Failure, Request},
};

/// A port where nothing listens (discard, RFC 863).
const NOWHERE: &str = "127.0.0.1:9";

/// The pages of one connection.
#[derive(Debug, Default)]
pub struct Dialect {
    /// What keeps them apart from the pages of others; it ends with the connection.
    context: String,
    /// The number of a page's window is its place here, from 1.
    pages: Mutex<Vec<Page>>,
}

#[derive(Debug)]
struct Page {
    target: String,
    session: String,
    size: (u64, u64),
}

impl Dialect {
    /// Makes the context.
    pub fn open(transport: &Transport) -> Result<Self, Failure> {
        let context = json!({
            "disposeOnDetach": true, "proxyServer": NOWHERE, "proxyBypassList": "<-loopback>",
        });
        let made = methods::call(transport, None, "Target.createBrowserContext", context)?;
        Ok(Self { context: text(&made, "browserContextId")?, pages: Mutex::default() })
    }

    /// Answers what the browser need not be asked.
    pub fn answer(&self, request: &Request) -> Option<Value> {
        match request.method.as_str() {
            "Target.setDiscoverTargets" => Some(json!({})),
            "Browser.getWindowForTarget" => {
                let target = request.params["targetId"].as_str()?;
                let place = self.pages.lock().iter().position(|page| page.target == target)?;
                Some(json!({ "windowId": place + 1 }))
            }
            "Browser.setWindowBounds" => {
                let place = request.params["windowId"].as_u64()?.checked_sub(1)?;
                let size = size(&request.params["bounds"])?;
                self.pages.lock().get_mut(usize::try_from(place).ok()?)?.size = size;
                Some(json!({}))
            }
            "HeadlessExperimental.beginFrame" if request.params["screenshot"].is_null() => Some(json!({})),
            _ => None,
        }
    }

    /// Does what the browser is asked, and waits for it.
    pub fn perform(&self, transport: &Transport, request: Request) -> Result<Value, Failure> {
        let Request { method, mut params, session_id, .. } = request;
        let session = session_id.as_deref();
        let call = |method, params| methods::call(transport, session, method, params);
        match method.as_str() {
            "Target.createTarget" => self.create(transport, &params),
            "Target.attachToTarget" => self.attach(transport, params),
            "HeadlessExperimental.beginFrame" => {
                let shot = call("Page.captureScreenshot", self.clip(session, &params["screenshot"]))?;
                Ok(json!({ "screenshotData": shot["data"] }))
            }
            "Emulation.setDeviceMetricsOverride" => {
                if let Some(params) = params.as_object_mut() {
                    params.remove("viewport");
                }
                call(&method, params)
            }
            "Browser.setDownloadBehavior" => {
                params["browserContextId"] = self.context.as_str().into();
                call(&method, params)
            }
            _ => call(&method, params),
        }
    }

    fn create(&self, transport: &Transport, params: &Value) -> Result<Value, Failure> {
        let params = json!({
            "url": params["url"], "width": params["width"], "height": params["height"],
            "browserContextId": self.context,
        });
        let created = methods::call(transport, None, "Target.createTarget", params.clone())?;
        let page = Page {
            target: text(&created, "targetId")?,
            session: String::new(),
            size: size(&params).unwrap_or_default(),
        };
        self.pages.lock().push(page);
        Ok(created)
    }

    /// Attaches, and shuts the page off from the network before anything is shown in it.
    fn attach(&self, transport: &Transport, mut params: Value) -> Result<Value, Failure> {
        params["flatten"] = false.into();
        let target = text(&params, "targetId")?;
        let attached = methods::call(transport, None, "Target.attachToTarget", params)?;
        let session = text(&attached, "sessionId")?;
        for (method, params) in seal() {
            methods::call(transport, Some(&session), method, params)?;
        }
        if let Some(page) = self.pages.lock().iter_mut().find(|page| page.target == target) {
            page.session = session;
        }
        Ok(attached)
    }

    /// A screenshot of what the window would show.
    fn clip(&self, session: Option<&str>, shot: &Value) -> Value {
        let pages = self.pages.lock();
        let page = pages.iter().find(|page| Some(page.session.as_str()) == session);
        let (width, height) = page.map(|page| page.size).unwrap_or_default();
        json!({
            "format": shot["format"], "optimizeForSpeed": shot["optimizeForSpeed"], "captureBeyondViewport": true,
            "clip": { "x": 0, "y": 0, "width": width, "height": height, "scale": 1 },
        })
    }
}

/// Blocking addresses too would break `data:` ones that have another inside: patterns match anywhere.
fn seal() -> [(&'static str, Value); 3] {
    let offline = json!({ "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0 });
    [
        ("Network.enable", json!({})),
        ("Network.emulateNetworkConditions", offline),
        ("Emulation.setScrollbarsHidden", json!({ "hidden": true })),
    ]
}

fn size(value: &Value) -> Option<(u64, u64)> {
    value["width"].as_u64().zip(value["height"].as_u64())
}

fn text(value: &Value, key: &str) -> Result<String, Failure> {
    let found = value[key].as_str().map(str::to_owned);
    found.ok_or_else(|| Failure::Refused(format!("an answer without {key}")))
}
