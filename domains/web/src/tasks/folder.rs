//! Pages that lie in a folder, in the layout of the Design2Code test set: `<id>.html`, beside it optionally its screenshot
//! `<id>.png`, and `rick.jpg`, the placeholder that the pages name as their images.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use galley_core::{DomainError, Split};
use galley_kit::{Layout, References, RenderedTasks};

/// The placeholder image of the Design2Code pages.
const PLACEHOLDER: &str = "rick.jpg";

static LAYOUT: Layout = Layout {
    extension: "html",
    things: "pages",
    help: "`data` of the web domain names a folder in the Design2Code layout: <id>.html files, beside them optionally \
           <id>.png and rick.jpg",
    family: |_| "folder",
};

/// A folder that holds at least one page.
#[derive(Clone, Debug)]
pub struct Folder(galley_kit::Folder);

impl Folder {
    /// Lists the pages.
    ///
    /// # Errors
    /// `Setup` when the folder cannot be listed or holds no page.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DomainError> {
        galley_kit::Folder::open(&LAYOUT, path).map(Self)
    }

    /// Files that the pages name, by the name they use.
    pub fn assets(&self) -> BTreeMap<String, Vec<u8>> {
        let placeholder = std::fs::read(self.0.path().join(PLACEHOLDER)).ok();
        placeholder.map(|bytes| (PLACEHOLDER.to_owned(), bytes)).into_iter().collect()
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
        self.0.tasks(split, references, instruction, workers)
    }

    /// The first `n` readable programs of a split, unrendered.
    pub fn programs(&self, split: Split, n: usize) -> Vec<String> {
        self.0.programs(split, n)
    }
}
