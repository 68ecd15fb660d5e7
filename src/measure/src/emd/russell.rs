//! Russell's approximation: a first basis that is often nearly the best.

use super::{Solver, problem::EPSILON};

impl Solver {
    /// Takes cells in the order of `cost − largest of the row − largest of the column`, first come first served among
    /// equals, and gives each as much flow as is left; a spent row or column drops out. (OpenCV means to lower the
    /// largest values as rows and columns drop out; its test lets that never happen, so they stay here.)
    pub(super) fn russell(&mut self) {
        let (rows, width) = (self.supply.len(), self.demand.len());
        self.basis.clear(rows, width);
        let delta = self.delta();
        let mut open: (Vec<usize>, Vec<usize>) = ((0..rows).collect(), (0..width).collect());
        let least = |row: usize, columns: &[usize]| {
            columns.iter().fold((1e20f32, usize::MAX), |best, &column| {
                let value = delta[row * width + column];
                if value < best.0 { (value, column) } else { best }
            })
        };
        let mut minima: Vec<(f32, usize)> = (0..rows).map(|row| least(row, &open.1)).collect();
        while !open.1.is_empty() {
            let best = open.0.iter().fold((1e20f32, usize::MAX), |best, &row| {
                if minima[row].0 < best.0 { (minima[row].0, row) } else { best }
            });
            let Some(&(_, column)) = minima.get(best.1) else { break };
            let row = best.1;
            let value = if self.supply[row] < self.demand[column] + self.weight * EPSILON {
                let value = std::mem::take(&mut self.supply[row]);
                self.demand[column] -= value;
                value
            } else {
                let value = std::mem::take(&mut self.demand[column]);
                self.supply[row] -= value;
                value
            };
            self.basis.push(row, column, value);
            if self.supply[row] == 0.0 && open.0.len() > 1 {
                open.0.retain(|&open| open != row);
            } else {
                open.1.retain(|&open| open != column);
                for &row in open.0.iter().filter(|&&row| minima[row].1 == column).collect::<Vec<_>>() {
                    minima[row] = least(row, &open.1);
                }
            }
        }
        self.basis.close();
    }

    fn delta(&self) -> Vec<f32> {
        let columns = self.demand.len();
        let mut highest = vec![-1e20f32; columns];
        for row in self.cost.chunks_exact(columns) {
            highest.iter_mut().zip(row).for_each(|(highest, cost)| *highest = highest.max(*cost));
        }
        let mut delta = Vec::with_capacity(self.cost.len());
        for row in self.cost.chunks_exact(columns) {
            let most = row.iter().fold(-1e20f32, |most, cost| most.max(*cost));
            delta.extend(row.iter().zip(&highest).map(|(cost, highest)| cost - most - highest));
        }
        delta
    }
}
