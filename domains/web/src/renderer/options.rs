//! How pages are rendered.

use std::{collections::BTreeMap, path::PathBuf};

use galley_sandbox::JailMode;
use serde::{Deserialize, Serialize};

/// What happens to pages with scripts, event handlers or `javascript:` addresses. Others always render without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scripts {
    /// They do not run. A script can draw anything from anything, by the clock or by chance; a reward wants pages.
    #[default]
    Off,
    /// They run, each document in a window and an origin of its own, as in the official evaluation of Design2Code.
    Sandbox,
}

/// The default renders what a visitor sees first on a common screen.
#[derive(Clone, Debug)]
pub struct RendererOptions {
    /// Width and height in pixels, at one device pixel per CSS pixel.
    pub viewport: (u32, u32),
    /// The whole document, up to 16384 pixels high, instead of the viewport.
    pub full_page: bool,
    pub scripts: Scripts,
    /// What keeps the browsers in.
    pub jail: JailMode,
    /// Browsers at most; 0 is one per core, at most two. They start when needed.
    pub browsers: usize,
    /// Pages per browser that are rendered at once.
    pub tabs: usize,
    /// Renders after which a browser is replaced.
    pub recycle: usize,
    /// Bytes of pictures to keep in memory; 0 keeps none.
    pub cache: usize,
    /// Files that pages may show: the reference as written in `src`, and its content.
    pub assets: BTreeMap<String, Vec<u8>>,
    /// The browser; `None` looks for one.
    pub chrome: Option<PathBuf>,
    /// An expression that reads more of every page, as text, in the world of `boxes.js`; [`super::REPORT`] holds it. Empty:
    /// none.
    pub report: &'static str,
    /// Addresses of browsers that others run ([`crate::browser::Endpoint`]); empty: ours.
    pub endpoints: Vec<String>,
}

impl Default for RendererOptions {
    fn default() -> Self {
        Self {
            viewport: (1280, 720),
            full_page: false,
            scripts: Scripts::Off,
            jail: JailMode::Auto,
            browsers: 0,
            tabs: 3,
            recycle: 2000,
            cache: 32 << 20,
            assets: BTreeMap::new(),
            chrome: None,
            report: "",
            endpoints: Vec::new(),
        }
    }
}
