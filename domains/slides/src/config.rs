//! The configuration of the slides domain: the table `[domain.slides]` of a recipe.

use galley_core::DomainError;
use galley_kit::chosen;
use galley_sandbox::Strictness;
use serde::{Deserialize, Serialize};

use crate::{
    detectors,
    reward::RewardConfig,
    tasks::{Family, INSTRUCTION},
};

/// Every key. The defaults suit a pretrained instruct model; a policy that starts from nothing takes the family `figures`,
/// difficulty 1, a low `width` and no instruction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SlidesConfig {
    /// A `.json` or `.jsonl` file of prompts; `null`: briefs are generated from the recipe's seed.
    pub data: Option<String>,
    /// Families of generated briefs, taken in turn.
    pub families: Vec<String>,
    /// 1: two things, few words; 2 and 3: more of all.
    pub difficulty: u8,
    /// Briefs for training, generated or from the beginning of a file.
    pub train_tasks: usize,
    /// The same for evaluation.
    pub held_out_tasks: usize,
    /// What a program is: `pptx` for Python that writes a deck, `html` for a page.
    pub format: Format,
    /// Pixels of a slide's width, for decks; pages have 1280.
    pub width: u32,
    /// Interpreters and office processes, or browsers, that render side by side; 0 = by the number of cores.
    pub renderers: usize,
    /// `required`: refuse to run where programs cannot be confined by every mechanism; `best-effort`: say what is missing.
    pub sandbox: String,
    /// Put behind the brief in every prompt; empty: the brief alone.
    pub instruction: String,
    /// Detectors that run, in this order of their results.
    pub detectors: Vec<String>,
    pub reward: RewardConfig,
}

/// What a program is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    #[default]
    Pptx,
    /// As AeSlides has them.
    Html,
}

impl Default for SlidesConfig {
    fn default() -> Self {
        Self {
            data: None,
            families: Family::ALL.iter().map(|family| family.name().into()).collect(),
            difficulty: 2,
            train_tasks: 4096,
            held_out_tasks: 256,
            format: Format::Pptx,
            width: 1280,
            renderers: 0,
            sandbox: "best-effort".into(),
            instruction: INSTRUCTION.into(),
            detectors: detectors::all().iter().map(|detector| detector.name().into()).collect(),
            reward: RewardConfig::default(),
        }
    }
}

impl SlidesConfig {
    /// Reads the table that a recipe gives.
    ///
    /// # Errors
    /// `Setup` for a key or value that does not fit.
    pub fn read(value: serde_json::Value) -> Result<Self, DomainError> {
        let config: Self = serde_json::from_value(value).map_err(|error| {
            DomainError::setup(
                format!("[domain.slides]: {error}"),
                "compare the table with the defaults of the slides domain",
            )
        })?;
        config.strictness()?;
        config.families()?;
        let range = |key: &str, holds: bool, text: &str| match holds {
            true => Ok(()),
            false => Err(DomainError::setup(
                format!("[domain.slides] {key} is not in {text}"),
                "choose one that is",
            )),
        };
        range("difficulty", (1..=3).contains(&config.difficulty), "1..=3")?;
        range("width", (64..=4096).contains(&config.width), "64..=4096")?;
        Ok(config)
    }

    /// The families by name, at least one.
    pub fn families(&self) -> Result<Vec<Family>, DomainError> {
        let known: Vec<&str> = Family::ALL.iter().map(|family| family.name()).collect();
        let families = chosen(("slides", "families"), &self.families, Family::named, &known)?;
        if families.is_empty() {
            return Err(DomainError::setup("[domain.slides] families is empty", "name at least one family"));
        }
        Ok(families)
    }

    pub fn strictness(&self) -> Result<Strictness, DomainError> {
        let names = std::slice::from_ref(&self.sandbox);
        let found = chosen(("slides", "sandbox"), names, Strictness::named, &["required", "best-effort"])?;
        Ok(found.into_iter().next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_read_as_they_are_written() {
        let value = serde_json::to_value(SlidesConfig::default()).unwrap();
        assert!(value["train-tasks"].is_number() && value["format"] == "pptx");
        assert_eq!(SlidesConfig::read(value).unwrap(), SlidesConfig::default());
    }

    #[test]
    fn an_unknown_key_or_name_is_reported() {
        for wrong in
            [r#"{"famlies": []}"#, r#"{"families": ["bars"]}"#, r#"{"difficulty": 4}"#, r#"{"width": 0}"#]
        {
            assert!(SlidesConfig::read(serde_json::from_str(wrong).unwrap()).is_err(), "{wrong}");
        }
    }
}
