//! One generated chart.

use std::collections::BTreeMap;

use galley_kit::Wanted;

use super::Family;

/// A program with its name. Two charts of one set never share an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// `<family>-<first eight hexadecimal digits of the program's BLAKE3>`: the same chart has the same id in every run.
    pub id: String,
    pub family: Family,
    pub difficulty: u8,
    pub program: String,
}

impl Chart {
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

impl From<Chart> for Wanted {
    fn from(chart: Chart) -> Self {
        Self { labels: chart.labels(), id: chart.id, program: chart.program, picture: None }
    }
}
