//! Drawing: frames of the right size, and the picture of one.

use base64::{Engine, prelude::BASE64_STANDARD};
use galley_sandbox::Deadline;
use serde_json::{Value, json};

use super::{Extent, TALLEST, Tab, loading};
use crate::{
    browser::{
        Browser, CallError,
        replies::{Frame, Size},
    },
    inject::Loads,
};

/// Frames until a picture shows a new document at a new height; a frame may carry nothing, or the size before. One more,
/// and the window is resized again.
const FRAMES: usize = 3;

/// Frames without a picture after which a tab is taken to be broken.
const BROKEN: usize = 60;

impl Tab {
    /// Draws frames until one has the right size, and is its picture; until two are the same, where something may still
    /// fail to load.
    pub(super) fn picture(
        &mut self,
        browser: &Browser,
        boxes: &str,
        loads: Loads,
        deadline: Deadline,
    ) -> Result<Vec<u8>, CallError> {
        let wanted = self.wanted(boxes)?;
        if std::mem::take(&mut self.unsized_yet) {
            self.shake(browser, wanted, deadline)?;
        }
        self.resize(browser, wanted);
        let (loading, mut before) = (loading(deadline), Vec::new());
        for number in 1..=BROKEN {
            match self.draw(browser, deadline)? {
                Some(png) if size(&png) == Some(wanted) => {
                    if loads != Loads::Outside || png == before || loading.passed() {
                        return Ok(png);
                    }
                    before = png;
                }
                Some(png) if size(&png).is_some_and(|(_, height)| height == TALLEST) => {
                    self.shake(browser, wanted, deadline)?;
                }
                _ if number % FRAMES == 0 => self.shake(browser, wanted, deadline)?,
                _ => {}
            }
        }
        // One that never comes to rest.
        if !before.is_empty() {
            return Ok(before);
        }
        Err(CallError::Unready(format!("no picture in {BROKEN} frames")))
    }

    /// The picture of a frame, if it has one.
    fn draw(&self, browser: &Browser, deadline: Deadline) -> Result<Option<Vec<u8>>, CallError> {
        let shot = json!({ "screenshot": { "format": "png", "optimizeForSpeed": true } });
        let Some(data) = self.frame(browser, shot, deadline)?.screenshot_data else { return Ok(None) };
        let png = BASE64_STANDARD.decode(data).map_err(|error| CallError::Unready(error.to_string()))?;
        Ok(Some(png))
    }

    /// Resizes the window away from a size and back to it: a window that missed a resize has another.
    fn shake(&mut self, browser: &Browser, to: (u32, u32), deadline: Deadline) -> Result<(), CallError> {
        self.resize(browser, (to.0, to.1 + 1));
        self.frame(browser, json!({}), deadline)?;
        self.resize(browser, to);
        Ok(())
    }

    fn wanted(&self, boxes: &str) -> Result<(u32, u32), CallError> {
        let (width, height) = self.viewport;
        let document = Size::read(boxes)?;
        Ok(match self.extent {
            Extent::Screen => (width, height),
            Extent::Height => (width, document.height(TALLEST)),
            Extent::Everything => (document.width(TALLEST).max(width), document.height(TALLEST).max(height)),
        })
    }

    fn resize(&mut self, browser: &Browser, size: (u32, u32)) {
        if self.window_size != size {
            let bounds = json!({ "width": size.0, "height": size.1 });
            let params = json!({ "windowId": self.window, "bounds": bounds });
            // Whether it came into effect is seen from the picture.
            drop(browser.pipe().send(None, "Browser.setWindowBounds", params));
            self.window_size = size;
        }
    }

    pub(super) fn frame(
        &self,
        browser: &Browser,
        params: Value,
        deadline: Deadline,
    ) -> Result<Frame, CallError> {
        let Some(_turn) = browser.turn(deadline) else { return Err(CallError::Blocked) };
        match self.call(browser, "HeadlessExperimental.beginFrame", params, deadline) {
            Err(CallError::Late) => {
                // No other tab can be drawn until this frame is, so the browser is given up.
                browser.condemn();
                Err(CallError::Late)
            }
            other => other,
        }
    }
}

/// Width and height of a PNG, from its header.
fn size(png: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_png_is_read_from_its_header() {
        let mut png = vec![0; 16];
        png.extend([0, 0, 5, 0, 0, 0, 2, 208]);
        assert_eq!(size(&png), Some((1280, 720)));
        assert_eq!(size(&png[..20]), None);
    }
}
