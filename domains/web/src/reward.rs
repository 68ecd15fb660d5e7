//! The reward of a page: the Design2Code axes on what the browser laid out, and one visual axis.
//!
//! Values are continuous in 0..=1, and an axis is satisfied only when what it judges looks right (Visual-SDPO eq. 8
//! sums satisfied axes). With `n` the blocks ([`crate::blocks`]) of both pages and pairs `p` among them:
//!
//! | axis | value | difference from Design2Code |
//! |---|---|---|
//! | `block` | Σ_p size_p · (area + area') / Σ all areas | boxes count; a pair of wrong size counts in part |
//! | `text` | Σ_p difflib ratio / max(number of texts); 1 without texts | a missing or surplus text costs |
//! | `position` | mean over reference blocks of 1 − max(\|Δcx\|, \|Δcy\|) | a missing block counts 0 |
//! | `color` | mean over the canvas and the reference blocks with a colour of max(0, 1 − ΔE₀₀/100) | canvas, backgrounds; a missing block counts 0 |
//! | visual | `ssim` (grey, ≥ 0), `msps`, or what was handed in (CLIP) | CLIP there |
//!
//! Both pages are measured on one canvas, as large as the larger, padded with white.

use std::sync::Arc;

use galley_core::{Axis, Image, Render, Reward, Score, Similarity, Task};
use galley_measure::color;
use serde::{Deserialize, Serialize};

use crate::{
    blocks::{Block, BlockKind, Pair, blocks, closeness, matched},
    computed,
    visual::{Visual, similarity},
};

/// The key in [`Score::metrics`]: the mean of the axis values, 0 for a failed program. Not the published number: the
/// blocks are the browser's own, and the visual axis is what its name says.
pub const PRIMARY_METRIC: &str = "design2code-sound";

/// What the axes weigh and when they count as satisfied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RewardConfig {
    /// Shares in the reward; normalised.
    pub weights: AxisValues,
    /// An axis is satisfied when its value reaches this …
    pub thresholds: AxisValues,
    /// … and its worst single block reaches this. 0 turns it off: for long pages of pretrained policies.
    pub floors: AxisValues,
    /// What compares the pictures, where no similarity is handed in.
    pub visual: Visual,
}

impl Default for RewardConfig {
    fn default() -> Self {
        let axes = |block, text, position, color, visual| AxisValues { block, text, position, color, visual };
        Self {
            weights: axes(1.0, 1.0, 1.0, 1.0, 1.0),
            thresholds: axes(0.95, 0.95, 0.98, 0.95, 0.9),
            floors: axes(0.97, 0.98, 0.98, 0.995, 0.0),
            visual: Visual::Ssim,
        }
    }
}

/// One number for each axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AxisValues {
    pub block: f64,
    pub text: f64,
    pub position: f64,
    pub color: f64,
    pub visual: f64,
}

/// Compares a page with the reference of its task. A task without a reference has no axes and no reward.
#[derive(Clone, Default)]
pub struct WebReward {
    config: RewardConfig,
    similarity: Option<Arc<dyn Similarity>>,
}

impl WebReward {
    pub fn new(config: RewardConfig) -> Self {
        Self { config, similarity: None }
    }

    /// The visual axis is computed, and named, by `similarity`.
    pub fn with_similarity(config: RewardConfig, similarity: Arc<dyn Similarity>) -> Self {
        Self { config, similarity: Some(similarity) }
    }

    fn visual_name(&self) -> Option<&str> {
        self.similarity.as_ref().map_or(self.config.visual.name(), |similarity| Some(similarity.name()))
    }

    fn visual(&self, attempt: &Image, reference: &Image) -> Judgement {
        let value = match &self.similarity {
            Some(network) => network.similarity(attempt, reference),
            None => similarity(self.config.visual, attempt, reference),
        };
        Judgement { value: value.clamp(0.0, 1.0), worst: 1.0 }
    }

    /// Judgements in the fixed order of the axes; all zero for a failed program.
    fn judge(&self, reference: &Render, render: &Render) -> [Judgement; 5] {
        let (Some(seen), Some(wanted)) = (&render.image, &reference.image) else {
            return [Judgement { value: 0.0, worst: 0.0 }; 5];
        };
        let canvas =
            (f64::from(seen.width.max(wanted.width).max(1)), f64::from(seen.height.max(wanted.height).max(1)));
        let comparison = Comparison::new(render, reference, canvas);
        [
            comparison.block(),
            comparison.text(),
            comparison.position(),
            comparison.color(),
            self.visual(seen, wanted),
        ]
    }

    fn axis(&self, at: usize, name: &str, judgement: Judgement) -> Axis {
        let of = |values: &AxisValues| {
            [values.block, values.text, values.position, values.color, values.visual][at]
        };
        let satisfied =
            judgement.value >= of(&self.config.thresholds) && judgement.worst >= of(&self.config.floors);
        Axis { name: name.into(), value: judgement.value, satisfied, weight: of(&self.config.weights) }
    }
}

impl Reward for WebReward {
    fn score(&self, task: &Task, render: &Render) -> Score {
        let Some(reference) = &task.reference else { return Score::of(render.ok(), Vec::new()) };
        let judgements = self.judge(&reference.render, render);
        let names = [Some("block"), Some("text"), Some("position"), Some("color"), self.visual_name()];
        let named = names.into_iter().zip(judgements).enumerate();
        let mut axes: Vec<Axis> =
            named.filter_map(|(at, (name, judgement))| Some(self.axis(at, name?, judgement))).collect();
        if !render.ok() {
            axes.iter_mut().for_each(|axis| axis.satisfied = false);
        }
        let mean = axes.iter().map(|axis| axis.value).sum::<f64>() / axes.len() as f64;
        let mut score = Score::of(render.ok(), axes);
        score.metrics.insert(PRIMARY_METRIC.into(), mean);
        score
    }
}

/// An axis before weight and threshold.
#[derive(Clone, Copy)]
struct Judgement {
    value: f64,
    /// The least value of a single block.
    worst: f64,
}

impl Judgement {
    /// The mean of single values; 1 where there is nothing to judge.
    fn mean(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self { value: 1.0, worst: 1.0 };
        }
        let worst = values.iter().copied().fold(1.0, f64::min);
        Self { value: values.iter().sum::<f64>() / values.len() as f64, worst }
    }
}

/// The blocks of two pages, paired up.
struct Comparison {
    attempt: Vec<Block>,
    reference: Vec<Block>,
    pairs: Vec<Pair>,
    /// Similarity of the two canvas colours.
    canvas: f64,
}

impl Comparison {
    fn new(render: &Render, reference: &Render, canvas: (f64, f64)) -> Self {
        let (attempt, wanted) = (blocks(render, canvas), blocks(reference, canvas));
        let pairs = matched(&attempt, &wanted);
        let colours = (computed::canvas(&render.elements), computed::canvas(&reference.elements));
        Self { attempt, reference: wanted, pairs, canvas: color::similarity(colours.0, colours.1) }
    }

    fn block(&self) -> Judgement {
        let (mut matched, mut agreed, mut worst) = (0.0, 0.0, 1.0f64);
        for pair in &self.pairs {
            let area = self.attempt[pair.attempt].bbox.area() + self.reference[pair.reference].bbox.area();
            matched += area;
            agreed += area * pair.size;
            worst = worst.min(pair.size);
        }
        let in_pair = |side: fn(&Pair) -> usize, at: usize| self.pairs.iter().any(|pair| side(pair) == at);
        let lone = |blocks: &[Block], side: fn(&Pair) -> usize| -> (usize, f64) {
            let lone = (0..blocks.len()).filter(|&at| !in_pair(side, at));
            lone.fold((0, 0.0), |(count, area), at| (count + 1, area + blocks[at].bbox.area()))
        };
        let (surplus, surplus_area) = lone(&self.attempt, |pair| pair.attempt);
        let (missing, missing_area) = lone(&self.reference, |pair| pair.reference);
        if surplus + missing > 0 {
            worst = 0.0;
        }
        let total = matched + surplus_area + missing_area;
        Judgement { value: if total > 0.0 { agreed / total } else { 1.0 }, worst }
    }

    fn text(&self) -> Judgement {
        let count = |blocks: &[Block]| blocks.iter().filter(|block| block.kind == BlockKind::Text).count();
        let texts = self.pairs.iter().filter(|pair| self.reference[pair.reference].kind == BlockKind::Text);
        let mut ratios: Vec<f64> = texts.map(|pair| pair.ratio).collect();
        ratios.resize(count(&self.attempt).max(count(&self.reference)).max(ratios.len()), 0.0);
        Judgement::mean(&ratios)
    }

    fn position(&self) -> Judgement {
        let place = |pair: &Pair| {
            closeness(self.attempt[pair.attempt].bbox, self.reference[pair.reference].bbox).max(0.0)
        };
        let mut places: Vec<f64> = self.pairs.iter().map(place).collect();
        places.resize(self.reference.len(), 0.0);
        Judgement::mean(&places)
    }

    fn color(&self) -> Judgement {
        let coloured = self.reference.iter().filter(|block| block.colour.is_some()).count();
        let pair = |pair: &Pair| {
            let wanted = self.reference[pair.reference].colour?;
            Some(self.attempt[pair.attempt].colour.map_or(0.0, |seen| color::similarity(seen, wanted)))
        };
        let mut similarities: Vec<f64> = self.pairs.iter().filter_map(pair).collect();
        similarities.resize(coloured, 0.0);
        similarities.push(self.canvas);
        Judgement::mean(&similarities)
    }
}
