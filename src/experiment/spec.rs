//! The experiment file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::ExperimentError;

/// `experiments/<name>.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Spec {
    /// What is asked, in a sentence.
    pub question: String,
    /// What was expected before it was run.
    pub prediction: String,
    /// The recipe of every stage that names none; relative to this file.
    pub recipe: PathBuf,
    #[serde(default)]
    pub profile: Option<String>,
    /// Every stage runs once for each.
    pub seeds: Vec<u64>,
    /// The number that is compared; empty: the recipe's primary metric.
    #[serde(default)]
    pub metric: String,
    /// The stage that the others are compared with.
    pub baseline: String,
    /// Settings of all stages, as on the command line: `train.steps=100`.
    #[serde(default)]
    pub set: Vec<String>,
    pub stages: BTreeMap<String, StageSpec>,
}

/// One stage: a run for every seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct StageSpec {
    /// A recipe of its own, relative to this file.
    pub recipe: Option<PathBuf>,
    /// The stage whose run of the same seed it begins from; without one it begins from nothing.
    pub from: Option<String>,
    /// Begins from that stage's run of this seed, whatever its own: seeds that differ in the objective alone.
    pub from_seed: Option<u64>,
    /// Seeds of its own, instead of the study's.
    pub seeds: Vec<u64>,
    /// Settings, stronger than those of all stages.
    pub set: Vec<String>,
}

impl Spec {
    /// The seeds that a stage runs for.
    pub fn seeds_of(&self, stage: &StageSpec) -> Vec<u64> {
        if stage.seeds.is_empty() { self.seeds.clone() } else { stage.seeds.clone() }
    }

    /// # Errors
    /// A file that cannot be read or is no experiment; the message names the line.
    pub fn read(path: &Path) -> Result<Self, ExperimentError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ExperimentError::Read { path: path.to_owned(), source })?;
        let spec: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let place = format!("{}:{line}", path.display());
            ExperimentError::Malformed { place, message: error.message().to_owned() }
        })?;
        spec.check().map_err(|message| ExperimentError::Invalid { path: path.to_owned(), message })?;
        Ok(spec)
    }

    fn check(&self) -> Result<(), String> {
        if self.seeds.is_empty() {
            return Err("`seeds` is empty: expected at least one".into());
        }
        if let Some(twice) = self.seeds.iter().enumerate().find(|(at, seed)| self.seeds[..*at].contains(seed))
        {
            return Err(format!("`seeds` has {} twice", twice.1));
        }
        let known: Vec<&str> = self.stages.keys().map(String::as_str).collect();
        let named =
            self.stages.iter().filter_map(|(stage, spec)| Some((stage.as_str(), spec.from.as_deref()?)));
        for (place, name) in named
            .map(|(stage, from)| (format!("stages.{stage}.from"), from))
            .chain([("baseline".into(), self.baseline.as_str())])
        {
            if !known.contains(&name) {
                let help = crate::recipe::did_you_mean(name, &known);
                return Err(format!("`{place}`: there is no stage `{name}`; {help}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Spec, String> {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("e.toml");
        std::fs::write(&path, text).expect("written");
        Spec::read(&path).map_err(|error| error.to_string())
    }

    const HEAD: &str = "question = 'q'\nprediction = 'p'\nrecipe = 'r.toml'\n";

    #[test]
    fn mistakes_are_named_with_their_place() {
        let error = |text: &str| read(&format!("{HEAD}{text}")).expect_err("a mistake");
        assert!(
            error("seeds = [1]\nbaseline = 'a'\nsed = 3\n[stages.a]\n")
                .contains("e.toml:6: unknown field `sed`")
        );
        assert!(error("seeds = []\nbaseline = 'a'\n[stages.a]\n").contains("`seeds` is empty"));
        assert!(error("seeds = [1]\nbaseline = 'warn'\n[stages.warm]\n").contains("no stage `warn`"));
        assert!(
            error("seeds = [1]\nbaseline = 'a'\n[stages.a]\nfrom = 'b'\n")
                .contains("`stages.a.from`: there is no stage `b`")
        );
    }
}
