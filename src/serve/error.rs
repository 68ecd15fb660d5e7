//! What a page says when it cannot be shown.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use galley_store::StoreError;
use maud::html;

use crate::page::layout;

/// A status and a sentence for a person.
#[derive(Debug)]
pub(crate) struct PageError {
    status: StatusCode,
    message: String,
}

impl PageError {
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into() }
    }

    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: message.into() }
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(message) => Self::missing(message),
            StoreError::NotAJournal { .. } => Self::missing(error.to_string()),
            other => Self::internal(other.to_string()),
        }
    }
}

impl std::fmt::Display for PageError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("error");
        let body = html! {
            h1 { (title) }
            pre.message { (self.message) }
            p { a href="/" { "All runs" } }
        };
        (self.status, layout::page(title, None, &body)).into_response()
    }
}
