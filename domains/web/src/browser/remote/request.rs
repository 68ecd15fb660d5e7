//! The messages between a pipe and a bridge.

use serde::Deserialize;
use serde_json::Value;

/// A call as the pipe sends it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub id: u64,
    pub method: String,
    #[serde(default)]
    pub params: Value,
    pub session_id: Option<String>,
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("the connection is closed")]
    Closed,
    #[error("{0}")]
    Refused(String),
}

impl Request {
    /// Whether it stops something, so that it must not wait behind what it stops.
    pub fn is_urgent(&self) -> bool {
        matches!(self.method.as_str(), "Runtime.terminateExecution" | "Page.handleJavaScriptDialog")
    }
}

/// The message that answers call `id`, ended by a zero byte. The id stands first, where the pipe looks for it.
pub fn reply(id: u64, result: &Result<Value, Failure>) -> Vec<u8> {
    let text = match result {
        Ok(result) => format!("{{\"id\":{id},\"result\":{result}}}\0"),
        Err(failure) => {
            let message = Value::from(failure.to_string());
            format!("{{\"id\":{id},\"error\":{{\"message\":{message}}}}}\0")
        }
    };
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_begin_with_their_id_and_end_with_a_zero() {
        let answer = reply(7, &Ok(serde_json::json!({"a": "\0"})));
        assert_eq!(answer, b"{\"id\":7,\"result\":{\"a\":\"\\u0000\"}}\0");
        let refusal = reply(8, &Err(Failure::Refused("no \"x\"".into())));
        assert_eq!(refusal, b"{\"id\":8,\"error\":{\"message\":\"no \\\"x\\\"\"}}\0");
    }
}
