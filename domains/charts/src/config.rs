//! The configuration of the charts domain: the table `[domain.charts]` of a recipe.

use galley_core::{DomainError, Endpoint};
use galley_kit::chosen;
use galley_sandbox::Strictness;
use serde::{Deserialize, Serialize};

use crate::{detectors, reward::RewardConfig, tasks::Family};

/// Every key. The defaults suit a pretrained instruct model; a policy that starts from nothing takes a low `dpi`,
/// difficulty 1 and no instruction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ChartsConfig {
    /// A folder in ChartMimic's layout, a `.json`, `.jsonl` or `.parquet` file of programs, a folder of such files, or
    /// `hub:<owner>/<name>` of a dataset; `null`: charts are generated from the recipe's seed.
    pub data: Option<String>,
    /// Families of generated charts, taken in turn; the 22 of ChartMimic.
    pub families: Vec<String>,
    /// 1: one series, few values; 2: labels, legends, 12-bit colours; 3: more of all.
    pub difficulty: u8,
    /// Charts for training, generated or the first of a file that can be drawn; a folder of programs gives all of its.
    pub train_tasks: usize,
    /// The same for evaluation.
    pub held_out_tasks: usize,
    /// Dots per inch in place of the program's own (a figure of 6.4 x 4.8 inches at 20 is 128 x 96 pixels); `null` keeps
    /// the program's.
    pub dpi: Option<f64>,
    /// Interpreters that render side by side; 0 = by the number of cores.
    pub interpreters: usize,
    /// `required`: refuse to run where programs cannot be confined by every mechanism; `best-effort`: say what is missing.
    pub sandbox: String,
    /// Put behind the picture in every prompt; empty: the picture alone.
    pub instruction: String,
    /// Detectors that run, in this order of their results.
    pub detectors: Vec<String>,
    pub reward: RewardConfig,
    /// A model that compares pictures: `endpoint` (`https://host/v1`), `model`, and `api-key-env`, the variable that holds
    /// the key. `null`: none. It is asked only where `reward.weights.judge` is above 0.
    pub judge: Option<Endpoint>,
}

impl Default for ChartsConfig {
    fn default() -> Self {
        Self {
            data: None,
            families: Family::ALL.iter().map(|family| family.name().into()).collect(),
            difficulty: 2,
            train_tasks: 4096,
            held_out_tasks: 256,
            dpi: None,
            interpreters: 0,
            sandbox: "best-effort".into(),
            instruction: INSTRUCTION.into(),
            detectors: detectors::all().iter().map(|detector| detector.name().into()).collect(),
            reward: RewardConfig::default(),
            judge: None,
        }
    }
}

const INSTRUCTION: &str = "Write the Python program that draws exactly this chart with matplotlib. Answer with the code \
                           alone.";

impl ChartsConfig {
    /// Reads the table that a recipe gives.
    ///
    /// # Errors
    /// `Setup` for a key or value that does not fit.
    pub fn read(value: serde_json::Value) -> Result<Self, DomainError> {
        let config: Self = serde_json::from_value(value).map_err(|error| {
            DomainError::setup(
                format!("[domain.charts]: {error}"),
                "compare the table with the defaults of the charts domain",
            )
        })?;
        config.strictness()?;
        if !(1..=3).contains(&config.difficulty) {
            return Err(DomainError::setup(
                format!("[domain.charts] difficulty: {} is not 1, 2 or 3", config.difficulty),
                "choose one of the three",
            ));
        }
        if config.dpi.is_some_and(|dpi| !(5.0..=1000.0).contains(&dpi)) {
            return Err(DomainError::setup(
                "[domain.charts] dpi is not in 5..=1000",
                "100 is matplotlib's own",
            ));
        }
        if config.reward.weights.judge > 0.0 && config.judge.is_none() {
            return Err(DomainError::setup(
                "[domain.charts.reward] weights.judge is above 0, and there is no judge",
                "name one: [domain.charts.judge] with endpoint, model and api-key-env",
            ));
        }
        Ok(config)
    }

    /// The families by name, at least one.
    pub fn families(&self) -> Result<Vec<Family>, DomainError> {
        let known: Vec<&str> = Family::ALL.iter().map(|family| family.name()).collect();
        let families = chosen(("charts", "families"), &self.families, Family::named, &known)?;
        if families.is_empty() {
            return Err(DomainError::setup("[domain.charts] families is empty", "name at least one family"));
        }
        Ok(families)
    }

    pub fn strictness(&self) -> Result<Strictness, DomainError> {
        let names = std::slice::from_ref(&self.sandbox);
        let found = chosen(("charts", "sandbox"), names, Strictness::named, &["required", "best-effort"])?;
        Ok(found.into_iter().next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_read_as_they_are_written() {
        let value = serde_json::to_value(ChartsConfig::default()).unwrap();
        assert!(value["train-tasks"].is_number());
        assert_eq!(ChartsConfig::read(value).unwrap(), ChartsConfig::default());
    }

    #[test]
    fn an_unknown_key_or_name_is_reported() {
        assert!(ChartsConfig::read(serde_json::json!({"famlies": []})).is_err());
        assert!(ChartsConfig::read(serde_json::json!({"sandbox": "on"})).is_err());
        assert!(ChartsConfig::read(serde_json::json!({"difficulty": 4})).is_err());
        assert!(ChartsConfig::read(serde_json::json!({"dpi": 0.0})).is_err());
        assert!(ChartsConfig::read(serde_json::json!({"reward": {"weights": {"judge": 1.0}}})).is_err());
        let judge = serde_json::json!({"endpoint": "http://localhost:1/v1", "model": "m"});
        assert!(ChartsConfig::read(serde_json::json!({"judge": judge})).unwrap().judge.is_some());
        let config = ChartsConfig { families: vec!["bars".into()], ..ChartsConfig::default() };
        let error = config.families().unwrap_err().to_string();
        assert!(error.contains("`bars`") && error.contains("scatters"), "{error}");
    }
}
