//! `galley recipe`: look at a recipe without running it.

use std::{io::Write, path::PathBuf};

use galley_core::Registry;
use serde_json::json;

use crate::recipe::{Recipe, RecipeErrors, Sources, load, reference};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Say whether a recipe is right; print every mistake with its place if not.
    Check {
        #[command(flatten)]
        selection: Selection,
    },
    /// Print the whole resolved recipe as TOML.
    Show {
        #[command(flatten)]
        selection: Selection,
        /// Where every value comes from.
        #[arg(long)]
        origin: bool,
        /// As JSON, with origins and hash.
        #[arg(long)]
        json: bool,
    },
    /// Print every key with its default and its documentation.
    Schema,
}

/// A recipe file and what overrides it; shared by every command that takes a recipe.
#[derive(Clone, Debug, clap::Args)]
pub struct Selection {
    /// The recipe.
    pub file: PathBuf,
    /// Settings as `key=value`, for example `train.lr=3e-4`.
    pub overrides: Vec<String>,
    /// The `[profile.<name>]` table to apply; by default `gpu` with CUDA, `cpu` without.
    #[arg(long)]
    pub profile: Option<String>,
}

impl Selection {
    /// Loads it with this process's environment.
    ///
    /// # Errors
    /// All mistakes; they are the user's: exit code 2.
    pub fn load(&self, registry: &Registry) -> Result<Recipe, RecipeErrors> {
        load(&self.file, &Sources::of_process(self.profile.clone(), self.overrides.clone()), registry)
    }
}

/// Returns the exit code.
///
/// # Errors
/// [`RecipeErrors`], or a closed output.
pub fn run(args: Args, registry: &Registry, out: &mut dyn Write) -> anyhow::Result<u8> {
    match args.command {
        Command::Check { selection } => {
            let recipe = selection.load(registry)?;
            let profile = recipe.profile.as_deref().map_or(String::new(), |name| format!(", profile {name}"));
            writeln!(
                out,
                "{} is a recipe{profile}, hash {}",
                selection.file.display(),
                &recipe.hash()[..12]
            )?;
        }
        Command::Show { selection, origin: _, json: true } => {
            let recipe = selection.load(registry)?;
            let origins: serde_json::Map<_, _> = recipe
                .origins
                .iter()
                .map(|(path, origin)| (path.clone(), origin.to_string().into()))
                .collect();
            let all = json!({
                "hash": recipe.hash(),
                "profile": recipe.profile,
                "config": recipe.tree(),
                "origins": origins,
            });
            writeln!(out, "{all:#}")?;
        }
        Command::Show { selection, origin, json: false } => {
            let recipe = selection.load(registry)?;
            let text = if origin { recipe.to_annotated_toml() } else { recipe.to_toml() };
            out.write_all(text.as_bytes())?;
        }
        Command::Schema => out.write_all(reference(registry).as_bytes())?,
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn said(arguments: &[&str]) -> Result<String, String> {
        let registry = Registry::new().with(galley_core::testing::toy::ENTRY);
        let cli =
            Cli::try_parse_from([&["recipe"], arguments].concat()).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        run(cli.args, &registry, &mut out).map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn check_show_and_schema_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "[domain]\nname = \"toy\"\n").unwrap();
        let file = path.to_str().unwrap();
        assert!(said(&["check", file]).unwrap().contains("is a recipe"));
        let shown = said(&["show", "--origin", file, "train.lr=1"]).unwrap();
        assert!(shown.contains("# command line train.lr=1"), "{shown}");
        assert!(said(&["show", "--json", file]).unwrap().contains("\"domain.name\": \""));
        assert!(said(&["check", file, "train.lrr=1"]).unwrap_err().contains("did you mean `lr`?"));
        assert!(said(&["schema"]).unwrap().contains("[domain.toy]"));
    }
}
