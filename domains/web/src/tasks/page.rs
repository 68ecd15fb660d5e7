//! One generated page.

use std::collections::BTreeMap;

use galley_kit::Wanted;

use super::Family;

/// A program with its name. Two pages of one set never share an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// `<family>-<first eight hexadecimal digits of the program's BLAKE3>`: the same page has the same id in every run.
    pub id: String,
    pub family: Family,
    pub difficulty: u8,
    pub program: String,
}

impl Page {
    pub fn new(family: Family, difficulty: u8, program: String) -> Self {
        let hash = blake3::hash(program.as_bytes()).to_hex();
        Self { id: format!("{}-{}", family.name(), &hash[..8]), family, difficulty, program }
    }

    /// Facets for slicing results.
    pub fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("family".into(), self.family.name().into()),
            ("difficulty".into(), self.difficulty.to_string()),
        ])
    }
}

impl From<Page> for Wanted {
    fn from(page: Page) -> Self {
        Self { labels: page.labels(), id: page.id, program: page.program, picture: None }
    }
}
