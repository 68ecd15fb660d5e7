//! The size at which pictures are compared.

use std::borrow::Cow;

use super::patches::SIDE;
use crate::pillow::{Filter, resize};

/// The most patches a picture is cut into.
const MOST: usize = 100;

/// A picture of at most 100 patches, and its width and height: resized (bicubic) to whole patches if it had more.
pub(super) fn shrunk(rgb: &[u8], width: usize, height: usize) -> (Cow<'_, [u8]>, (usize, usize)) {
    let count = width.div_ceil(SIDE) * height.div_ceil(SIDE);
    if count <= MOST {
        return (Cow::Borrowed(rgb), (width, height));
    }
    let divider = (count as f64 / MOST as f64).sqrt();
    let across = ((width as f64 / SIDE as f64) / divider).ceil();
    let down = (MOST as f64 / across).floor();
    let size = (across as usize * SIDE, down as usize * SIDE);
    (Cow::Owned(resize::<3>(rgb, (width, height), size, Filter::Bicubic)), size)
}
