//! Columns of text.

use comfy_table::{CellAlignment, presets};

/// A table that is built row by row. Aligned for people, or (plain) one line a row with tabs between the cells for
/// programs.
pub struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Columns that hold numbers.
    right: Vec<usize>,
}

impl Table {
    pub fn new<const N: usize>(headers: [&str; N]) -> Self {
        Self::with_headers(&headers)
    }

    /// With columns that are known only when the program runs.
    pub fn with_headers(headers: &[&str]) -> Self {
        let headers = headers.iter().map(|&header| header.to_owned()).collect();
        Self { headers, rows: Vec::new(), right: Vec::new() }
    }

    /// Aligns these columns to the right.
    #[must_use]
    pub fn right(mut self, columns: &[usize]) -> Self {
        self.right = columns.to_vec();
        self
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.cells(cells.into());
    }

    /// A row of as many cells as there are headers.
    pub fn cells(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Ends with a newline.
    pub fn text(&self, plain: bool) -> String {
        if plain { self.plain() } else { self.aligned() }
    }

    fn plain(&self) -> String {
        let clean = |cell: &String| cell.replace(['\t', '\n', '\r'], " ");
        let lines = std::iter::once(&self.headers).chain(&self.rows);
        lines.map(|cells| cells.iter().map(clean).collect::<Vec<_>>().join("\t") + "\n").collect()
    }

    fn aligned(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING).set_header(&self.headers);
        for row in &self.rows {
            table.add_row(row);
        }
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if self.right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_for_people_and_tabbed_for_programs() {
        let mut table = Table::new(["run", "reward"]).right(&[1]);
        table.row(["a".into(), "0.5".into()]);
        table.row(["längere".into(), "–".into()]);
        assert_eq!(table.text(false), "run      reward\na           0.5\nlängere       –\n");
        assert_eq!(table.text(true), "run\treward\na\t0.5\nlängere\t–\n");
    }
}
