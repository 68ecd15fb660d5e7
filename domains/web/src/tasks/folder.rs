//! Pages that lie in a folder, in the layout of the Design2Code test set.
//!
//! ```text
//! <folder>/<id>.html    a page; the task's id is its name
//! <folder>/<id>.png     optional: its screenshot; without it the page's own render is the target
//! <folder>/rick.jpg     optional: the placeholder that the pages name as their images
//! ```
//!
//! Other files are ignored. Every page is rendered when a set is made; one that cannot be read or rendered is skipped
//! and listed with its reason.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_core::{DomainError, Skipped, Split};

use super::{PageTasks, References, page_tasks::Entry, split_of};

/// The placeholder image of the Design2Code pages.
const PLACEHOLDER: &str = "rick.jpg";

/// A folder that holds at least one page.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    /// Sorted.
    ids: Vec<String>,
}

impl Folder {
    /// Lists the pages.
    ///
    /// # Errors
    /// `Setup` when the folder cannot be listed or holds no page.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DomainError> {
        let path = path.into();
        let mut ids = list(&path).map_err(|error| missing(&path, &error.to_string()))?;
        if ids.is_empty() {
            return Err(missing(&path, "it holds no .html file"));
        }
        ids.sort();
        Ok(Self { path, ids })
    }

    /// Files that the pages name, by the name they use.
    pub fn assets(&self) -> BTreeMap<String, Vec<u8>> {
        let placeholder = std::fs::read(self.path.join(PLACEHOLDER)).ok();
        placeholder.map(|bytes| (PLACEHOLDER.to_owned(), bytes)).into_iter().collect()
    }

    /// The tasks of one split, each rendered once to see that it can be used.
    pub fn tasks(
        &self,
        split: Split,
        references: Arc<References>,
        instruction: &str,
        workers: usize,
    ) -> Result<PageTasks, DomainError> {
        let mut entries = Vec::new();
        let mut skipped = Vec::new();
        for id in self.ids.iter().filter(|id| split_of(id) == split) {
            match self.entry(id) {
                Ok(entry) => entries.push(entry),
                Err(reason) => skipped.push(Skipped { id: id.clone(), reason }),
            }
        }
        PageTasks::new(entries, skipped, references, instruction).checked(workers)
    }

    /// The first `n` readable programs of a split, unrendered.
    pub fn programs(&self, split: Split, n: usize) -> Vec<String> {
        let entries = self.ids.iter().filter(|id| split_of(id) == split).filter_map(|id| self.entry(id).ok());
        entries.take(n).map(|entry| entry.program).collect()
    }

    fn entry(&self, id: &str) -> Result<Entry, String> {
        let program = std::fs::read_to_string(self.path.join(format!("{id}.html")))
            .map_err(|error| format!("the page cannot be read: {error}"))?;
        let picture = Some(self.path.join(format!("{id}.png"))).filter(|path| path.exists());
        Ok(Entry { id: id.into(), program, picture, labels: self.labels() })
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let name = self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        BTreeMap::from([("family".into(), "folder".into()), ("source".into(), name)])
    }
}

fn list(path: &Path) -> std::io::Result<Vec<String>> {
    let mut ids = Vec::new();
    for file in std::fs::read_dir(path)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "html") && path.is_file() {
            ids.extend(path.file_stem().and_then(|stem| stem.to_str()).map(String::from));
        }
    }
    Ok(ids)
}

fn missing(path: &Path, reason: &str) -> DomainError {
    DomainError::setup(
        format!("no pages in {}: {reason}", path.display()),
        "`data` of the web domain names a folder in the Design2Code layout: <id>.html files, beside them \
         optionally <id>.png and rick.jpg",
    )
}
