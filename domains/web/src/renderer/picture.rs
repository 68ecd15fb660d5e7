//! Pictures from screenshots.

use std::io::Cursor;

use galley_core::{DomainError, Image};
use image::{ImageFormat, ImageReader};

/// Decodes a PNG of a browser: 8 bits a channel, opaque.
///
/// # Errors
/// Where it is none.
pub fn decode(png: &[u8]) -> Result<Image, DomainError> {
    let reader = ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
    let picture = reader.decode().map_err(|error| DomainError::harness("png", error))?.into_rgb8();
    let (width, height) = picture.dimensions();
    Ok(Image::new(width, height, picture.into_raw()))
}

/// Whether it shows nothing but the canvas: white all over.
pub fn is_blank(image: &Image) -> bool {
    image.rgb.iter().all(|&byte| byte == 255)
}
