//! AeSlides' reward for the shape of a slide (`reward.py`, asymmetric quadratic).

/// What slides should have: 1280 x 720.
const WANTED: f64 = 1280.0 / 720.0;
/// Of the squared logarithm of the ratio.
const SLOPE: f64 = 16.0;
/// Of the square of what a slide is too tall beyond [`MARGIN`].
const TALL: f64 = 64.0;
const MARGIN: f64 = 0.04;

/// The share of the height measured that AeSlides shows, in pixels.
pub const TALLEST: f64 = 7680.0;

/// `exp(-16 e² - 64 max(-e - 0.04, 0)²)` with `e` the logarithm of the ratio by 16:9; 1 exactly at 16:9, 0 for a slide
/// without area. A slide that is too tall loses more than one that is too wide.
pub fn reward(width: f64, height: f64) -> f64 {
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let ratio = width / height;
    if ratio == WANTED {
        return 1.0;
    }
    let away = (ratio / WANTED).ln();
    let tall = (-away - MARGIN).max(0.0);
    (-(SLOPE * away.powi(2)) - TALL * tall.powi(2)).exp()
}

/// The height that AeSlides gives the picture of a page of that height.
pub fn shown_height(full: f64) -> f64 {
    full.clamp(1.0, TALLEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_shape_is_one_and_no_shape_is_nothing() {
        assert_eq!([(1280.0, 720.0), (1920.0, 1080.0)].map(|(w, h)| reward(w, h)), [1.0; 2]);
        assert_eq!([(0.0, 720.0), (1280.0, 0.0), (-1.0, 3.0)].map(|(w, h)| reward(w, h)), [0.0; 3]);
        assert!(reward(1280.0, 800.0) < reward(1280.0, 648.0), "tall is worse than wide");
        assert_eq!([shown_height(0.0), shown_height(9000.0)], [1.0, 7680.0]);
    }
}
