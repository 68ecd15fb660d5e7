//! `Image.resize`: one pass for each axis that changes its length.

use std::borrow::Cow;

use super::{
    Dialect, Filter,
    nearest::nearest,
    pass::{across, down},
    weights::Weights,
};

/// `Image.resize(to, filter)` of a picture of `CHANNELS` bytes a pixel; sizes are (width, height) as in Pillow.
/// An empty picture becomes a black one.
///
/// # Panics
/// If `pixels` does not hold `from.0 * from.1 * CHANNELS` bytes.
pub fn resize<const CHANNELS: usize>(
    pixels: &[u8],
    from: (usize, usize),
    to: (usize, usize),
    filter: Filter,
) -> Vec<u8> {
    resize_with::<CHANNELS>(pixels, from, to, filter, Dialect::Pillow)
}

/// [`resize`] in either dialect.
///
/// # Panics
/// If `pixels` does not hold `from.0 * from.1 * CHANNELS` bytes.
pub fn resize_with<const CHANNELS: usize>(
    pixels: &[u8],
    from: (usize, usize),
    to: (usize, usize),
    filter: Filter,
    dialect: Dialect,
) -> Vec<u8> {
    assert_eq!(pixels.len(), from.0 * from.1 * CHANNELS, "a picture holds {CHANNELS} bytes a pixel");
    if pixels.is_empty() || to.0 * to.1 == 0 {
        return vec![0; to.0 * to.1 * CHANNELS];
    }
    if filter == Filter::Nearest {
        return nearest::<CHANNELS>(pixels, from, to);
    }
    let weights = |from, to| (from != to).then(|| Weights::new(from, to, filter, dialect));
    let (columns, rows) = (weights(from.0, to.0), weights(from.1, to.1));
    let columns = |pixels| {
        through(pixels, columns.as_ref(), |pixels, weights| across::<CHANNELS>(pixels, from.0, weights))
    };
    let rows = |pixels, width| {
        through(pixels, rows.as_ref(), |pixels, weights| down(pixels, width * CHANNELS, weights))
    };
    let pixels = Cow::Borrowed(pixels);
    if dialect == Dialect::Pillow && rows_first(from, to) {
        columns(rows(pixels, from.0)).into_owned()
    } else {
        rows(columns(pixels), to.0).into_owned()
    }
}

/// The order changes nothing but the rounding of the pass between.
fn rows_first(from: (usize, usize), to: (usize, usize)) -> bool {
    let lost = |axis: fn((usize, usize)) -> usize| axis(from) as i64 - axis(to) as i64;
    let (columns, rows) = (lost(|size| size.0), lost(|size| size.1));
    rows > 0 && rows > 2 * columns
}

/// An axis that keeps its length is left alone.
fn through<'a>(
    pixels: Cow<'a, [u8]>,
    weights: Option<&Weights>,
    pass: impl Fn(&[u8], &Weights) -> Vec<u8>,
) -> Cow<'a, [u8]> {
    match weights {
        Some(weights) => Cow::Owned(pass(&pixels, weights)),
        None => pixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_stays_flat_and_an_empty_one_is_black() {
        for filter in [Filter::Nearest, Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
            let out = resize::<3>(&[7, 80, 255].repeat(35), (5, 7), (11, 3), filter);
            assert_eq!(out, [7, 80, 255].repeat(33), "{filter:?}");
        }
        assert_eq!(resize::<1>(&[], (0, 4), (2, 2), Filter::Box), [0; 4]);
        assert_eq!(resize::<1>(&[1, 2], (2, 1), (0, 3), Filter::Box), []);
    }
}
