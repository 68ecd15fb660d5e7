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
//! | visual | `ssim` (grey, ≥ 0), `msps`, `ssim-helm`, `ssim-vcoder`, `ems`, or a network: `clip`, `lpips-alex`, `lpips-vgg` | CLIP there |
//!
//! Both pages are measured on one canvas, as large as the larger, padded with white.

mod axis_values;
mod comparison;

use std::sync::Arc;

use galley_core::{Axis, Image, Render, Reward, Score, Similarity, Task};
use galley_kit::{Visual, similarity};
use serde::{Deserialize, Serialize};

use crate::vcoder::{VcoderConfig, VcoderReward};
use comparison::{Comparison, Judgement};

pub use axis_values::AxisValues;

/// The key in [`Score::metrics`]: the mean of the axis values, 0 for a failed program. Not the published number: the
/// blocks are the browser's own, and the visual axis is what its name says.
pub const PRIMARY_METRIC: &str = "design2code-sound";

/// What the axes weigh and when they count as satisfied.
///
/// The defaults are strict, for pages that can be met exactly: one step of a size (5 % of the parent) or one digit of a
/// 12-bit colour (ΔE₀₀ ≥ 0.12) breaks its axis. SSIM is lenient on flat pages: two unrelated pages of one box reach 0.9
/// in a fifth of the cases and 0.95 in hardly any, a box 5 % too wide 0.98.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RewardConfig {
    /// `design2code`: the axes above; `vcoder`: the terms of `[domain.web.reward.vcoder]` (see [`crate::vcoder`]).
    pub kind: RewardKind,
    /// Shares in the reward; normalised.
    #[serde(deserialize_with = "AxisValues::over_weights")]
    pub weights: AxisValues,
    /// An axis is satisfied when its value reaches this …
    #[serde(deserialize_with = "AxisValues::over_thresholds")]
    pub thresholds: AxisValues,
    /// … and its worst single block reaches this. 0 turns it off: for long pages of pretrained policies.
    #[serde(deserialize_with = "AxisValues::over_floors")]
    pub floors: AxisValues,
    /// What compares the pictures, where no similarity is handed in.
    pub visual: Visual,
    /// For `kind = "vcoder"`, which reads nothing else of this table.
    pub vcoder: VcoderConfig,
}

/// Whose reward it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RewardKind {
    #[default]
    Design2code,
    Vcoder,
}

impl RewardConfig {
    /// The reward that it describes; `similarity` compares the pictures where there is one.
    pub fn build(&self, similarity: Option<Arc<dyn Similarity>>) -> Box<dyn Reward> {
        match (self.kind, similarity) {
            (RewardKind::Vcoder, similarity) => Box::new(VcoderReward::new(self.vcoder.clone(), similarity)),
            (RewardKind::Design2code, Some(similarity)) => {
                Box::new(WebReward::with_similarity(self.clone(), similarity))
            }
            (RewardKind::Design2code, None) => Box::new(WebReward::new(self.clone())),
        }
    }

    /// The network that it asks for.
    pub fn network(&self) -> Option<&'static str> {
        match self.kind {
            RewardKind::Design2code => self.visual.network(),
            RewardKind::Vcoder => Some("clip"),
        }
    }

    /// The metric by which runs are compared.
    pub fn primary_metric(&self) -> &'static str {
        match self.kind {
            RewardKind::Design2code => PRIMARY_METRIC,
            RewardKind::Vcoder => "reward",
        }
    }
}

impl Default for RewardConfig {
    fn default() -> Self {
        let axes = |block, text, position, color, visual| AxisValues { block, text, position, color, visual };
        Self {
            kind: RewardKind::Design2code,
            weights: axes(1.0, 1.0, 1.0, 1.0, 1.0),
            thresholds: axes(0.95, 0.95, 0.98, 0.95, 0.95),
            floors: axes(0.97, 0.98, 0.99, 0.999, 0.0),
            visual: Visual::Ssim,
            vcoder: VcoderConfig::default(),
        }
    }
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
        match &self.similarity {
            Some(network) => Some(network.name()),
            // A network that was not handed in is no axis.
            None => self.config.visual.name().filter(|_| self.config.visual.network().is_none()),
        }
    }

    fn visual(&self, attempt: &Image, reference: &Image) -> Judgement {
        let value = match &self.similarity {
            Some(network) => network.similarity(attempt, reference),
            None => similarity(self.config.visual, attempt, reference).unwrap_or(0.0),
        };
        Judgement { value: value.clamp(0.0, 1.0), worst: 1.0 }
    }

    /// Judgements in the fixed order of the axes; all zero for a failed program.
    fn judge(&self, reference: &Render, render: &Render) -> [Judgement; 5] {
        let (Some(seen), Some(wanted)) = (&render.image, &reference.image) else {
            return [Judgement { value: 0.0, worst: 0.0 }; 5];
        };
        let canvas = (
            f64::from(seen.width.max(wanted.width).max(1)),
            f64::from(seen.height.max(wanted.height).max(1)),
        );
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

#[cfg(test)]
mod tests {
    use galley_core::{Fault, FaultKind};
    use galley_measure::color;

    use super::*;
    use crate::hand_built::{render, task};

    const PAGE: &str = r#"<body style="background:#a3c"><div style="background:#f0a;color:#fff;width:45%;height:30%">word</div></body>"#;

    fn score(attempt: &str) -> Score {
        WebReward::default().score(&task(PAGE), &render(attempt))
    }

    #[track_caller]
    fn unsatisfied(attempt: &str, expected: &[&str]) {
        let score = score(attempt);
        let names: Vec<&str> =
            score.axes.iter().filter(|axis| !axis.satisfied).map(|axis| axis.name.as_str()).collect();
        assert_eq!(names, expected, "{:?}", score.axes);
    }

    #[test]
    fn the_reference_scores_one_on_every_axis() {
        let score = score(PAGE);
        let names: Vec<&str> = score.axes.iter().map(|axis| axis.name.as_str()).collect();
        assert_eq!(names, ["block", "text", "position", "color", "ssim"]);
        assert!(score.axes.iter().all(|axis| axis.value == 1.0 && axis.satisfied), "{:?}", score.axes);
        assert_eq!((score.reward, score.metrics[PRIMARY_METRIC]), (1.0, 1.0));
    }

    #[test]
    fn one_step_breaks_its_axis() {
        unsatisfied(&PAGE.replace("#f0a", "#f0b"), &["color"]);
        unsatisfied(&PAGE.replace("#a3c", "#a3d"), &["color"]);
        unsatisfied(&PAGE.replace("color:#fff", "color:#ffe"), &["color"]);
        unsatisfied(&PAGE.replace("word", "wore"), &["text"]);
        unsatisfied(&PAGE.replace("width:45%", "width:50%"), &["block", "position"]);
        unsatisfied(&PAGE.replace("height:30%", "height:35%"), &["block", "position"]);
    }

    #[test]
    fn a_failed_program_scores_nothing() {
        let failed = Render::failed(Fault::new(FaultKind::Syntax, "x"));
        let score = WebReward::default().score(&task(PAGE), &failed);
        assert!(!score.executed && score.axes.len() == 5);
        assert!(score.axes.iter().all(|axis| axis.value == 0.0 && !axis.satisfied));
        assert_eq!((score.reward, score.metrics[PRIMARY_METRIC]), (0.0, 0.0));
    }

    #[test]
    fn an_empty_page_of_the_right_colour_earns_no_axis_but_perhaps_the_picture() {
        let score = score(r#"<body style="background:#a3c"></body>"#);
        assert!(score.axes.iter().all(|axis| !axis.satisfied || axis.name == "ssim"), "{:?}", score.axes);
    }

    #[test]
    fn the_visual_axis_is_named_for_what_computes_it() {
        struct Half;
        impl Similarity for Half {
            fn name(&self) -> &str {
                "clip"
            }
            fn similarity(&self, _: &Image, _: &Image) -> f64 {
                0.5
            }
        }
        let score = |reward: WebReward| reward.score(&task(PAGE), &render(PAGE));
        let network = score(WebReward::with_similarity(RewardConfig::default(), Arc::new(Half)));
        assert_eq!(network.axis("clip").map(|axis| (axis.value, axis.satisfied)), Some((0.5, false)));
        let msps = score(WebReward::new(RewardConfig { visual: Visual::Msps, ..RewardConfig::default() }));
        assert_eq!(msps.axis("msps").map(|axis| axis.value), Some(1.0));
        let none = score(WebReward::new(RewardConfig { visual: Visual::None, ..RewardConfig::default() }));
        assert_eq!(none.axes.len(), 4);
        assert_eq!(none.reward, 1.0);
    }

    #[test]
    fn settings_are_read_strictly() {
        let config: RewardConfig = serde_json::from_str(r#"{"visual": "msps"}"#).unwrap();
        assert_eq!(config, RewardConfig { visual: Visual::Msps, ..RewardConfig::default() });
        let config: RewardConfig = serde_json::from_str(r#"{"floors": {"text": 0}}"#).unwrap();
        let floors = AxisValues { text: 0.0, ..RewardConfig::default().floors };
        assert_eq!(config, RewardConfig { floors, ..RewardConfig::default() });
        let config: RewardConfig =
            serde_json::from_str(r#"{"kind": "vcoder", "vcoder": {"visual": 1}}"#).unwrap();
        assert_eq!((config.kind, config.vcoder.visual, config.vcoder.format), (RewardKind::Vcoder, 1.0, 1.0));
        assert!(serde_json::from_str::<RewardConfig>(r#"{"kind": "vkoder"}"#).is_err());
        assert!(serde_json::from_str::<RewardConfig>(r#"{"visul": "msps"}"#).is_err());
        assert!(serde_json::from_str::<RewardConfig>(r#"{"weights": {"blok": 1}}"#).is_err());
    }

    /// Every 12-bit colour against its neighbours by one digit: the floor of the colour axis tells them apart.
    #[test]
    fn one_digit_of_a_colour_is_below_the_floor() {
        let floor = RewardConfig::default().floors.color;
        let mut closest: (f64, [u32; 3]) = (0.0, [0; 3]);
        for code in 0..4096u32 {
            let digits = [code >> 8, code >> 4 & 15, code & 15];
            for channel in 0..3 {
                let mut next = digits;
                next[channel] += 1;
                if next[channel] < 16 {
                    let rgb = |digits: [u32; 3]| digits.map(|digit| f64::from(digit * 17));
                    let similarity = color::similarity(rgb(digits), rgb(next));
                    if similarity > closest.0 {
                        closest = (similarity, digits);
                    }
                }
            }
        }
        assert!(closest.0 < floor, "{closest:?} is not below {floor}");
    }
}
