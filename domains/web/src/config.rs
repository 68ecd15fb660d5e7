//! The configuration of the web domain: the table `[domain.web]` of a recipe.

use galley_core::DomainError;
use galley_kit::chosen;
use galley_sandbox::JailMode;
use serde::{Deserialize, Serialize};

use crate::{
    RewardConfig,
    credit::CreditConfig,
    detectors,
    forbidden::Carrier,
    perturb::Kind,
    renderer::Scripts,
    tasks::{Family, Scene},
};

/// Every key. The defaults suit a pretrained instruct model on pages of the Reverse Browser kind; a policy that starts
/// from nothing takes a small viewport, difficulty 1 and no instruction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WebConfig {
    /// A folder in the Design2Code layout; `null`: pages are generated from the recipe's seed.
    pub data: Option<String>,
    /// Families of generated pages, taken in turn: `color`, `size`, `color-text`, `color-text-size`,
    /// `color-responsive`, `boxes`, `bars`, `components`.
    pub families: Vec<String>,
    /// 1: six levels a channel, 10 % steps, few parts; 2: 12-bit colours, 5 % steps; 3: more values, more and deeper
    /// parts.
    pub difficulty: u8,
    /// Generated pages for training; a folder gives all its pages.
    pub train_tasks: usize,
    /// Generated pages for evaluation; a folder gives all its pages.
    pub held_out_tasks: usize,
    /// Width and height of the screen in CSS pixels.
    pub viewport: [u32; 2],
    /// Pictures show the whole document, not the screen alone.
    pub full_page: bool,
    /// `off`: scripts of pages do not run; `sandbox`: they do, each page in a window and an origin of its own.
    pub scripts: Scripts,
    /// Namespaces around the browsers: `auto`, where the host permits; `required`, or do not start; `off`.
    pub jail: JailMode,
    /// Browser processes, or connections to remote browsers; 0 = by the number of cores, or of `endpoints`.
    pub browsers: usize,
    /// Tabs in each, which render side by side.
    pub tabs: usize,
    /// Browsers that others run, instead of our own: `ws://host:port/devtools/browser/…` or `http://host:port`. They are
    /// slower and seal pages less tightly (`galley explain web/remote`).
    pub endpoints: Vec<String>,
    /// Put behind the picture in every prompt; empty: the picture alone.
    pub instruction: String,
    /// Kinds of perturbation that worsen a reference.
    pub perturbations: Vec<String>,
    /// Detectors that run, in this order of their results.
    pub detectors: Vec<String>,
    /// What an answer must not carry a picture in: `svg`, `data`, `background`. `null`: all of them for generated pages,
    /// whose references have none; nothing for the pages of a folder, which may.
    pub anti_hacking: Option<Vec<String>>,
    pub reward: RewardConfig,
    /// Who answers for a defect: elements alone, or declarations and rules too.
    pub credit: CreditConfig,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            data: None,
            families: vec![Family::ColorTextSize.name().into()],
            difficulty: 2,
            train_tasks: 4096,
            held_out_tasks: 256,
            viewport: [1280, 720],
            full_page: false,
            scripts: Scripts::Off,
            jail: JailMode::Auto,
            browsers: 0,
            tabs: 3,
            endpoints: Vec::new(),
            instruction: INSTRUCTION.into(),
            perturbations: Kind::ALL.map(|kind| kind.name().into()).to_vec(),
            detectors: detectors::all().iter().map(|detector| detector.name().into()).collect(),
            anti_hacking: None,
            reward: RewardConfig::default(),
            credit: CreditConfig::default(),
        }
    }
}

const INSTRUCTION: &str = "Write the HTML of a web page that looks exactly like this screenshot. Use inline CSS and no \
                           scripts. Answer with the code alone.";

impl WebConfig {
    /// Reads the table that a recipe gives.
    pub fn read(value: serde_json::Value) -> Result<Self, DomainError> {
        serde_json::from_value(value).map_err(|error| {
            DomainError::setup(
                format!("[domain.web]: {error}"),
                "compare the table with the defaults of the web domain",
            )
        })
    }

    /// The families by name, at least one.
    pub fn families(&self) -> Result<Vec<Family>, DomainError> {
        let families =
            chosen(("web", "families"), &self.families, Family::named, &Family::ALL.map(Family::name))?;
        if families.is_empty() {
            return Err(DomainError::setup("[domain.web] families is empty", "name at least one family"));
        }
        Ok(families)
    }

    /// The perturbations by name.
    pub fn perturbations(&self) -> Result<Vec<Kind>, DomainError> {
        chosen(("web", "perturbations"), &self.perturbations, Kind::named, &Kind::ALL.map(Kind::name))
    }

    /// What the answers must not carry a picture in.
    pub fn forbidden(&self) -> Result<Vec<Carrier>, DomainError> {
        match (&self.anti_hacking, &self.data) {
            (Some(names), _) => {
                chosen(("web", "anti-hacking"), names, Carrier::named, &Carrier::ALL.map(Carrier::name))
            }
            (None, Some(_)) => Ok(Vec::new()),
            (None, None) => Ok(Carrier::ALL.to_vec()),
        }
    }

    pub fn scene(&self) -> Scene {
        Scene { difficulty: self.difficulty, width: self.viewport[0] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_read_as_they_are_written() {
        let value = serde_json::to_value(WebConfig::default()).unwrap();
        assert!(value["train-tasks"].is_number());
        assert!(value["data"].is_null());
        assert_eq!(WebConfig::read(value).unwrap(), WebConfig::default());
    }

    #[test]
    fn an_unknown_key_or_name_is_reported() {
        assert!(WebConfig::read(serde_json::json!({"famlies": []})).is_err());
        let config = WebConfig { families: vec!["colour".into()], ..WebConfig::default() };
        let error = config.families().unwrap_err().to_string();
        assert!(error.contains("`colour`") && error.contains("color-text-size"), "{error}");
        let config = WebConfig { anti_hacking: Some(vec!["gif".into()]), ..WebConfig::default() };
        assert!(config.forbidden().unwrap_err().to_string().contains("background"));
        assert_eq!(WebConfig::default().forbidden().unwrap(), Carrier::ALL);
        let folder = WebConfig { data: Some("pages".into()), ..WebConfig::default() };
        assert!(folder.forbidden().unwrap().is_empty());
        assert!(WebConfig { families: Vec::new(), ..WebConfig::default() }.families().is_err());
    }
}
