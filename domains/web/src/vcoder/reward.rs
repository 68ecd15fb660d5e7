//! The four terms as a reward.

use std::sync::Arc;

use galley_core::{Axis, Render, Reward, Score, Similarity, Task};
use serde::{Deserialize, Serialize};

use super::{
    fence::{format, page},
    tags::{structure, validity},
};

/// What the terms weigh: `[domain.web.reward.vcoder]`, for `kind = "vcoder"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct VcoderConfig {
    /// Factors of the terms in the sum; the reward is the sum over its largest possible value.
    pub format: f64,
    pub validity: f64,
    pub structure: f64,
    pub visual: f64,
    /// A term that reaches this counts as satisfied in reports and corrections; the reward is the weighted mean of values.
    pub threshold: f64,
}

impl Default for VcoderConfig {
    fn default() -> Self {
        Self { format: 1.0, validity: 1.0, structure: 1.0, visual: 3.0, threshold: 0.95 }
    }
}

/// The sum of the terms over its largest possible value (6; 3 without CLIP), so that rewards lie in 0..=1.
///
/// The metric `vcoder-total` is the sum as the original pays it, failed renders included; without CLIP there is none, but
/// `vcoder-total-without-visual`, 0..3. Without a response ([`Reward::score`]) only the picture can be judged.
#[derive(Clone)]
pub struct VcoderReward {
    config: VcoderConfig,
    similarity: Option<Arc<dyn Similarity>>,
}

impl VcoderReward {
    /// `similarity` is to be CLIP's; without it the picture is not judged, which is said aloud once.
    pub fn new(config: VcoderConfig, similarity: Option<Arc<dyn Similarity>>) -> Self {
        if similarity.is_none() {
            tracing::warn!(
                "the vcoder reward has no CLIP weights: its visual term is absent, and format, validity and structure \
                 carry the whole reward"
            );
        }
        Self { config, similarity }
    }

    fn visual(&self, task: &Task, render: &Render) -> Option<(String, f64, f64)> {
        let similarity = self.similarity.as_ref()?;
        let wanted = task.reference.as_ref().and_then(|reference| reference.render.image.as_ref());
        let value = match (&render.image, wanted) {
            (Some(seen), Some(wanted)) => similarity.similarity(seen, wanted).clamp(0.0, 1.0),
            _ => 0.0,
        };
        Some((similarity.name().to_owned(), value, self.config.visual))
    }

    /// Name, value and factor of each term that can be judged.
    fn terms(&self, task: &Task, response: Option<&str>, render: &Render) -> Vec<(String, f64, f64)> {
        let mut terms = Vec::new();
        let page = response.map(page);
        if let (Some(response), Some(page)) = (response, page) {
            let program = task.reference.as_ref().and_then(|reference| reference.program.as_deref());
            terms.push(("format".into(), format(response), self.config.format));
            terms.push(("validity".into(), page.map_or(0.0, validity), self.config.validity));
            if let Some(reference) = program {
                let likeness = page.map_or(0.0, |page| structure(page, reference));
                terms.push(("structure".into(), likeness, self.config.structure));
            }
        }
        // The original renders what is in the fence, and nothing else.
        terms.extend(self.visual(task, render).map(|(name, value, factor)| {
            let fenced = page != Some(None);
            (name, if fenced { value } else { 0.0 }, factor)
        }));
        terms
    }

    fn scored(&self, task: &Task, response: Option<&str>, render: &Render) -> Score {
        let terms = self.terms(task, response, render);
        let total: f64 = terms.iter().map(|(_, value, factor)| value * factor).sum();
        let most: f64 = terms.iter().map(|(_, _, factor)| factor).sum();
        let executed = render.ok();
        let axis = |(name, value, factor): (String, f64, f64)| Axis {
            name,
            value: if executed { value } else { 0.0 },
            satisfied: executed && value >= self.config.threshold,
            weight: factor,
        };
        let mut score = Score::of(executed, terms.into_iter().map(axis).collect());
        score.reward = if executed && most > 0.0 { (total / most).clamp(0.0, 1.0) } else { 0.0 };
        let known = self.similarity.is_some();
        let name = if known { TOTAL } else { "vcoder-total-without-visual" };
        score.metrics.insert(name.into(), total);
        score
    }
}

/// The key in [`Score::metrics`] of the sum of the terms.
const TOTAL: &str = "vcoder-total";

impl Reward for VcoderReward {
    fn score(&self, task: &Task, render: &Render) -> Score {
        self.scored(task, None, render)
    }

    fn score_response(&self, task: &Task, response: &str, render: &Render) -> Score {
        self.scored(task, Some(response), render)
    }
}

#[cfg(test)]
mod tests {
    use galley_core::{Fault, FaultKind, Image};
    use serde_json::Value;

    use super::*;
    use crate::hand_built::{render, task};

    struct Clip(f64);
    impl Similarity for Clip {
        fn name(&self) -> &str {
            "clip"
        }
        fn similarity(&self, _: &Image, _: &Image) -> f64 {
            self.0
        }
    }

    const PAGE: &str = "<body><div style=\"background:#f00;width:9px;height:9px\"></div></body>";

    fn reward(clip: Option<f64>) -> VcoderReward {
        let similarity = clip.map(|value| Arc::new(Clip(value)) as Arc<dyn Similarity>);
        VcoderReward::new(VcoderConfig::default(), similarity)
    }

    /// Numbers of the original functions on pages of our own.
    #[test]
    fn terms_equal_the_original() {
        let golden: Value = serde_json::from_str(include_str!("../../tests/goldens/vcoder.json")).unwrap();
        let cases = golden["cases"].as_array().unwrap();
        assert!(cases.len() > 40);
        for case in cases {
            let response = case["response"].as_str().unwrap();
            assert_eq!(page(response), case["extracted"].as_str(), "{response:?}");
            let reference = golden["references"][case["reference"].as_str().unwrap()].as_str().unwrap();
            let mut task = task(PAGE);
            task.reference.as_mut().unwrap().program = Some(reference.into());
            let terms = reward(None).terms(&task, Some(response), &render(PAGE));
            for (name, value, _) in terms {
                let expected = case[&name].as_f64().unwrap();
                assert!((value - expected).abs() < 1e-12, "{name} {value} {expected}: {response:?}");
            }
        }
    }

    #[test]
    fn the_sum_is_normalised_and_kept() {
        let response = format!("```html\n<!doctype html><html>{PAGE}</html>\n```");
        let mut task = task(PAGE);
        task.reference.as_mut().unwrap().program = Some(format!("<html>{PAGE}</html>"));
        let score = reward(Some(0.5)).score_response(&task, &response, &render(PAGE));
        let validity = 0.7 + 0.3 * 4.0 / 6.0;
        assert!((score.metrics[TOTAL] - (2.0 + validity + 1.5)).abs() < 1e-12, "{score:?}");
        assert!((score.reward - score.metrics[TOTAL] / 6.0).abs() < 1e-12);
        assert!((score.axes.iter().map(|axis| axis.weight).sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(score.axis("clip").map(|axis| axis.weight), Some(0.5));
    }

    #[test]
    fn without_weights_the_visual_term_is_absent() {
        let response = format!("```html\n{PAGE}\n```");
        let score = reward(None).score_response(&task(PAGE), &response, &render(PAGE));
        let names: Vec<&str> = score.axes.iter().map(|axis| axis.name.as_str()).collect();
        assert_eq!(names, ["format", "validity", "structure"]);
        assert!(!score.metrics.contains_key(TOTAL));
        assert_eq!(score.metrics["vcoder-total-without-visual"], score.reward * 3.0);
    }

    #[test]
    fn failures_earn_nothing_but_keep_the_original_sum() {
        let failed = Render::failed(Fault::new(FaultKind::Limit, "x"));
        let score = reward(Some(1.0)).score_response(&task(PAGE), "```html\n<p>x</p>\n```", &failed);
        assert_eq!(score.reward, 0.0);
        assert!(score.metrics[TOTAL] > 1.0 && score.axes.iter().all(|axis| !axis.satisfied));
        // Outside a fence the original renders nothing.
        let score = reward(Some(1.0)).score_response(&task(PAGE), PAGE, &render(PAGE));
        assert_eq!(score.metrics[TOTAL], 0.0);
    }
}
