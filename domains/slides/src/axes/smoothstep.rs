//! AeSlides' way from a share to a reward (`reward.py`, smoothstep).

/// The steps of AeSlides: nothing below 80 % of a slide with content, everything from 99.5 % on.
const LOWER: f64 = 0.8;
const UPPER: f64 = 0.995;

/// 0 up to [`LOWER`], 1 from [`UPPER`], and `3u² - 2u³` between. That it wraps the content ratio of the cropped slide is a
/// reading of its defaults: the published code calls it nowhere.
pub fn reward(share: f64) -> f64 {
    if share <= LOWER {
        return 0.0;
    }
    if share >= UPPER {
        return 1.0;
    }
    let t = (share - LOWER) / (UPPER - LOWER);
    let u = t / (t + (1.0 - t));
    3.0 * u * u - 2.0 * u * u * u
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_between_its_ends() {
        assert_eq!([0.0, 0.8, 0.995, 1.0].map(reward), [0.0, 0.0, 1.0, 1.0]);
        assert!((reward(0.8975) - 0.5).abs() < 1e-12);
    }
}
