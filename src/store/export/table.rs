//! Columns, cells, and where rows go.

use std::io;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Number,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

impl Column {
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Integer(i64),
    Number(f64),
    Missing,
}

/// Takes rows of as many cells as there are columns, each missing or of its column's kind.
pub(super) trait Sink {
    fn row(&mut self, cells: Vec<Cell>) -> io::Result<()>;

    /// After the last row.
    fn finish(&mut self) -> io::Result<()>;
}
