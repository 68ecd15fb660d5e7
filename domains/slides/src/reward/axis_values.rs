//! One number for each axis of the reward; a table of a recipe may name some and keep the defaults of the others.

use serde::{Deserialize, Deserializer, Serialize};

use super::RewardConfig;

/// One number for each axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AxisValues {
    pub aspect: f64,
    pub whitespace: f64,
    pub balance: f64,
    pub collision: f64,
    pub content: f64,
}

/// The table as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Named {
    aspect: Option<f64>,
    whitespace: Option<f64>,
    balance: Option<f64>,
    collision: Option<f64>,
    content: Option<f64>,
}

impl AxisValues {
    pub(super) fn over_weights<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RewardConfig::default().weights.over(deserializer)
    }

    pub(super) fn over_thresholds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RewardConfig::default().thresholds.over(deserializer)
    }

    pub(super) fn all(self) -> [f64; 5] {
        [self.aspect, self.whitespace, self.balance, self.collision, self.content]
    }

    /// What the table names, and the own values for the rest.
    fn over<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self, D::Error> {
        let named = Named::deserialize(deserializer)?;
        Ok(Self {
            aspect: named.aspect.unwrap_or(self.aspect),
            whitespace: named.whitespace.unwrap_or(self.whitespace),
            balance: named.balance.unwrap_or(self.balance),
            collision: named.collision.unwrap_or(self.collision),
            content: named.content.unwrap_or(self.content),
        })
    }
}
