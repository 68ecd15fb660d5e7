//! One number for each axis of the reward; a table of a recipe may name some and keep the defaults of the others.

use serde::{Deserialize, Deserializer, Serialize};

use super::RewardConfig;

/// One number for each axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AxisValues {
    pub text: f64,
    pub layout: f64,
    pub r#type: f64,
    pub color: f64,
    /// The picture axis, whatever computes it.
    pub visual: f64,
    /// The judge of `[domain.charts.judge]`; nobody is asked while its weight is 0.
    pub judge: f64,
}

/// The table as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Named {
    text: Option<f64>,
    layout: Option<f64>,
    r#type: Option<f64>,
    color: Option<f64>,
    visual: Option<f64>,
    judge: Option<f64>,
}

impl AxisValues {
    pub(super) fn over_weights<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RewardConfig::default().weights.over(deserializer)
    }

    pub(super) fn over_thresholds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RewardConfig::default().thresholds.over(deserializer)
    }

    pub(super) fn all(self) -> [f64; 6] {
        [self.text, self.layout, self.r#type, self.color, self.visual, self.judge]
    }

    /// What the table names, and the own values for the rest.
    fn over<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self, D::Error> {
        let named = Named::deserialize(deserializer)?;
        Ok(Self {
            text: named.text.unwrap_or(self.text),
            layout: named.layout.unwrap_or(self.layout),
            r#type: named.r#type.unwrap_or(self.r#type),
            color: named.color.unwrap_or(self.color),
            visual: named.visual.unwrap_or(self.visual),
            judge: named.judge.unwrap_or(self.judge),
        })
    }
}
