//! From matched blocks to the four numbers: block, text, position, colour.

use serde::Serialize;

use super::{blocks::Block, matching::Search};
use crate::color;

/// Pairs less similar than this do not count as matched.
const LEAST_SIMILARITY: f64 = 0.5;
/// The weight of each of the five numbers in the final one.
const WEIGHT: f64 = 0.2;

/// A predicted block that matched a reference block.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Its place among the merged predicted blocks.
    pub prediction: usize,
    /// Its place among the merged reference blocks.
    pub reference: usize,
    /// Similarity of the texts, in 0.5..=1.
    pub text: f64,
    /// One less the larger of the horizontal and vertical distance of the centres, as fractions of the page.
    pub position: f64,
    /// One less a hundredth of the colour difference ΔE₀₀, at least 0.
    pub color: f64,
}

/// The evaluator's numbers. All but `clip` are 0 where nothing matched.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// The area of all blocks of both pages.
    pub sum_areas: f64,
    /// The share of `sum_areas` that is matched. Rounding can lift it above 1.
    pub block: f64,
    pub text: f64,
    pub position: f64,
    pub color: f64,
    /// Cosine of the CLIP embeddings of the masked pages; `None` where nobody computed it.
    pub clip: Option<f64>,
    /// A fifth of the sum of the four others.
    pub final_without_clip: f64,
    /// A fifth of the sum of all five; `None` without `clip`.
    #[serde(rename = "final")]
    pub total: Option<f64>,
}

/// The pairs of the matching that are similar enough.
pub(super) fn pairs(search: &Search) -> Vec<Pair> {
    let similar = search.matching.iter().filter(|(.., text)| *text >= LEAST_SIMILARITY);
    similar
        .map(|&(prediction, reference, text)| {
            let (a, b) = (&search.prediction[prediction], &search.reference[reference]);
            let color = color::similarity(a.color, b.color);
            Pair { prediction, reference, text, position: position(a.bbox, b.bbox), color }
        })
        .collect()
}

fn position(a: [f64; 4], b: [f64; 4]) -> f64 {
    let centre = |bbox: [f64; 4], axis: usize| bbox[axis] + bbox[axis + 2] / 2.0;
    let shift = |axis| (centre(b, axis) - centre(a, axis)).abs();
    1.0 - shift(0).max(shift(1))
}

impl Scores {
    /// No blocks, or none that match.
    pub(super) fn unmatched(clip: Option<f64>) -> Self {
        Self::new(0.0, [0.0; 4], clip)
    }

    pub(super) fn of(search: &Search, pairs: &[Pair], clip: Option<f64>) -> Self {
        if pairs.is_empty() {
            return Self::unmatched(clip);
        }
        let matched: Vec<f64> = pairs
            .iter()
            .map(|pair| search.prediction[pair.prediction].area() + search.reference[pair.reference].area())
            .collect();
        let lost = unmatched(&search.prediction, |at| pairs.iter().any(|pair| pair.prediction == at))
            + unmatched(&search.reference, |at| pairs.iter().any(|pair| pair.reference == at));
        let all: Vec<f64> = std::iter::once(lost).chain(matched.iter().copied()).collect();
        let mean = |of: fn(&Pair) -> f64| {
            pairwise_sum(&pairs.iter().map(of).collect::<Vec<f64>>()) / pairs.len() as f64
        };
        let sum_areas = pairwise_sum(&all);
        let block = pairwise_sum(&matched) / sum_areas;
        Self::new(sum_areas, [block, mean(|p| p.text), mean(|p| p.position), mean(|p| p.color)], clip)
    }

    fn new(sum_areas: f64, [block, text, position, color]: [f64; 4], clip: Option<f64>) -> Self {
        let sum = block + text + position + color;
        Self {
            sum_areas,
            block,
            text,
            position,
            color,
            clip,
            final_without_clip: WEIGHT * sum,
            total: clip.map(|clip| WEIGHT * (sum + clip)),
        }
    }
}

fn unmatched(blocks: &[Block], matched: impl Fn(usize) -> bool) -> f64 {
    let lost = blocks.iter().enumerate().filter(|(at, _)| !matched(*at));
    lost.fold(0.0, |sum, (_, block)| sum + block.area())
}

/// `numpy.sum`: eight running sums over up to 128 numbers, halves above that.
fn pairwise_sum(values: &[f64]) -> f64 {
    if values.len() < 8 {
        return values.iter().fold(0.0, |sum, value| sum + value);
    }
    if values.len() > 128 {
        let half = values.len() / 2;
        let (low, high) = values.split_at(half - half % 8);
        return pairwise_sum(low) + pairwise_sum(high);
    }
    let (eights, rest) = values.split_at(values.len() - values.len() % 8);
    let mut sums = [0.0; 8];
    for eight in eights.chunks_exact(8) {
        sums.iter_mut().zip(eight).for_each(|(sum, value)| *sum += value);
    }
    let [a, b, c, d, e, f, g, h] = sums;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numpy_prints_these_sums() {
        let tenths = |count: usize| (0..count).map(|i| 0.1 * i as f64).collect::<Vec<f64>>();
        let found = [5, 9, 50, 130, 300].map(|count| pairwise_sum(&tenths(count)));
        assert_eq!(found, [1.0, 3.6000000000000005, 122.50000000000001, 838.5, 4485.0]);
    }

    #[test]
    fn without_clip_there_is_no_total() {
        let scores = Scores::new(1.0, [1.0, 0.5, 0.25, 0.25], None);
        assert_eq!((scores.final_without_clip, scores.total), (0.4, None));
        assert_eq!(Scores::new(1.0, [1.0, 0.5, 0.25, 0.25], Some(0.5)).total, Some(0.5));
        assert_eq!(Scores::unmatched(Some(0.5)).total, Some(0.1));
    }
}
