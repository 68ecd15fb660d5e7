//! The reward of a chart: the four low-level axes of ChartMimic in their sound form, and one visual axis.
//!
//! | axis | value |
//! |---|---|
//! | `text` | F1 over the texts that can be seen, ticks of x and y left out |
//! | `layout` | F1 over the cells of the grid |
//! | `type` | F1 over the plotting calls by function |
//! | `color` | F1 of the best pairs of colours within each function, by CIEDE2000 |
//! | visual | as the web domain has it: `ssim` (grey, ≥ 0), `msps`, `ems`, …, or a network: `clip`, `lpips-alex`, … |
//! | `judge` | a hundredth of what a model says ([`crate::judge`]); absent while its weight is 0, as it is by default |
//!
//! The numbers that published comparisons use are among the metrics: `chartmimic-official` and its four parts.

mod axis_values;

use std::sync::Arc;

use galley_core::{Axis, DomainError, Image, Judge, Render, Reward, Score, Similarity, Task};
use galley_kit::{Visual, similarity};
use serde::{Deserialize, Serialize};

use crate::{
    judge::judged,
    metrics::{LowLevel, official, sound_scores},
    records::Records,
};

pub use axis_values::AxisValues;

/// The key in [`Score::metrics`]: the mean of the four sound F1 scores, 0 for a failed program.
pub const PRIMARY_METRIC: &str = "chartmimic-sound";
/// The same mean as ChartMimic's evaluators compute it.
pub const OFFICIAL_METRIC: &str = "chartmimic-official";

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
    /// What compares the pictures, where no similarity is handed in.
    pub visual: Visual,
}

impl Default for RewardConfig {
    fn default() -> Self {
        let axes = |text, layout, r#type, color, visual, judge| AxisValues {
            text,
            layout,
            r#type,
            color,
            visual,
            judge,
        };
        Self {
            weights: axes(1.0, 1.0, 1.0, 1.0, 1.0, 0.0),
            thresholds: axes(0.99, 0.99, 0.99, 0.97, 0.95, 0.9),
            visual: Visual::Ssim,
        }
    }
}

/// Compares a chart with the reference of its task. A task without a reference has no axes and no reward.
#[derive(Clone, Default)]
pub struct ChartReward {
    config: RewardConfig,
    similarity: Option<Arc<dyn Similarity>>,
    judge: Option<Arc<dyn Judge>>,
}

impl ChartReward {
    /// With `similarity`, it computes the visual axis, and names it.
    pub fn new(config: RewardConfig, similarity: Option<Arc<dyn Similarity>>) -> Self {
        Self { config, similarity, judge: None }
    }

    /// With somebody to ask; needed where the axis has a weight.
    #[must_use]
    pub fn with_judge(self, judge: Arc<dyn Judge>) -> Self {
        Self { judge: Some(judge), ..self }
    }

    fn visual_name(&self) -> Option<&str> {
        match &self.similarity {
            Some(network) => Some(network.name()),
            // A network that was not handed in is no axis.
            None => self.config.visual.name().filter(|_| self.config.visual.network().is_none()),
        }
    }

    fn visual(&self, attempt: &Image, reference: &Image) -> f64 {
        let value = match &self.similarity {
            Some(network) => network.similarity(attempt, reference),
            None => similarity(self.config.visual, attempt, reference).unwrap_or(0.0),
        };
        value.clamp(0.0, 1.0)
    }

    /// The values of the axes, and ChartMimic's own; zero for a failed program.
    fn measured(&self, task: &Task, reference: &Render, render: &Render) -> ([f64; 5], LowLevel) {
        let (Some(seen), Some(wanted)) = (&render.image, &reference.image) else { return Default::default() };
        let sound = sound_scores(render, reference).unwrap_or_default();
        let graph = task.labels.get("family").is_some_and(|family| family == "graph");
        let records = Records::of(render).zip(Records::of(reference));
        let official = records.map(|(ours, theirs)| official(&ours, &theirs, graph)).unwrap_or_default();
        let visual = self.visual(seen, wanted);
        ([sound.text.f1, sound.layout.f1, sound.calls.f1, sound.color.f1, visual], official)
    }
}

impl ChartReward {
    /// The score with what the judge says, in 0..=1; without it that axis is absent.
    fn scored(&self, task: &Task, render: &Render, judge: Option<f64>) -> Score {
        let Some(reference) = &task.reference else { return Score::of(render.ok(), Vec::new()) };
        let (values, official) = self.measured(task, &reference.render, render);
        let (weights, thresholds) = (self.config.weights.all(), self.config.thresholds.all());
        let [text, layout, calls, color, visual] = values;
        let values = [text, layout, calls, color, visual, judge.unwrap_or_default()];
        let names = [
            Some("text"),
            Some("layout"),
            Some("type"),
            Some("color"),
            self.visual_name(),
            judge.map(|_| "judge"),
        ];
        let axes = names.into_iter().enumerate().filter_map(|(at, name)| {
            let satisfied = render.ok() && values[at] >= thresholds[at];
            Some(Axis { name: name?.into(), value: values[at], satisfied, weight: weights[at] })
        });
        let mut score = Score::of(render.ok(), axes.collect());
        score.metrics.insert(PRIMARY_METRIC.into(), values[..4].iter().sum::<f64>() / 4.0);
        score.metrics.insert(OFFICIAL_METRIC.into(), official.average());
        for (name, scores) in [
            ("text", official.text),
            ("layout", official.layout),
            ("type", official.calls),
            ("color", official.color),
        ] {
            score.metrics.insert(format!("official-{name}"), scores.f1);
        }
        score
    }

    /// What the judge says, where it has a weight. A program that shows nothing gets 0 without a question.
    fn ask(&self, task: &Task, render: &Render) -> Result<Option<f64>, DomainError> {
        let Some(judge) = self.judge.as_ref().filter(|_| self.config.weights.judge > 0.0) else {
            return Ok(None);
        };
        let wanted = task.reference.as_ref().and_then(|reference| reference.render.image.as_ref());
        let Some((wanted, seen)) = wanted.zip(render.image.as_ref()) else { return Ok(Some(0.0)) };
        Ok(Some(judged(&**judge, wanted, seen)?.score / 100.0))
    }
}

impl Reward for ChartReward {
    fn score(&self, task: &Task, render: &Render) -> Score {
        self.scored(task, render, None)
    }

    fn try_score_response(&self, task: &Task, _: &str, render: &Render) -> Result<Score, DomainError> {
        Ok(self.scored(task, render, self.ask(task, render)?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use galley_core::{Element, Fault, FaultKind, Reference, Region};

    use super::*;
    use crate::records::{Official, Sound};

    fn render(text: &str, color: &str, ink: bool) -> Render {
        let mut image = Image::filled(40, 20, [255; 3]);
        if ink {
            image.rgb[(5 * 40 + 10) * 3] = 0;
        }
        let element = |kind: &str, text: &str, region| Element {
            parent: None,
            kind: kind.into(),
            span: None,
            region,
            text: text.into(),
            text_region: None,
            style: BTreeMap::new(),
        };
        let figure = element("figure", "", Region::new(0.0, 0.0, 40.0, 20.0));
        let title = element("text", text, Region::new(8.0, 2.0, 10.0, 8.0));
        let mut render =
            Render { image: Some(Arc::new(image)), elements: vec![figure, title], faults: Vec::new() };
        let (text, color) = (vec![text.to_owned()], vec![format!("f--{color}")]);
        let calls = BTreeMap::from([("f".to_owned(), 1)]);
        let layout = vec![[1, 1, 0, 0, 0, 0]];
        let sound =
            Sound { text: text.clone(), layout: layout.clone(), calls: calls.clone(), color: color.clone() };
        let official = Official { text, layout, graph_layout: Vec::new(), calls, color };
        Records { official, sound }.attach(&mut render);
        render
    }

    fn score(attempt: &Render) -> Score {
        let reference = Some(Reference { program: None, render: Arc::new(render("home", "#AA33CC", true)) });
        let task = Task { id: "t".into(), prompt: Default::default(), reference, labels: BTreeMap::new() };
        ChartReward::default().score(&task, attempt)
    }

    #[test]
    fn the_reference_scores_one_on_every_axis() {
        let score = score(&render("home", "#AA33CC", true));
        let names: Vec<&str> = score.axes.iter().map(|axis| axis.name.as_str()).collect();
        assert_eq!(names, ["text", "layout", "type", "color", "ssim"]);
        assert_eq!(
            (score.reward, score.metrics[PRIMARY_METRIC], score.metrics[OFFICIAL_METRIC]),
            (1.0, 1.0, 1.0)
        );
    }

    #[test]
    fn a_text_that_nobody_sees_earns_nothing() {
        let score = score(&render("home", "#AA33CC", false));
        assert_eq!(score.axis("text").map(|axis| axis.value), Some(0.0));
        assert_eq!(score.metrics["official-text"], 1.0, "the original believes the record");
    }

    #[test]
    fn another_color_or_text_breaks_its_axis() {
        let unsatisfied = |attempt: Render| -> Vec<String> {
            score(&attempt).axes.into_iter().filter(|axis| !axis.satisfied).map(|axis| axis.name).collect()
        };
        assert_eq!(unsatisfied(render("hone", "#AA33CC", true)), ["text"]);
        assert_eq!(unsatisfied(render("home", "#33AACC", true)), ["color"]);
    }

    #[test]
    fn a_failed_program_scores_nothing() {
        let score = score(&Render::failed(Fault::new(FaultKind::Syntax, "x")));
        assert_eq!((score.reward, score.metrics[PRIMARY_METRIC], score.executed), (0.0, 0.0, false));
    }

    /// Says one thing to every question, and fails on those without two pictures.
    struct Says(&'static str);

    impl Judge for Says {
        fn name(&self) -> &'static str {
            "says"
        }

        fn answer(&self, question: &[galley_core::Part]) -> Result<String, DomainError> {
            let pictures = question.iter().filter(|part| matches!(part, galley_core::Part::Image(_))).count();
            if pictures == 2 { Ok(self.0.into()) } else { Err(DomainError::harness("says", "no pictures")) }
        }
    }

    #[test]
    fn a_judge_is_asked_where_it_has_a_weight() {
        let reference = Some(Reference { program: None, render: Arc::new(render("home", "#AA33CC", true)) });
        let task = Task { id: "t".into(), prompt: Default::default(), reference, labels: BTreeMap::new() };
        let axis = |weight: f64, says: &'static str, attempt: &Render| {
            let mut config = RewardConfig::default();
            config.weights.judge = weight;
            let reward = ChartReward::new(config, None).with_judge(Arc::new(Says(says)));
            let score = reward.try_score_response(&task, "", attempt)?;
            Ok::<_, DomainError>(score.axis("judge").map(|axis| (axis.value, axis.satisfied)))
        };
        let attempt = render("home", "#AA33CC", true);
        assert_eq!(axis(0.0, "no number", &attempt).unwrap(), None);
        assert_eq!(axis(1.0, "Comments: fine.\nScore: 95", &attempt).unwrap(), Some((0.95, true)));
        assert!(axis(1.0, "no number", &attempt).is_err());
        let failed = Render::failed(Fault::new(FaultKind::Syntax, "x"));
        assert_eq!(axis(1.0, "no number", &failed).unwrap(), Some((0.0, false)));
    }

    #[test]
    fn settings_are_read_strictly() {
        let config: RewardConfig = serde_json::from_str(r#"{"weights": {"type": 2}}"#).unwrap();
        assert_eq!(config.weights.r#type, 2.0);
        assert!(serde_json::from_str::<RewardConfig>(r#"{"weights": {"tpe": 1}}"#).is_err());
    }
}
