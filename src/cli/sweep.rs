//! `galley run … --sweep`: one run for every combination of the values that an override lists.

use std::{io::Write, path::Path};

use anyhow::Result;
use galley_core::Registry;

use super::launch::launch;
use crate::{
    recipe::{self, Recipe, Sources},
    store::{
        RunReader, find_run,
        view::{Table, number},
    },
    train::{self, Interrupt, Outcome},
};

/// What the runs of a sweep share.
pub(super) struct Sweep<'a> {
    pub recipe: &'a Path,
    pub profile: Option<String>,
    /// `train.lr=1e-5,3e-5`; commas inside brackets and quotes separate nothing.
    pub overrides: &'a [String],
}

/// Runs every combination, the last override changing quickest; each run has the tag `sweep` (the same for all of them)
/// and its settings as its name. Ends with a table, best first. Exit code 130 when it was interrupted.
///
/// # Errors
/// A mistake in any of the recipes, before the first run; the first run that fails.
pub(super) fn sweep(sweep: &Sweep<'_>, registry: &Registry, runs: &Path, out: &mut dyn Write) -> Result<u8> {
    let load = |settings: Vec<String>| -> Result<(String, Recipe)> {
        let varied = settings.iter().filter(|setting| !sweep.overrides.contains(setting));
        let name = varied.cloned().collect::<Vec<_>>().join(" ");
        let all = settings.into_iter().chain([format!("name={name:?}")]).collect();
        let recipe = recipe::load(sweep.recipe, &Sources::of_process(sweep.profile.clone(), all), registry)?;
        Ok((name, recipe))
    };
    let recipes: Vec<(String, Recipe)> =
        combinations(sweep.overrides).into_iter().map(load).collect::<Result<_>>()?;
    let hashes: String = recipes.iter().map(|(_, recipe)| recipe.hash()).collect();
    let group = blake3::hash(hashes.as_bytes()).to_hex()[..12].to_owned();
    let interrupt = Interrupt::listen();
    let mut ended: Vec<(String, Outcome)> = Vec::new();
    for (at, (name, recipe)) in recipes.iter().enumerate() {
        eprintln!("sweep {group} [{}/{}] {name}", at + 1, recipes.len());
        let mut launch = launch(recipe, registry, interrupt.clone());
        launch.tags.insert("sweep".into(), group.clone());
        let outcome = train::start(launch)?;
        if !outcome.finished {
            writeln!(out, "run {} is saved; the sweep ends here", outcome.run)?;
            return Ok(130);
        }
        ended.push((name.clone(), outcome));
    }
    out.write_all(table(&ended, runs)?.as_bytes())?;
    Ok(0)
}

fn table(ended: &[(String, Outcome)], runs: &Path) -> Result<String> {
    let mut rows = Vec::with_capacity(ended.len());
    for (name, outcome) in ended {
        let summary = RunReader::open(&find_run(runs, &outcome.run)?)?.summary();
        let last = summary.latest_primary().unwrap_or(f64::NAN);
        rows.push((last, [name.clone(), outcome.run.clone(), summary.primary_metric.clone(), number(last)]));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut table = Table::new(["settings", "run", "metric", "last"]).right(&[3]);
    rows.into_iter().for_each(|(_, row)| table.row(row));
    Ok(table.text(false))
}

/// Every choice of one value for each override, in order.
fn combinations(overrides: &[String]) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    for setting in overrides {
        let (key, values) = setting.split_once('=').unwrap_or((setting, ""));
        let choices: Vec<String> = match values_of(values) {
            values if values.len() > 1 => values.iter().map(|value| format!("{key}={value}")).collect(),
            _ => vec![setting.clone()],
        };
        let with = |so_far: &Vec<String>, choice: &String| {
            so_far.iter().cloned().chain([choice.clone()]).collect::<Vec<String>>()
        };
        all = all.iter().flat_map(|so_far| choices.iter().map(move |choice| with(so_far, choice))).collect();
    }
    all
}

/// The parts between commas that stand in no bracket or quote.
fn values_of(text: &str) -> Vec<&str> {
    let (mut values, mut start, mut depth, mut quote) = (Vec::new(), 0, 0i32, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                values.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    values.push(&text[start..]);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_multiplied_and_brackets_and_quotes_kept_whole() {
        let overrides = ["train.lr=1e-5,3e-5", "domain.web.viewport=[128,96]", "name='a,b'", "seed=1,2"];
        let all = combinations(&overrides.map(str::to_owned));
        assert_eq!(all.len(), 4);
        assert_eq!(all[1], ["train.lr=1e-5", "domain.web.viewport=[128,96]", "name='a,b'", "seed=2"]);
        assert_eq!(all[2][0], "train.lr=3e-5");
    }
}
