//! Every recipe in the repository loads, on a machine with and without a GPU.

use std::path::{Path, PathBuf};

use galley::recipe::{Sources, load, parse};

fn recipes() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
    let entries =
        std::fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
    let mut paths: Vec<PathBuf> = entries.unwrap_or_default();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths
}

#[test]
fn every_recipe_loads_and_survives_its_own_text() {
    let registry = galley::domains::builtin();
    for path in recipes() {
        for cuda in [false, true] {
            let sources = Sources { cuda, ..Sources::default() };
            let recipe = load(&path, &sources, &registry).unwrap_or_else(|errors| panic!("{errors}"));
            let again = parse(&recipe.to_annotated_toml(), &sources, &registry);
            let again = again.unwrap_or_else(|errors| panic!("{}: {errors}", path.display()));
            assert_eq!(again.config, recipe.config, "{}", path.display());
        }
    }
}

#[test]
fn every_recipe_says_how_to_run_it() {
    for path in recipes() {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let header: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(header.contains(&format!("just run recipes/{name}")), "{name} opens without its command");
    }
}
