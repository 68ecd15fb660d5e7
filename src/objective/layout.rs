//! Which flat position belongs to which sequence, and how per-token values become one number.

use serde::{Deserialize, Serialize};

/// Lengths of the sequences whose tokens lie one after the other in a flat batch.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    lengths: Vec<usize>,
}

/// How per-token losses are averaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalise {
    /// Mean over sequences of the (weighted) mean over tokens: Visual-SDPO eq. 6.
    #[default]
    Sequence,
    /// (Weighted) mean over all tokens of the batch.
    Token,
    /// Sum over tokens divided by `sequences · max_tokens` (Dr.GRPO).
    DrGrpo,
}

impl Layout {
    pub fn new(lengths: Vec<usize>) -> Self {
        Self { lengths }
    }

    pub fn sequences(&self) -> usize {
        self.lengths.len()
    }

    pub fn tokens(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Flat range of every sequence.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.lengths.iter().scan(0, |at, length| {
            let range = *at..*at + length;
            *at += length;
            Some(range)
        })
    }

    /// One value per sequence repeated over its tokens.
    pub fn spread(&self, values: &[f32]) -> Vec<f32> {
        self.lengths
            .iter()
            .zip(values)
            .flat_map(|(&length, &value)| std::iter::repeat_n(value, length))
            .collect()
    }

    /// The factor of every token's loss in the scalar: weights `w_t ≥ 0` over their normaliser. A token outside `mask`
    /// (when given) counts for nothing. `max_tokens` is used by [`Normalise::DrGrpo`] alone.
    pub fn coefficients(
        &self,
        how: Normalise,
        weights: &[f32],
        mask: Option<&[bool]>,
        max_tokens: usize,
    ) -> Vec<f32> {
        let kept = |at: usize| mask.is_none_or(|mask| mask[at]);
        let weight = |at: usize| if kept(at) { f64::from(weights[at]) } else { 0.0 };
        let total: f64 = (0..weights.len()).map(weight).sum();
        let mut all = vec![0.0; weights.len()];
        for range in self.ranges() {
            let own: f64 = range.clone().map(weight).sum();
            let scale = match how {
                Normalise::Sequence => own * self.sequences() as f64,
                Normalise::Token => total,
                Normalise::DrGrpo => (self.sequences() * max_tokens) as f64,
            };
            if scale > 0.0 {
                range.for_each(|at| all[at] = (weight(at) / scale) as f32);
            }
        }
        all
    }
}
