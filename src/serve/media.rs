//! Pictures of the media store, by hash.

use axum::{
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use galley_core::Image;
use galley_store::{is_hash, media_path};

use crate::{difference, error::PageError, server::blocking, state::Shared};

/// Contents never change under their hash.
const FOREVER: &str = "private, max-age=31536000, immutable";
/// Files that are larger are not sent, and pictures with more pixels not decoded.
const BYTES: u64 = 64 << 20;
const SIDE: u32 = 16_384;
const MEMORY: u64 = 512 << 20;

/// `GET /media/<hash>`
pub(crate) async fn picture(State(app): State<Shared>, Path(hash): Path<String>) -> Response {
    blocking(move || Ok(png(file(&app, &hash)?))).await
}

/// `GET /difference/<hash>/<hash>`: where two pictures differ.
pub(crate) async fn pair(State(app): State<Shared>, Path((a, b)): Path<(String, String)>) -> Response {
    blocking(move || {
        let (a, b) = (decoded(&file(&app, &a)?)?, decoded(&file(&app, &b)?)?);
        Ok(png(difference::encoded(&difference::difference(&a, &b)).map_err(PageError::internal)?))
    })
    .await
}

fn png(bytes: Vec<u8>) -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, FOREVER)], bytes).into_response()
}

/// The bytes of a stored picture.
pub(crate) fn file(app: &crate::state::App, hash: &str) -> Result<Vec<u8>, PageError> {
    let missing = || PageError::missing("there is no such picture");
    if !is_hash(hash) {
        return Err(missing());
    }
    let path = media_path(app.runs(), hash, "png");
    let length = std::fs::metadata(&path).map_err(|_| missing())?.len();
    if length > BYTES {
        return Err(PageError::wrong(format!(
            "the picture has {length} bytes; the most that is shown is {BYTES}"
        )));
    }
    std::fs::read(&path).map_err(|_| missing())
}

/// Decodes a PNG within limits: a small file can claim a gigantic canvas.
pub(crate) fn decoded(bytes: &[u8]) -> Result<Image, PageError> {
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE), Some(SIDE));
    limits.max_alloc = Some(MEMORY);
    let mut reader = image::ImageReader::with_format(std::io::Cursor::new(bytes), image::ImageFormat::Png);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| PageError::wrong(error.to_string()))?.into_rgb8();
    Ok(Image::new(picture.width(), picture.height(), picture.into_raw()))
}
