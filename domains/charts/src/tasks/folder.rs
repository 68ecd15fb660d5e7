//! Charts that lie in a folder, in the layout of ChartMimic.
//!
//! ```text
//! <folder>/<family>_<number>.py    a program; the task's id is its name
//! <folder>/<name>.png              optional: its picture; without it the program's own render is the target
//! ```
//!
//! Other files (the PDFs of ChartMimic among them) are ignored. Every program is rendered when a set is made; one that
//! cannot be read or rendered is skipped and listed with its reason.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_core::{DomainError, Skipped, Split};

use super::{ChartTasks, References, chart_tasks::Entry, split_of};

/// A folder that holds at least one program.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    /// Sorted.
    ids: Vec<String>,
}

impl Folder {
    /// Lists the programs.
    ///
    /// # Errors
    /// `Setup` when the folder cannot be listed or holds no program.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DomainError> {
        let path = path.into();
        let mut ids = list(&path).map_err(|error| missing(&path, &error.to_string()))?;
        if ids.is_empty() {
            return Err(missing(&path, "it holds no .py file"));
        }
        ids.sort();
        Ok(Self { path, ids })
    }

    /// The tasks of one split, each rendered once to see that it can be used.
    pub fn tasks(
        &self,
        split: Split,
        references: Arc<References>,
        instruction: &str,
        workers: usize,
    ) -> Result<ChartTasks, DomainError> {
        let mut entries = Vec::new();
        let mut skipped = Vec::new();
        for id in self.ids.iter().filter(|id| split_of(id) == split) {
            match self.entry(id) {
                Ok(entry) => entries.push(entry),
                Err(reason) => skipped.push(Skipped { id: id.clone(), reason }),
            }
        }
        ChartTasks::new(entries, skipped, references, instruction).checked(workers)
    }

    /// The first `n` readable programs of a split, unrendered.
    pub fn programs(&self, split: Split, n: usize) -> Vec<String> {
        let entries = self.ids.iter().filter(|id| split_of(id) == split).filter_map(|id| self.entry(id).ok());
        entries.take(n).map(|entry| entry.program).collect()
    }

    fn entry(&self, id: &str) -> Result<Entry, String> {
        let program = std::fs::read_to_string(self.path.join(format!("{id}.py")))
            .map_err(|error| format!("the program cannot be read: {error}"))?;
        let picture = Some(self.path.join(format!("{id}.png"))).filter(|path| path.exists());
        Ok(Entry { id: id.into(), program, picture, labels: self.labels(id) })
    }

    /// `bar_12` is of the family `bar`.
    fn labels(&self, id: &str) -> BTreeMap<String, String> {
        let family = id.rsplit_once('_').map_or(id, |(family, _)| family);
        let source =
            self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        BTreeMap::from([("family".into(), family.into()), ("source".into(), source)])
    }
}

fn list(path: &Path) -> std::io::Result<Vec<String>> {
    let mut ids = Vec::new();
    for file in std::fs::read_dir(path)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "py") && path.is_file() {
            ids.extend(path.file_stem().and_then(|stem| stem.to_str()).map(String::from));
        }
    }
    Ok(ids)
}

fn missing(path: &Path, reason: &str) -> DomainError {
    DomainError::setup(
        format!("no charts in {}: {reason}", path.display()),
        "`data` of the charts domain names a folder in ChartMimic's layout: <family>_<number>.py files, beside them \
         optionally .png files of the same name",
    )
}
