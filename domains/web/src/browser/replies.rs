//! What the browser answers, as far as it is read.

use serde::Deserialize;
use serde_json::Value;

use super::CallError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    pub target_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attached {
    pub session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    pub window_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct World {
    pub execution_context_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// Base64; missing where nothing was drawn.
    pub screenshot_data: Option<String>,
}

/// How large the document is, in CSS pixels.
#[derive(Deserialize)]
pub struct Size {
    width: f64,
    height: f64,
}

impl Size {
    /// From what `boxes.js` reports.
    ///
    /// # Errors
    /// Where it reports none.
    pub fn read(boxes: &str) -> Result<Self, CallError> {
        serde_json::from_str(boxes).map_err(|error| CallError::Refused(error.to_string()))
    }

    pub fn width(&self, most: u32) -> u32 {
        (self.width.ceil() as u32).clamp(1, most)
    }

    pub fn height(&self, most: u32) -> u32 {
        (self.height.ceil() as u32).clamp(1, most)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluated {
    result: Remote,
    exception_details: Option<Value>,
}

#[derive(Deserialize)]
struct Remote {
    value: Option<Value>,
}

impl Evaluated {
    pub fn text(self) -> Result<String, CallError> {
        match (self.result.value, self.exception_details) {
            (Some(Value::String(text)), None) => Ok(text),
            (_, details) => Err(CallError::Refused(format!("the page could not be read: {details:?}"))),
        }
    }

    pub fn truth(self) -> Result<bool, CallError> {
        match (self.result.value, self.exception_details) {
            (Some(Value::Bool(truth)), None) => Ok(truth),
            (_, details) => Err(CallError::Refused(format!("the page could not be read: {details:?}"))),
        }
    }
}
