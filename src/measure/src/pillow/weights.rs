//! The weights of one axis, rounded to integers.

use super::Filter;

/// Whose arithmetic is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Pillow 13: 22 bits after the point; rows first where they shrink by more than twice as many pixels as columns.
    Pillow,
    /// torchvision's resize of uint8 tensors: as many bits as keep the largest weight below 2¹⁵; columns first.
    Torchvision,
}

/// What every target index of an axis is made of.
pub(super) struct Weights {
    /// Bits after the point.
    pub bits: u32,
    /// First source index and the weights from there on, of each target index.
    pub taps: Vec<(usize, Vec<i32>)>,
}

impl Weights {
    pub fn new(from: usize, to: usize, filter: Filter, dialect: Dialect) -> Self {
        let exact = exact(from, to, filter);
        let bits = match dialect {
            Dialect::Pillow => 22,
            Dialect::Torchvision => sixteen_bit(&exact),
        };
        let round = |weight: &f64| {
            let scaled = weight * f64::from(1u32 << bits);
            (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
        };
        let taps = exact.iter().map(|(low, weights)| (*low, weights.iter().map(round).collect()));
        Self { bits, taps: taps.collect() }
    }
}

/// Normalised weights: the filter is stretched by the scale when the axis shrinks.
fn exact(from: usize, to: usize, filter: Filter) -> Vec<(usize, Vec<f64>)> {
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let (support, inverse) = (filter.support() * stretch, 1.0 / stretch);
    let tap = |at: usize| {
        let centre = (at as f64 + 0.5) * scale;
        let low = (centre - support + 0.5).max(0.0) as usize;
        let high = ((centre + support + 0.5) as usize).min(from);
        let weights: Vec<f64> =
            (low..high).map(|j| filter.weight((j as f64 - centre + 0.5) * inverse)).collect();
        let sum: f64 = weights.iter().sum();
        (low, weights.into_iter().map(|weight| if sum == 0.0 { weight } else { weight / sum }).collect())
    };
    (0..to).map(tap).collect()
}

fn sixteen_bit(taps: &[(usize, Vec<f64>)]) -> u32 {
    let largest = taps.iter().flat_map(|(_, weights)| weights).fold(f64::MIN, |a, &b| a.max(b));
    (0..22).find(|p| (0.5 + largest * f64::from(1u32 << (p + 1))) as i64 >= 1 << 15).unwrap_or(22)
}
