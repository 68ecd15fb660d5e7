//! Which prediction belongs to which reference.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// A prediction and its reference, both files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub prediction: PathBuf,
    pub reference: PathBuf,
}

/// How the files of a domain are named.
pub struct Files {
    /// Of programs.
    pub extension: &'static str,
    /// In a folder of one pair.
    pub prediction: &'static str,
    pub reference: &'static str,
}

/// The pairs of `galley score`: two files; two folders, whose files of equal names belong together; or one folder of
/// folders that hold a prediction and a reference each. Sorted by name; what has no counterpart comes back by name.
pub fn find(files: &Files, page: &Path, reference: Option<&Path>) -> Result<(Vec<Pair>, Vec<String>)> {
    let found = match reference {
        Some(reference) if page.is_dir() => by_name(files, page, reference)?,
        Some(reference) => {
            let name = page.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            (vec![Pair { name, prediction: page.into(), reference: reference.into() }], Vec::new())
        }
        None if page.is_dir() => nested(files, page)?,
        None => bail!("{} is one program; name its --reference", page.display()),
    };
    if found.0.is_empty() {
        bail!("there is no pair in {}", page.display());
    }
    Ok(found)
}

fn by_name(files: &Files, predictions: &Path, references: &Path) -> Result<(Vec<Pair>, Vec<String>)> {
    if !references.is_dir() {
        bail!("{} is a folder, {} is not", predictions.display(), references.display());
    }
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    for prediction in list(predictions)?.into_iter().filter(|path| is_program(files, path)) {
        let Some(file) = prediction.file_name() else { continue };
        let reference = references.join(file);
        let name = prediction.file_stem().unwrap_or(file).to_string_lossy().into_owned();
        match reference.is_file() {
            true => pairs.push(Pair { name, prediction, reference }),
            false => alone.push(name),
        }
    }
    Ok((pairs, alone))
}

fn nested(files: &Files, folder: &Path) -> Result<(Vec<Pair>, Vec<String>)> {
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    for path in list(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let (prediction, reference) = (path.join(files.prediction), path.join(files.reference));
        match prediction.is_file() && reference.is_file() {
            true => pairs.push(Pair { name, prediction, reference }),
            false => alone.push(name),
        }
    }
    Ok((pairs, alone))
}

fn is_program(files: &Files, path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == files.extension)
}

/// The entries of a folder, sorted.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

/// Largest file that a page may show, and how many of them.
const LARGEST: u64 = 8 << 20;
const MOST: usize = 64;

/// The pictures in the folder of a page, by name: what it may show.
pub fn assets_beside(page: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    const SHOWN: [&str; 5] = ["jpg", "jpeg", "png", "gif", "webp"];
    let folder = page.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut assets = BTreeMap::new();
    for path in list(folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let is_shown = path.extension().and_then(|end| end.to_str()).is_some_and(|end| SHOWN.contains(&end));
        // Screenshots of the page lie beside it under its own name; no page shows those.
        let stem = path.file_stem().zip(page.file_stem()).is_some_and(|(own, of)| own == of);
        let small = path.metadata().is_ok_and(|found| found.is_file() && found.len() <= LARGEST);
        if let (Some(name), true, false, true) = (name, is_shown, stem, small)
            && mentions(page, &name)
            && assets.len() < MOST
        {
            assets.insert(name, std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?);
        }
    }
    Ok(assets)
}

fn mentions(page: &Path, name: &str) -> bool {
    name == PLACEHOLDER || std::fs::read(page).is_ok_and(|text| String::from_utf8_lossy(&text).contains(name))
}

/// The picture that stands for every picture of the Design2Code pages; predictions show it where references do not.
const PLACEHOLDER: &str = "rick.jpg";

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: Files = Files { extension: "html", prediction: "pred.html", reference: "ref.html" };

    fn touch(folder: &Path, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "<img src=a.png>").unwrap();
        }
    }

    fn names(page: &Path, reference: Option<&Path>) -> (Vec<String>, Vec<String>) {
        let (pairs, alone) = find(&PAGES, page, reference).unwrap();
        (pairs.into_iter().map(|pair| pair.name).collect(), alone)
    }

    #[test]
    fn folders_pair_by_name_or_by_folder() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        touch(
            folder.path(),
            &["a/1.html", "a/2.html", "a/x.txt", "b/1.html", "c/p/pred.html", "c/p/ref.html", "c/q/ref.html"],
        );
        assert_eq!(names(&at("a"), Some(&at("b"))), (vec!["1".into()], vec!["2".into()]));
        assert_eq!(names(&at("c"), None), (vec!["p".into()], vec!["q".into()]));
        assert_eq!(names(&at("a/1.html"), Some(&at("b/1.html"))).0, ["1"]);
        assert!(find(&PAGES, &at("a/1.html"), None).is_err() && find(&PAGES, &at("a"), None).is_err());
        assert!(find(&PAGES, &at("a"), Some(&at("b/1.html"))).is_err());
    }

    #[test]
    fn pages_may_show_what_they_name() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["page.html", "a.png", "b.png", "rick.jpg", "page.png"]);
        let assets = assets_beside(&folder.path().join("page.html")).unwrap();
        assert_eq!(assets.keys().collect::<Vec<_>>(), ["a.png", "rick.jpg"]);
    }
}
