//! Minimum-cost assignment of rows to columns, with the tie-breaking of `scipy.optimize.linear_sum_assignment`.
//!
//! D. F. Crouse, "On implementing 2D rectangular assignment algorithms" (IEEE TAES 52(4), 2016): one shortest
//! augmenting path per row. Which of several optimal assignments comes out is decided by the order in which columns
//! are looked at, and evaluators depend on it; that order is SciPy's (columns from the last to the first, an
//! unassigned column preferred among equals, and removal by swapping with the last).

/// Pairs `(row, column)` in ascending order of rows: `min(rows, columns)` of them, with the least total cost.
///
/// `cost` is row-major, `rows * columns` long. `None` where SciPy raises: a NaN or −∞ entry, or no finite assignment.
///
/// # Panics
/// If the length of `cost` is not `rows * columns`.
pub fn linear_sum_assignment(cost: &[f64], rows: usize, columns: usize) -> Option<Vec<(usize, usize)>> {
    assert_eq!(cost.len(), rows * columns, "a cost matrix holds rows * columns numbers");
    if cost.iter().any(|value| value.is_nan() || *value == f64::NEG_INFINITY) {
        return None;
    }
    if columns < rows {
        let flipped: Vec<f64> =
            (0..columns).flat_map(|column| (0..rows).map(move |row| cost[row * columns + column])).collect();
        let mut pairs: Vec<(usize, usize)> = Solver::new(&flipped, columns, rows)
            .solve()?
            .into_iter()
            .enumerate()
            .map(|(column, row)| (row, column))
            .collect();
        pairs.sort_unstable();
        return Some(pairs);
    }
    Some(Solver::new(cost, rows, columns).solve()?.into_iter().enumerate().collect())
}

const NONE: usize = usize::MAX;

/// The state of Crouse's algorithm for a matrix with at least as many columns as rows; names as in the paper.
struct Solver<'a> {
    cost: &'a [f64],
    rows: usize,
    columns: usize,
    u: Vec<f64>,
    v: Vec<f64>,
    path: Vec<usize>,
    column_of: Vec<usize>,
    row_of: Vec<usize>,
    shortest: Vec<f64>,
    row_seen: Vec<bool>,
    column_seen: Vec<bool>,
    remaining: Vec<usize>,
}

impl<'a> Solver<'a> {
    fn new(cost: &'a [f64], rows: usize, columns: usize) -> Self {
        Self {
            cost,
            rows,
            columns,
            u: vec![0.0; rows],
            v: vec![0.0; columns],
            path: vec![NONE; columns],
            column_of: vec![NONE; rows],
            row_of: vec![NONE; columns],
            shortest: vec![0.0; columns],
            row_seen: vec![false; rows],
            column_seen: vec![false; columns],
            remaining: Vec::with_capacity(columns),
        }
    }

    /// The column of each row.
    fn solve(mut self) -> Option<Vec<usize>> {
        for row in 0..self.rows {
            let (sink, least) = self.shortest_path(row)?;
            self.update_duals(row, least);
            self.augment(row, sink);
        }
        Some(self.column_of)
    }

    /// The free column at the end of the shortest augmenting path from `row`, and the length of the path.
    fn shortest_path(&mut self, row: usize) -> Option<(usize, f64)> {
        self.remaining.clear();
        self.remaining.extend((0..self.columns).rev());
        self.row_seen.fill(false);
        self.column_seen.fill(false);
        self.shortest.fill(f64::INFINITY);
        let (mut row, mut least) = (row, 0.0);
        loop {
            self.row_seen[row] = true;
            let (index, lowest) = self.nearest(row, least);
            if lowest == f64::INFINITY {
                return None;
            }
            least = lowest;
            let column = self.remaining.swap_remove(index);
            self.column_seen[column] = true;
            match self.row_of[column] {
                NONE => return Some((column, least)),
                next => row = next,
            }
        }
    }

    /// Relaxes the edges of `row`; the position in `remaining` of the nearest column, and its distance.
    fn nearest(&mut self, row: usize, least: f64) -> (usize, f64) {
        let (mut index, mut lowest) = (0, f64::INFINITY);
        for (at, &column) in self.remaining.iter().enumerate() {
            let length = least + self.cost[row * self.columns + column] - self.u[row] - self.v[column];
            if length < self.shortest[column] {
                self.path[column] = row;
                self.shortest[column] = length;
            }
            let known = self.shortest[column];
            if known < lowest || (known == lowest && self.row_of[column] == NONE) {
                (index, lowest) = (at, known);
            }
        }
        (index, lowest)
    }

    fn update_duals(&mut self, row: usize, least: f64) {
        self.u[row] += least;
        for other in 0..self.rows {
            if self.row_seen[other] && other != row {
                self.u[other] += least - self.shortest[self.column_of[other]];
            }
        }
        for column in 0..self.columns {
            if self.column_seen[column] {
                self.v[column] -= least - self.shortest[column];
            }
        }
    }

    fn augment(&mut self, row: usize, sink: usize) {
        let mut column = sink;
        loop {
            let owner = self.path[column];
            self.row_of[column] = owner;
            std::mem::swap(&mut self.column_of[owner], &mut column);
            if owner == row {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scipy_answers_these() {
        let square = [4.0, 1.0, 3.0, 2.0, 0.0, 5.0, 3.0, 2.0, 2.0];
        assert_eq!(linear_sum_assignment(&square, 3, 3), Some(vec![(0, 1), (1, 0), (2, 2)]));
        assert_eq!(linear_sum_assignment(&[0.0; 6], 2, 3), Some(vec![(0, 0), (1, 1)]), "ties: the identity");
        assert_eq!(
            linear_sum_assignment(&[3.0, 1.0, 2.0], 3, 1),
            Some(vec![(1, 0)]),
            "more rows than columns"
        );
        assert_eq!(linear_sum_assignment(&[], 0, 3), Some(vec![]));
        assert_eq!(linear_sum_assignment(&[f64::NAN], 1, 1), None);
        assert_eq!(linear_sum_assignment(&[f64::INFINITY], 1, 1), None);
    }
}
