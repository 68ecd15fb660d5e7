//! Loading: defaults < `extends` < recipe < profile < environment < command line.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use galley_core::Registry;
use serde_json::Value;

use super::{
    Recipe, RecipeError, RecipeErrors, RunConfig,
    document::Node,
    files,
    layer::{self, Layers, Rank},
    overrides, schema, suggest, typed, validate,
};

/// Everything outside the file that decides a recipe. The loader reads no global state.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The profile that the user asked for; must exist.
    pub profile: Option<String>,
    /// Whether a CUDA device answers: decides `device = "auto"`, and with it the profile when none is asked for.
    pub cuda: bool,
    /// All environment variables; only `GALLEY__…` are used.
    pub environment: Vec<(String, String)>,
    /// `key=value` arguments in order.
    pub overrides: Vec<String>,
}

/// Loads the recipe at `path`.
///
/// # Errors
/// Every mistake in the files, the environment and the arguments, each with its place.
pub fn load(path: &Path, sources: &Sources, registry: &Registry) -> Result<Recipe, RecipeErrors> {
    let mut layers = Layers::default();
    let errors = files::read(path, &mut layers)?;
    resolve(path, layers, errors, sources, registry)
}

/// Loads a recipe from its text, as if it were the file `recipe.toml` in the current folder.
pub fn parse(text: &str, sources: &Sources, registry: &Registry) -> Result<Recipe, RecipeErrors> {
    let path = Path::new("recipe.toml");
    let mut layers = Layers::default();
    let errors = files::from_text(path, text.into(), &mut layers)?;
    resolve(path, layers, errors, sources, registry)
}

fn resolve(
    path: &Path,
    mut layers: Layers,
    mut errors: Vec<RecipeError>,
    sources: &Sources,
    registry: &Registry,
) -> Result<Recipe, RecipeErrors> {
    let defaults = schema::defaults(registry);
    push_overrides(&mut layers, sources, &defaults, &mut errors);
    errors.extend(layers.check(&defaults));
    let profile = choose_profile(&layers, sources, &defaults, &mut errors);
    let profile = profile.as_deref();

    let tree = layers.merged(&defaults, profile)?;
    let (mut config, mistyped) = typed::extract(tree, &defaults);
    let mistakes = mistyped.into_iter().chain(validate::check(&config, registry));
    errors.extend(mistakes.map(|mistake| mistake.at(&layers, profile)));
    if !errors.is_empty() {
        return Err(RecipeErrors { errors });
    }
    config.domain.keep_chosen();
    if let Some(known) = defaults.get("domain") {
        layer::order(&mut config.domain.tables, known);
    }
    if config.name.is_empty() {
        config.name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    }
    let origins = origins(&config, &layers, profile);
    Ok(Recipe { config, origins, profile: profile.map(String::from), file: PathBuf::from(path) })
}

fn push_overrides(layers: &mut Layers, sources: &Sources, defaults: &Value, errors: &mut Vec<RecipeError>) {
    let mut variables: Vec<_> = sources.environment.iter().collect();
    variables.sort();
    let variables =
        variables.into_iter().filter_map(|(name, text)| overrides::variable(name, text, defaults));
    let arguments = sources.overrides.iter().map(|text| overrides::argument(text));
    for node in variables.chain(arguments) {
        match node {
            Ok(node) => layers.push(node, Rank::Above),
            Err(error) => errors.push(error),
        }
    }
}

/// The one asked for, or the one of the device where the recipe has it.
fn choose_profile(
    layers: &Layers,
    sources: &Sources,
    defaults: &Value,
    errors: &mut Vec<RecipeError>,
) -> Option<String> {
    let known = layers.profiles();
    let find =
        |name: &str| known.iter().find(|known| known.eq_ignore_ascii_case(name)).map(ToString::to_string);
    if let Some(name) = &sources.profile {
        let found = find(name);
        if found.is_none() {
            let error = RecipeError::new(format!("the recipe has no profile `{name}`"), None);
            errors.push(error.help(suggest::help(name, &known)));
        }
        return found;
    }
    let written = layers.deciding("device", None).map(|(_, node): (_, &Node)| node.to_value());
    let device = written.or_else(|| defaults.get("device").cloned());
    match device.as_ref().and_then(Value::as_str) {
        Some("cuda") => find("gpu"),
        Some("auto") if sources.cuda => find("gpu"),
        _ => find("cpu"),
    }
}

fn origins(config: &RunConfig, layers: &Layers, profile: Option<&str>) -> BTreeMap<String, super::Origin> {
    let tree = serde_json::to_value(config).unwrap_or(Value::Null);
    let mut paths = Vec::new();
    super::resolved::leaves(&tree, "", &mut paths);
    paths.into_iter().map(|(path, _)| (path.clone(), layers.origin(&path, profile))).collect()
}
