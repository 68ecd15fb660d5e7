//! Tests of the loop with the toy domain and a tiny policy.

mod ahead;
mod external;
mod guards;

use std::path::Path;

use anyhow::Result;

use super::{
    Interrupt, Launch, build,
    run::{options, session, start_record},
    session::{Session, Stage},
    teacher::take_teacher,
};
use crate::{
    objective::Objective,
    recipe::{self, Recipe, Sources},
    store::RunWriter,
};

fn recipe(root: &Path, settings: &[&str]) -> Recipe {
    let toy = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/toy.toml");
    let small = ["policy.tiny.hidden=32", "policy.tiny.layers=1", "train.prompts=2", "sampling.max-tokens=8"];
    let root = format!("store.root={:?}", root.display().to_string());
    let overrides = small.iter().chain(settings).map(|&text| text.to_owned()).chain([root]).collect();
    let sources = Sources { overrides, ..Sources::default() };
    recipe::load(&toy, &sources, &crate::domains::builtin()).expect("a recipe")
}

/// A session at the beginning of the objective, without a warm start.
fn at_objective(root: &Path, settings: &[&str]) -> Result<(Session, Box<dyn Objective>)> {
    let (recipe, registry) = (recipe(root, settings), crate::domains::builtin());
    let launch = Launch {
        recipe: &recipe,
        registry: &registry,
        interrupt: Interrupt::default(),
        environment: Default::default(),
        tags: Default::default(),
        notes: Vec::new(),
    };
    let mut session = session(&launch, |primary| {
        Ok(RunWriter::create(root, start_record(&launch, primary), options(&recipe))?)
    })?;
    session.enter(Stage::Objective)?;
    take_teacher(&mut session)?;
    Ok((session, build::objective(&recipe.config)))
}
