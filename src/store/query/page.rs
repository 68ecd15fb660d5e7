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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back() {
        assert_eq!(parse_page_token(&page_token(1000)), Ok(1000));
        assert_eq!(parse_page_token(""), Ok(0));
        for wrong in ["ä", "e30=", "eyJvZmZzZXQiOi0xfQ==", "bm8="] {
            assert!(parse_page_token(wrong).unwrap_err().contains("invalid page token"), "{wrong}");
        }
    }
}
