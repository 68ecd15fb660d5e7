//! `galley new-domain posters`: a package that renders, is law-tested and trains, ready to be changed.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Lower-case letters, digits and hyphens; the table name in recipes.
    name: String,
    /// The repository.
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

const TEMPLATES: [(&str, &str); 3] = [
    ("domains/{{name}}/Cargo.toml", include_str!("../../templates/domain/Cargo.toml")),
    ("domains/{{name}}/src/lib.rs", include_str!("../../templates/domain/src/lib.rs")),
    ("recipes/{{name}}.toml", include_str!("../../templates/domain/recipe.toml")),
];

/// Names that would collide with a package, a Rust word or the examples.
const RESERVED: [&str; 12] =
    ["core", "measure", "sandbox", "name", "test", "crate", "self", "super", "mod", "fn", "type", "toy"];

/// Writes the package and its recipe, and adds it to `Cargo.toml` and `src/domains.rs`. All files are prepared before
/// the first is written, and what was written is taken back when a later one fails. Returns the exit code.
///
/// # Errors
/// A name that is not usable, something of that name already there, or a repository that does not look as expected.
pub fn run(args: Args, out: &mut dyn Write) -> anyhow::Result<u8> {
    let Args { name, root } = args;
    validate(&name)?;
    let fill = |text: &str| text.replace("{{name}}", &name);
    let mut files: Vec<(PathBuf, String)> =
        TEMPLATES.iter().map(|(path, text)| (root.join(fill(path)), fill(text))).collect();
    for path in files.iter().map(|(path, _)| path).chain([&root.join("domains").join(&name)]) {
        ensure!(!path.exists(), "{} is already there", path.display());
    }
    for (path, add) in [("Cargo.toml", add_package as fn(&str, &str) -> _), ("src/domains.rs", add_entry)] {
        let path = root.join(path);
        let text = fs::read_to_string(&path).with_context(|| format!("no repository: {}", path.display()))?;
        files.push((path.clone(), add(&text, &name).with_context(|| format!("in {}", path.display()))?));
    }
    write_all(&files)?;
    for (path, _) in &files {
        writeln!(out, "wrote {}", path.display())?;
    }
    writeln!(out, "\nnext: cargo test -p galley-{name}\n      ./just run recipes/{name}.toml")?;
    Ok(0)
}

fn validate(name: &str) -> anyhow::Result<()> {
    let first = name.starts_with(|c: char| c.is_ascii_lowercase());
    let rest = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let neat = !name.ends_with('-') && !name.contains("--") && name.len() <= 32;
    ensure!(
        first && rest && neat,
        "`{name}` is no name for a domain: a lower-case letter, then letters, digits and single hyphens, at most 32"
    );
    ensure!(!RESERVED.contains(&name), "`{name}` is reserved");
    Ok(())
}

/// Adds the package to both dependency lists, among its like.
fn add_package(manifest: &str, name: &str) -> anyhow::Result<String> {
    let package = format!("galley-{name}");
    ensure!(!manifest.contains(&format!("{package} ")), "`{package}` is already a dependency");
    let line = format!("{package} = {{ path = \"domains/{name}\" }}");
    let text = insert(manifest, "[workspace.dependencies]", &line)?;
    let text = insert(&text, "[dependencies]", &format!("{package}.workspace = true"))?;
    let parsed: toml::Table = text.parse().context("the new Cargo.toml does not parse")?;
    ensure!(parsed["dependencies"].get(&package).is_some(), "`{package}` did not become a dependency");
    Ok(text)
}

/// Puts `line` behind the last line of the section that sorts before it.
fn insert(manifest: &str, section: &str, line: &str) -> anyhow::Result<String> {
    let mut lines: Vec<&str> = manifest.lines().collect();
    let Some(header) = lines.iter().position(|line| line.trim() == section) else {
        bail!("there is no section {section}");
    };
    let body = lines[header + 1..].iter().take_while(|line| !line.is_empty() && !line.starts_with('['));
    let before = body.enumerate().filter(|(_, other)| **other < line).map(|(index, _)| index + 1).last();
    lines.insert(header + 1 + before.unwrap_or(0), line);
    Ok(lines.join("\n") + "\n")
}

/// Chains `.with(…)` to the registry that `builtin` returns.
fn add_entry(source: &str, name: &str) -> anyhow::Result<String> {
    let entry = format!(".with(galley_{}::ENTRY)", name.replace('-', "_"));
    let Some(start) = source.find("Registry::new()") else {
        bail!("there is no `Registry::new()` to add to")
    };
    let Some(length) = source[start..].find("\n}") else { bail!("`builtin` does not end") };
    let (before, after) = source.split_at(start + length);
    Ok(format!("{}\n        {entry}{after}", before.trim_end()))
}

/// Writes all files or none.
fn write_all(files: &[(PathBuf, String)]) -> anyhow::Result<()> {
    let mut done: Vec<(&Path, Option<String>)> = Vec::new();
    for (path, text) in files {
        let old = fs::read_to_string(path).ok();
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
        done.push((path, old));
        if let Err(error) = written {
            take_back(&done);
            return Err(error)
                .with_context(|| format!("cannot write {}; nothing was changed", path.display()));
        }
    }
    Ok(())
}

/// Best effort: the error that led here is the one to report.
fn take_back(done: &[(&Path, Option<String>)]) {
    for (path, old) in done.iter().rev() {
        let _best_effort = match old {
            Some(text) => fs::write(path, text),
            None => fs::remove_file(path),
        };
        for folder in path.ancestors().skip(1).take(2) {
            // Fails, as it should, where something else is in the folder.
            let _best_effort = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace.dependencies]\nanyhow = \"1\"\ngalley-core = { path = \"src/core\" }\n\
        galley-web = { path = \"domains/web\" }\nlibc = \"0.2\"\n\n[dependencies]\nanyhow.workspace = true\n\
        galley-web.workspace = true\n\n[lints]\nworkspace = true\n";
    const DOMAINS: &str = "pub fn builtin() -> Registry {\n    Registry::new().with(galley_web::ENTRY)\n}\n";

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src")).unwrap();
        fs::create_dir_all(folder.path().join("recipes")).unwrap();
        fs::write(folder.path().join("Cargo.toml"), MANIFEST).unwrap();
        fs::write(folder.path().join("src/domains.rs"), DOMAINS).unwrap();
        folder
    }

    fn scaffold(root: &Path, name: &str) -> Result<String, String> {
        let mut out = Vec::new();
        let args = Args { name: name.into(), root: root.into() };
        run(args, &mut out).map_err(|error| format!("{error:#}"))?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn a_package_a_recipe_and_two_registrations_are_written() {
        let folder = repository();
        let root = folder.path();
        let said = scaffold(root, "movie-posters").unwrap();
        assert!(said.contains("cargo test -p galley-movie-posters"), "{said}");
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        assert!(read("domains/movie-posters/src/lib.rs").contains("name: \"movie-posters\""));
        assert!(!read("recipes/movie-posters.toml").contains("{{"));
        let manifest = read("Cargo.toml");
        let line = "galley-core = { path = \"src/core\" }\ngalley-movie-posters = { path = \"domains/movie-posters\" }\n";
        assert!(manifest.contains(line), "{manifest}");
        assert!(manifest.contains("galley-movie-posters.workspace = true\ngalley-web.workspace = true\n"));
        let domains = read("src/domains.rs");
        assert!(
            domains.contains("with(galley_web::ENTRY)\n        .with(galley_movie_posters::ENTRY)\n}"),
            "{domains}"
        );
        scaffold(root, "more").unwrap();
        assert!(
            read("src/domains.rs")
                .contains("galley_movie_posters::ENTRY)\n        .with(galley_more::ENTRY)\n}")
        );
        assert!(scaffold(root, "more").unwrap_err().contains("already there"));
    }

    #[test]
    fn bad_names_and_failures_leave_nothing_behind() {
        let folder = repository();
        let root = folder.path();
        for name in ["", "Posters", "9lives", "a--b", "a-", "a_b", "../x", "core", "a b"] {
            assert!(scaffold(root, name).is_err(), "{name}");
        }
        fs::write(root.join("src/domains.rs"), "// nothing to add to\n").unwrap();
        assert!(scaffold(root, "posters").unwrap_err().contains("Registry::new()"));
        fs::write(root.join("src/domains.rs"), DOMAINS).unwrap();
        fs::remove_dir(root.join("recipes")).unwrap();
        fs::write(root.join("recipes"), "a file where a folder should be").unwrap();
        assert!(scaffold(root, "posters").unwrap_err().contains("nothing was changed"));
        assert!(!root.join("domains").exists());
        assert_eq!(fs::read_to_string(root.join("Cargo.toml")).unwrap(), MANIFEST);
    }
}
