//! Programs that lie in a folder, each with an optional picture beside it.
//!
//! ```text
//! <folder>/<id>.<extension>    a program; the task's id is its name
//! <folder>/<id>.png            optional: its picture; without it the program's own render is the target
//! ```
//!
//! Other files are ignored. Every program is rendered when a set is made; one that cannot be read or rendered is skipped
//! and listed with its reason.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_core::{DomainError, Skipped, Split};

use crate::{References, RenderedTasks, Wanted, split_of};

/// What the programs of a domain are called.
#[derive(Debug)]
pub struct Layout {
    /// Of programs, without the dot.
    pub extension: &'static str,
    /// In messages: `pages`, `charts`.
    pub things: &'static str,
    /// What the folder has to hold.
    pub help: &'static str,
    /// The family of a program, by its id.
    pub family: fn(&str) -> &str,
}

/// A folder that holds at least one program.
#[derive(Clone, Debug)]
pub struct Folder {
    layout: &'static Layout,
    path: PathBuf,
    /// Sorted.
    ids: Vec<String>,
}

impl Folder {
    /// Lists the programs.
    ///
    /// # Errors
    /// `Setup` when the folder cannot be listed or holds no program.
    pub fn open(layout: &'static Layout, path: impl Into<PathBuf>) -> Result<Self, DomainError> {
        let path = path.into();
        let mut ids =
            list(&path, layout.extension).map_err(|error| layout.missing(&path, &error.to_string()))?;
        if ids.is_empty() {
            return Err(layout.missing(&path, &format!("it holds no .{} file", layout.extension)));
        }
        ids.sort();
        Ok(Self { layout, path, ids })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tasks of one split, each rendered once to see that it can be used.
    ///
    /// # Errors
    /// Harness faults of the renderer.
    pub fn tasks(
        &self,
        split: Split,
        references: Arc<References>,
        instruction: &str,
        workers: usize,
    ) -> Result<RenderedTasks, DomainError> {
        let mut entries = Vec::new();
        let mut skipped = Vec::new();
        for id in self.ids.iter().filter(|id| split_of(id) == split) {
            match self.entry(id) {
                Ok(entry) => entries.push(entry),
                Err(reason) => skipped.push(Skipped { id: id.clone(), reason }),
            }
        }
        RenderedTasks::new(entries, skipped, references, instruction).checked(workers)
    }

    /// The first `n` readable programs of a split, unrendered.
    pub fn programs(&self, split: Split, n: usize) -> Vec<String> {
        let entries = self.ids.iter().filter(|id| split_of(id) == split).filter_map(|id| self.entry(id).ok());
        entries.take(n).map(|entry| entry.program).collect()
    }

    fn entry(&self, id: &str) -> Result<Wanted, String> {
        let program = std::fs::read_to_string(self.path.join(format!("{id}.{}", self.layout.extension)))
            .map_err(|error| format!("the program cannot be read: {error}"))?;
        let picture = Some(self.path.join(format!("{id}.png"))).filter(|path| path.exists());
        Ok(Wanted { id: id.into(), program, picture, labels: self.labels(id) })
    }

    fn labels(&self, id: &str) -> BTreeMap<String, String> {
        let name = self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        BTreeMap::from([("family".into(), (self.layout.family)(id).to_owned()), ("source".into(), name)])
    }
}

impl Layout {
    fn missing(&self, path: &Path, reason: &str) -> DomainError {
        DomainError::setup(format!("no {} in {}: {reason}", self.things, path.display()), self.help)
    }
}

fn list(path: &Path, extension: &str) -> std::io::Result<Vec<String>> {
    let mut ids = Vec::new();
    for file in std::fs::read_dir(path)? {
        let path = file?.path();
        if path.extension().is_some_and(|own| own == extension) && path.is_file() {
            ids.extend(path.file_stem().and_then(|stem| stem.to_str()).map(String::from));
        }
    }
    Ok(ids)
}
