//! The cells in use: a spanning tree of the bipartite graph of rows and columns.

/// No cell.
const NONE: u32 = u32::MAX;

/// One cell, a link in the list of its row and in that of its column.
#[derive(Clone, Copy)]
struct Cell {
    row: u32,
    column: u32,
    value: f32,
    next_of_row: u32,
    next_of_column: u32,
}

/// Cells in fixed slots; one slot is always spare, for the cell that enters.
#[derive(Default)]
pub(super) struct Basis {
    cells: Vec<Cell>,
    spare: usize,
    rows: Vec<u32>,
    columns: Vec<u32>,
}

impl Basis {
    pub fn clear(&mut self, rows: usize, columns: usize) {
        self.cells.clear();
        for (lists, count) in [(&mut self.rows, rows), (&mut self.columns, columns)] {
            lists.clear();
            lists.resize(count, NONE);
        }
    }

    /// Adds a cell while the first basis is built.
    pub fn push(&mut self, row: usize, column: usize, value: f32) {
        let slot = self.cells.len();
        self.cells.push(Cell { row: 0, column: 0, value, next_of_row: NONE, next_of_column: NONE });
        self.link(slot, row, column, value);
    }

    /// The first basis is complete: makes the spare slot.
    pub fn close(&mut self) {
        self.spare = self.cells.len();
        self.cells.push(Cell { row: 0, column: 0, value: 0.0, next_of_row: NONE, next_of_column: NONE });
    }

    fn link(&mut self, slot: usize, row: usize, column: usize, value: f32) {
        self.cells[slot] = Cell {
            row: row as u32,
            column: column as u32,
            value,
            next_of_row: self.rows[row],
            next_of_column: self.columns[column],
        };
        self.rows[row] = slot as u32;
        self.columns[column] = slot as u32;
    }

    /// Puts `(row, column)` into the spare slot and moves the flow around `cycle`, the slots on the tree's path from
    /// the row to the column. The first of those that run empty leaves; its place is returned.
    pub fn exchange(&mut self, row: usize, column: usize, cycle: &[usize]) -> (usize, usize) {
        let mut leaving = (cycle[0], 1e20f32);
        for &slot in cycle.iter().step_by(2) {
            if self.cells[slot].value < leaving.1 {
                leaving = (slot, self.cells[slot].value);
            }
        }
        for (at, &slot) in cycle.iter().enumerate() {
            self.cells[slot].value += if at % 2 == 0 { -leaving.1 } else { leaving.1 };
        }
        self.link(self.spare, row, column, leaving.1);
        let out = self.cells[leaving.0];
        unlink(&mut self.rows[out.row as usize], &mut self.cells, leaving.0, |cell| &mut cell.next_of_row);
        unlink(&mut self.columns[out.column as usize], &mut self.cells, leaving.0, |cell| {
            &mut cell.next_of_column
        });
        self.spare = leaving.0;
        (out.row as usize, out.column as usize)
    }

    /// Slots and columns of the cells of a row.
    pub fn of_row(&self, row: usize) -> impl Iterator<Item = (usize, usize)> {
        self.list(self.rows[row], |cell| cell.next_of_row).map(|(slot, cell)| (slot, cell.column as usize))
    }

    /// Slots and rows of the cells of a column.
    pub fn of_column(&self, column: usize) -> impl Iterator<Item = (usize, usize)> {
        self.list(self.columns[column], |cell| cell.next_of_column)
            .map(|(slot, cell)| (slot, cell.row as usize))
    }

    fn list(&self, head: u32, next: fn(&Cell) -> u32) -> impl Iterator<Item = (usize, &Cell)> {
        let mut at = head;
        std::iter::from_fn(move || {
            let slot = at as usize;
            let cell = self.cells.get(slot)?;
            at = next(cell);
            Some((slot, cell))
        })
    }

    /// Row, column and flow of every cell, in the order of their slots.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, f32)> {
        let used = self.cells.iter().enumerate().filter(|(slot, _)| *slot != self.spare);
        used.map(|(_, cell)| (cell.row as usize, cell.column as usize, cell.value))
    }
}

fn unlink(head: &mut u32, cells: &mut [Cell], slot: usize, next: fn(&mut Cell) -> &mut u32) {
    let after = *next(&mut cells[slot]);
    if *head == slot as u32 {
        *head = after;
        return;
    }
    let mut at = *head as usize;
    while *next(&mut cells[at]) != slot as u32 {
        at = *next(&mut cells[at]) as usize;
    }
    *next(&mut cells[at]) = after;
}
