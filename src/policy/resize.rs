//! The official resize, bit for bit: antialiased bicubic on 8-bit pixels as in torchvision's uint8 path.

use galley_measure::pillow::{Dialect, Filter, resize_with};

/// `rgb` of `height × width` pixels → `to_height × to_width`.
pub fn resize(rgb: &[u8], (height, width): (usize, usize), (to_height, to_width): (usize, usize)) -> Vec<u8> {
    resize_with::<3>(rgb, (width, height), (to_width, to_height), Filter::Bicubic, Dialect::Torchvision)
}
