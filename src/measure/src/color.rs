//! Colour difference as colormath 3.0.0 computes it: sRGB → XYZ (D65) → CIE Lab → CIEDE2000.
//!
//! Literal down to the constants, because Design2Code and ChartMimic score with this library. CIEDE2000 itself:
//! Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula" (2005).

/// CIE L*a*b* under D65.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lab {
    pub l: f64,
    pub a: f64,
    pub b: f64,
}

/// Lab of an sRGB colour with channels in 0..=255; fractions are allowed (mean colours).
pub fn lab(rgb: [f64; 3]) -> Lab {
    let [r, g, b] = rgb.map(|channel| linear(channel / 255.0));
    let x = 0.412424 * r + 0.357579 * g + 0.180464 * b;
    let y = 0.212656 * r + 0.715158 * g + 0.0721856 * b;
    let z = 0.0193324 * r + 0.119193 * g + 0.950444 * b;
    let (fx, fy, fz) = (curve(x / 0.95047), curve(y), curve(z / 1.08883));
    Lab { l: 116.0 * fy - 16.0, a: 500.0 * (fx - fy), b: 200.0 * (fy - fz) }
}

fn linear(value: f64) -> f64 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn curve(t: f64) -> f64 {
    if t > 216.0 / 24389.0 { t.powf(1.0 / 3.0) } else { 7.787 * t + 16.0 / 116.0 }
}

/// ΔE₀₀ with Kl = Kc = Kh = 1. The hue difference is taken in colormath's two statements.
pub fn ciede2000(first: Lab, second: Lab) -> f64 {
    let chroma = (first.a.hypot2(first.b) + second.a.hypot2(second.b)) / 2.0;
    let g = 0.5 * (1.0 - (chroma.powi(7) / (chroma.powi(7) + 25f64.powi(7))).sqrt());
    let (a1, a2) = ((1.0 + g) * first.a, (1.0 + g) * second.a);
    let (c1, c2) = (a1.hypot2(first.b), a2.hypot2(second.b));
    let mean_c = (c1 + c2) / 2.0;
    let (h1, h2) = (hue(a1, first.b), hue(a2, second.b));
    let wide = if (h1 - h2).abs() > 180.0 { 360.0 } else { 0.0 };
    let mean_h = (wide + h1 + h2) / 2.0;
    let delta_h = h2 - h1 + wide - if h2 > h1 { 720.0 } else { 0.0 };

    let lightness = ((first.l + second.l) / 2.0 - 50.0).powi(2);
    let scale_l = 1.0 + 0.015 * lightness / (20.0 + lightness).sqrt();
    let scale_c = 1.0 + 0.045 * mean_c;
    let scale_h = 1.0 + 0.015 * mean_c * hue_weight(mean_h);

    let l = (second.l - first.l) / scale_l;
    let c = (c2 - c1) / scale_c;
    let h = 2.0 * (c2 * c1).sqrt() * (delta_h.to_radians() / 2.0).sin() / scale_h;
    (l * l + c * c + h * h + rotation(mean_c, mean_h) * c * h).max(0.0).sqrt()
}

/// T of the formula.
fn hue_weight(mean_h: f64) -> f64 {
    1.0 - 0.17 * (mean_h - 30.0).to_radians().cos()
        + 0.24 * (2.0 * mean_h).to_radians().cos()
        + 0.32 * (3.0 * mean_h + 6.0).to_radians().cos()
        - 0.2 * (4.0 * mean_h - 63.0).to_radians().cos()
}

/// R_T of the formula.
fn rotation(mean_c: f64, mean_h: f64) -> f64 {
    let angle = 30.0 * (-((mean_h - 275.0) / 25.0).powi(2)).exp();
    let weight = (mean_c.powi(7) / (mean_c.powi(7) + 25f64.powi(7))).sqrt();
    -2.0 * weight * (2.0 * angle.to_radians()).sin()
}

fn hue(a: f64, b: f64) -> f64 {
    let degrees = b.atan2(a).to_degrees();
    if degrees < 0.0 { degrees + 360.0 } else { degrees }
}

trait Hypot2 {
    /// `sqrt(x² + y²)` by that very expression; `f64::hypot` rounds differently.
    fn hypot2(self, other: f64) -> f64;
}

impl Hypot2 for f64 {
    fn hypot2(self, other: f64) -> f64 {
        (self * self + other * other).sqrt()
    }
}

/// `max(0, 1 − ΔE₀₀ / 100)` of two sRGB colours with channels in 0..=255 (Design2Code's colour score).
pub fn similarity(first: [f64; 3], second: [f64; 3]) -> f64 {
    if first == second {
        return 1.0;
    }
    (1.0 - ciede2000(lab(first), lab(second)) / 100.0).max(0.0)
}

/// WCAG 2.2, "contrast ratio", of two sRGB colours in 0..=255: `(L1 + 0.05) / (L2 + 0.05)` of the relative luminances, the
/// lighter one first.
pub fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: [f64; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let value = channel / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrasts_of_the_specification() {
        assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 1e-9);
        assert!((contrast([119.0; 3], [255.0; 3]) - 4.48).abs() < 0.01, "#777 on white just fails");
        assert_eq!(contrast([9.0; 3], [9.0; 3]), 1.0);
    }

    #[test]
    fn colormath_prints_these_similarities() {
        for (first, second, expected) in [
            ([255.0, 0.0, 0.0], [0.0, 0.0, 255.0], 0.4711990101653444),
            ([0.0, 0.0, 0.0], [255.0, 255.0, 255.0], 1.509796425658294e-07),
            ([31.0, 119.0, 180.0], [31.0, 119.0, 196.0], 0.9739182982675119),
            ([255.0, 0.0, 0.0], [139.0, 0.0, 0.0], 0.7624684929251987),
            ([50.0, 2.0, 200.0], [49.0, 2.0, 201.0], 0.9987456532177631),
            ([9.0, 9.0, 9.0], [9.0, 9.0, 9.0], 1.0),
        ] {
            let found = similarity(first, second);
            assert!((found - expected).abs() < 1e-12, "{first:?} {second:?}: {found} != {expected}");
        }
    }
}
