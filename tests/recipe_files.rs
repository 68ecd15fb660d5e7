//! Every recipe in the repository loads, on a machine with and without a GPU.

use std::path::{Path, PathBuf};

use galley::recipe::{Sources, load, parse};

fn recipes() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["recipes", "domains/external/examples/svg"].map(|folder| root.join(folder));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
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
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&path).display();
        let header: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(header.contains(&format!("just run {name}")), "{name} opens without its command");
    }
}
