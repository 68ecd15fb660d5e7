//! Page tokens: where the next page begins, as a text that clients hand back unread.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The token of the page that begins with item `offset`.
pub fn page_token(offset: usize) -> String {
    STANDARD.encode(format!("{{\"offset\": {offset}}}"))
}

/// The first item of the page that `token` means; 0 for no token.
///
/// # Errors
/// What is wrong with the token.
pub fn parse_page_token(token: &str) -> Result<usize, String> {
    if token.is_empty() {
        return Ok(0);
    }
    let decoded = STANDARD.decode(token).map_err(|_| "invalid page token: it is no base64".to_owned())?;
    let value: serde_json::Value = serde_json::from_slice(&decoded)
        .map_err(|_| format!("invalid page token: {}", String::from_utf8_lossy(&decoded)))?;
    let offset = value.get("offset").and_then(|offset| usize::try_from(offset.as_u64()?).ok());
    offset.ok_or_else(|| format!("invalid page token: {value}"))
}
