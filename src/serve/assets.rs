//! The style sheet and the script, compiled in.

use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

pub(crate) const STYLE: &str = include_str!("assets/style.css");
pub(crate) const SCRIPT: &str = include_str!("assets/script.js");
const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><rect width=\"16\" height=\"16\" rx=\"3\" \
                    fill=\"#0b5fae\"/><path d=\"M4 4h8v2H4zM4 7h5v2H4zM4 10h8v2H4z\" fill=\"#fff\"/></svg>";

pub(crate) async fn style() -> Response {
    sent("text/css; charset=utf-8", STYLE)
}

pub(crate) async fn script() -> Response {
    sent("text/javascript; charset=utf-8", SCRIPT)
}

pub(crate) async fn icon() -> Response {
    sent("image/svg+xml", ICON)
}

fn sent(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
}
