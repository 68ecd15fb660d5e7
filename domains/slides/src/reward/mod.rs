//! The reward of a deck: AeSlides' layout axes, and two of ours.
//!
//! | axis | value | source |
//! |---|---|---|
//! | `aspect` | closeness to 16:9 | AeSlides' published reward |
//! | `whitespace` | smoothstep of the share of the cropped slide with content near it | AeSlides' published reward |
//! | `balance` | `1 / score` of the centre of weight, at most 1 | score: AeSlides for pages, its boxes **ours** for decks; reward **ours** |
//! | `collision` | what of texts and pictures no other item takes | **ours** |
//! | `content` | what the prompt quotes and the deck says; absent where a prompt quotes nothing | **ours** |
//!
//! Each is the mean over the slides of a deck. AeSlides renders HTML, so numbers of decks compare with no paper; numbers of
//! pages ([`crate::html`]) compare with its `aspect_ratio_reward` and `whitespace_reward`, and with its imbalance score.

mod axis_values;
mod measures;

use galley_core::{Axis, Render, Reward, Score, Task};
use serde::{Deserialize, Serialize};

pub use axis_values::AxisValues;
pub use measures::Measures;

use crate::{axes::content, scene::Deck};

/// The key in [`Score::metrics`]: the mean of the axes, 0 for a failed program.
pub const PRIMARY_METRIC: &str = "slide-axes";

/// What the axes weigh and when they count as satisfied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RewardConfig {
    /// Shares in the reward; normalised.
    #[serde(deserialize_with = "AxisValues::over_weights")]
    pub weights: AxisValues,
    /// An axis is satisfied when its value reaches this.
    #[serde(deserialize_with = "AxisValues::over_thresholds")]
    pub thresholds: AxisValues,
}

impl Default for RewardConfig {
    fn default() -> Self {
        let axes = |aspect, whitespace, balance, collision, content| AxisValues {
            aspect,
            whitespace,
            balance,
            collision,
            content,
        };
        Self { weights: axes(1.0, 1.0, 1.0, 1.0, 1.0), thresholds: axes(0.95, 0.5, 1.0, 0.99, 0.99) }
    }
}

/// Judges a deck by itself, and by what the prompt quotes. Needs no reference.
#[derive(Clone, Debug, Default)]
pub struct SlideReward {
    config: RewardConfig,
}

impl SlideReward {
    pub fn new(config: RewardConfig) -> Self {
        Self { config }
    }
}

impl Reward for SlideReward {
    fn score(&self, task: &Task, render: &Render) -> Score {
        let wanted = content::wanted(&task.prompt);
        let deck = Deck::of(render).filter(|_| render.ok());
        let measures = deck.as_ref().map(|deck| Measures::of(render, deck)).unwrap_or_default();
        let said = deck.as_ref().and_then(|deck| content::reward(&wanted, deck)).unwrap_or(0.0);
        let [aspect, whitespace, balance, collision] = measures.rewards();
        let (weights, thresholds) = (self.config.weights.all(), self.config.thresholds.all());
        let values = [aspect, whitespace, balance, collision, said];
        let named = NAMES.into_iter().zip(values).zip(weights.into_iter().zip(thresholds));
        // A prompt that quotes nothing asks for no text.
        let axes: Vec<Axis> = named
            .filter(|((name, _), (weight, _))| *weight > 0.0 && (*name != "content" || !wanted.is_empty()))
            .map(|((name, value), (weight, threshold))| {
                let satisfied = deck.is_some() && value >= threshold;
                Axis { name: name.into(), value, satisfied, weight }
            })
            .collect();
        let mean = axes.iter().map(|axis| axis.value).sum::<f64>() / axes.len().max(1) as f64;
        let mut score = Score::of(render.ok(), axes);
        score.metrics = measures.metrics();
        score.metrics.insert(PRIMARY_METRIC.into(), mean);
        score
    }
}

/// In the order of [`AxisValues::all`].
const NAMES: [&str; 5] = ["aspect", "whitespace", "balance", "collision", "content"];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use galley_core::{Element, Fault, FaultKind, Image, Part, Prompt, Region};

    use super::*;
    use crate::scene::{Shape, ShapeKind, Slide};

    fn render(width: u32, texts: &[(&str, f64)]) -> Render {
        let shape = |(text, x): &(&str, f64)| Shape {
            kind: ShapeKind::TextBox,
            text: (*text).into(),
            ink: Some(Region::new(*x, 80.0, 100.0, 20.0)),
            frame: Region::new(*x, 80.0, 100.0, 20.0),
            ..Shape::default()
        };
        let slide = Slide { shapes: texts.iter().map(shape).collect(), ..Slide::default() };
        let deck = Deck { width, height: 180, scale: 1.0, slides: vec![slide] };
        let canvas = Region::new(0.0, 0.0, f64::from(width), 180.0);
        let first = Element {
            parent: None,
            kind: "slide".into(),
            span: None,
            region: canvas,
            text: String::new(),
            text_region: None,
            style: Default::default(),
        };
        let image = Some(Arc::new(Image::filled(width, 180, [255; 3])));
        let mut render = Render { image, elements: vec![first], faults: Vec::new() };
        deck.attach(&mut render);
        render
    }

    fn score(prompt: &str, render: &Render) -> Score {
        let prompt = Prompt { parts: vec![Part::Text(prompt.into())] };
        let task = Task { id: "t".into(), prompt, reference: None, labels: Default::default() };
        SlideReward::default().score(&task, render)
    }

    fn unsatisfied(score: &Score) -> Vec<&str> {
        score.axes.iter().filter(|axis| !axis.satisfied).map(|axis| axis.name.as_str()).collect()
    }

    #[test]
    fn every_fault_breaks_its_axis() {
        let good = score("say \"home\"", &render(320, &[("Home", 110.0)]));
        assert_eq!(unsatisfied(&good), ["whitespace"], "the picture is blank");
        assert_eq!(
            unsatisfied(&score("\"home\"", &render(320, &[("hut", 110.0)]))),
            ["whitespace", "content"]
        );
        assert_eq!(unsatisfied(&score("", &render(240, &[("hut", 70.0)]))), ["aspect", "whitespace"]);
        let beside = score("", &render(320, &[("hut", 130.0), ("hat", 130.0)]));
        assert_eq!(unsatisfied(&beside), ["whitespace", "balance", "collision"]);
        assert!(beside.metrics["imbalance"] > 8.0 && beside.metrics["collision-ours"] == 0.0);
    }

    #[test]
    fn a_failed_program_scores_nothing_on_the_same_axes() {
        let failed = score("\"a\"", &Render::failed(Fault::new(FaultKind::Runtime, "x")));
        assert_eq!((failed.reward, failed.metrics[PRIMARY_METRIC], failed.axes.len()), (0.0, 0.0, 5));
        assert!(failed.axes.iter().all(|axis| axis.value == 0.0 && !axis.satisfied));
    }

    #[test]
    fn settings_are_read_strictly() {
        let config: RewardConfig = serde_json::from_str(r#"{"weights": {"content": 2}}"#).unwrap();
        assert_eq!((config.weights.content, config.weights.aspect), (2.0, 1.0));
        assert!(serde_json::from_str::<RewardConfig>(r#"{"weights": {"text": 1}}"#).is_err());
    }
}
