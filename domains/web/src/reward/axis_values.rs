//! One number for each axis of the reward; a table of a recipe may name some and keep the defaults of the others.

use serde::{Deserialize, Deserializer, Serialize};

use super::RewardConfig;

/// One number for each axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AxisValues {
    pub block: f64,
    pub text: f64,
    pub position: f64,
    pub color: f64,
    /// The picture axis, whatever computes it.
    pub visual: f64,
}

/// The table as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Named {
    block: Option<f64>,
    text: Option<f64>,
    position: Option<f64>,
    color: Option<f64>,
    visual: Option<f64>,
}

impl AxisValues {
    pub(super) fn over_weights<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RewardConfig::default().weights.over(deserializer)
    }

    pub(super) fn over_thresholds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RewardConfig::default().thresholds.over(deserializer)
    }

    pub(super) fn over_floors<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RewardConfig::default().floors.over(deserializer)
    }

    /// What the table names, and the own values for the rest.
    fn over<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self, D::Error> {
        let named = Named::deserialize(deserializer)?;
        Ok(Self {
            block: named.block.unwrap_or(self.block),
            text: named.text.unwrap_or(self.text),
            position: named.position.unwrap_or(self.position),
            color: named.color.unwrap_or(self.color),
            visual: named.visual.unwrap_or(self.visual),
        })
    }
}
