//! The cost of taking a predicted block for a reference block, and the cheapest assignment.

use super::similarity::{Similarities, TextId};
use crate::assignment::linear_sum_assignment;

/// How much the neighbours of a pair add to its cost, in the last assignment.
const BONUS: f64 = 0.1;
/// Costs from here upwards get no bonus.
const DISSIMILAR: f64 = -0.5;

/// Minus the similarity of each predicted text (row) to each reference text (column).
#[derive(Clone, Debug)]
pub(super) struct Costs {
    cells: Vec<f64>,
    rows: usize,
    columns: usize,
}

impl Costs {
    pub(super) fn new(predicted: &[TextId], reference: &[TextId], similarities: &mut Similarities) -> Self {
        let mut cells = Vec::with_capacity(predicted.len() * reference.len());
        for &row in predicted {
            cells.extend(reference.iter().map(|&column| -similarities.ratio(row, column)));
        }
        Self { cells, rows: predicted.len(), columns: reference.len() }
    }

    /// With `row` in place of the rows `at` and `at + 1`.
    pub(super) fn with_row(&self, at: usize, row: Vec<f64>) -> Self {
        let (start, end) = (at * self.columns, (at + 2) * self.columns);
        let cells = [&self.cells[..start], &row, &self.cells[end..]].concat();
        Self { cells, rows: self.rows - 1, columns: self.columns }
    }

    /// With `column` in place of the columns `at` and `at + 1`.
    pub(super) fn with_column(&self, at: usize, column: &[f64]) -> Self {
        let mut cells = Vec::with_capacity(self.rows * (self.columns - 1));
        for (row, cell) in self.cells.chunks_exact(self.columns).zip(column) {
            cells.extend_from_slice(&row[..at]);
            cells.push(*cell);
            cells.extend_from_slice(&row[at + 2..]);
        }
        Self { cells, rows: self.rows, columns: self.columns - 1 }
    }

    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.columns + column]
    }

    /// `(row, column)` in ascending order of rows.
    pub(super) fn assignment(&self) -> Vec<(usize, usize)> {
        // Similarities are finite: there is always an assignment.
        linear_sum_assignment(&self.cells, self.rows, self.columns).unwrap_or_default()
    }

    /// The costs of the assigned pairs, in ascending order of rows.
    pub(super) fn matched(&self) -> Vec<f64> {
        self.assignment().into_iter().map(|(row, column)| self.at(row, column)).collect()
    }

    /// With the bonus for context.
    pub(super) fn adjusted(&self) -> Self {
        let cells = adjust_cost_for_context(&self.cells, self.rows, self.columns);
        Self { cells, rows: self.rows, columns: self.columns }
    }
}

/// `adjust_cost_for_context` with bonus 0.1 and window 1: a cost below −0.5 is lowered by a tenth of the two lowest
/// costs among its up to eight neighbours.
///
/// `costs` is row-major, `rows * columns` long.
///
/// # Panics
/// If the length of `costs` is not `rows * columns`.
pub fn adjust_cost_for_context(costs: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    assert_eq!(costs.len(), rows * columns, "a cost matrix holds rows * columns numbers");
    let mut adjusted = costs.to_vec();
    for (at, cell) in adjusted.iter_mut().enumerate().filter(|(_, cell)| **cell < DISSIMILAR) {
        let (row, column) = (at / columns, at % columns);
        let mut lowest = [0.0; 2];
        for y in row.saturating_sub(1)..(row + 2).min(rows) {
            for x in column.saturating_sub(1)..(column + 2).min(columns) {
                if (y, x) != (row, column) {
                    insert(&mut lowest, costs[y * columns + x]);
                }
            }
        }
        *cell += BONUS * (lowest[1] + lowest[0]);
    }
    adjusted
}

/// Keeps the two lowest, ascending. Costs are never above 0, which therefore stands for "none".
fn insert(lowest: &mut [f64; 2], cost: f64) {
    if cost < lowest[0] {
        *lowest = [cost, lowest[0]];
    } else if cost < lowest[1] {
        lowest[1] = cost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_best_neighbours_count() {
        let costs = [-1.0, -0.5, -0.25, -0.75, -1.0, -0.0];
        let adjusted = adjust_cost_for_context(&costs, 2, 3);
        let expected = [-1.0 - 0.1 * 1.75, -0.5, -0.25, -0.75 - 0.1 * 2.0, -1.0 - 0.1 * 1.75, -0.0];
        assert_eq!(adjusted, expected);
        assert_eq!(adjust_cost_for_context(&[-1.0], 1, 1), [-1.0], "no neighbours, no bonus");
    }

    #[test]
    fn a_merged_row_or_column_takes_the_place_of_two() {
        let costs = Costs { cells: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], rows: 2, columns: 3 };
        assert_eq!(costs.with_row(0, vec![7.0, 8.0, 9.0]).cells, [7.0, 8.0, 9.0]);
        assert_eq!(costs.with_column(1, &[7.0, 8.0]).cells, [1.0, 7.0, 4.0, 8.0]);
    }
}
