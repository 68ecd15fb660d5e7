//! The simplex steps: potentials of the tree, the most negative reduced cost, and the exchange around its cycle.

use super::{Solver, problem::EPSILON};

/// OpenCV gives up after this many looks.
const LOOKS: usize = 499;

/// Memory of the steps. Nodes of the tree are the columns, then the rows.
#[derive(Default)]
pub(super) struct Buffers {
    /// The costs, infinite where a cell is in the basis.
    priced: Vec<f32>,
    potential: Vec<f32>,
    /// The slot and the node towards column 0, and the number of slots to it.
    parent: Vec<(usize, usize)>,
    depth: Vec<usize>,
    queue: Vec<usize>,
    cycle: Vec<usize>,
}

impl Solver {
    pub(super) fn improve(&mut self) {
        let (rows, columns) = (self.supply.len(), self.demand.len());
        if rows < 2 || columns < 2 {
            return;
        }
        self.buffers.priced.clear();
        self.buffers.priced.extend_from_slice(&self.cost);
        for (row, column, _) in self.basis.cells() {
            self.buffers.priced[row * columns + column] = f32::INFINITY;
        }
        let tolerance = EPSILON * self.largest;
        for _ in 0..LOOKS {
            self.potentials();
            let Some((reduced, row, column)) = self.cheapest() else { return };
            if reduced >= -tolerance {
                return;
            }
            self.cycle(row, column);
            let (left_row, left_column) = self.basis.exchange(row, column, &self.buffers.cycle);
            self.buffers.priced[row * columns + column] = f32::INFINITY;
            self.buffers.priced[left_row * columns + left_column] =
                self.cost[left_row * columns + left_column];
        }
    }

    /// Potentials with `u + v = cost` on the tree and 0 at column 0.
    fn potentials(&mut self) {
        let (rows, columns) = (self.supply.len(), self.demand.len());
        let Buffers { potential, parent, depth, queue, .. } = &mut self.buffers;
        potential.resize(rows + columns, 0.0);
        depth.clear();
        depth.resize(rows + columns, usize::MAX);
        parent.resize(rows + columns, (0, 0));
        queue.clear();
        queue.push(0);
        (potential[0], depth[0]) = (0.0, 0);
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            next += 1;
            let mut visit = |slot: usize, other: usize, cost: f32| {
                if depth[other] == usize::MAX {
                    potential[other] = cost - potential[node];
                    (parent[other], depth[other]) = ((slot, node), depth[node] + 1);
                    queue.push(other);
                }
            };
            if node < columns {
                for (slot, row) in self.basis.of_column(node) {
                    visit(slot, columns + row, self.cost[row * columns + node]);
                }
            } else {
                let row = node - columns;
                for (slot, column) in self.basis.of_row(row) {
                    visit(slot, column, self.cost[row * columns + column]);
                }
            }
        }
    }

    /// The first cell of the least reduced cost.
    fn cheapest(&self) -> Option<(f32, usize, usize)> {
        let columns = self.demand.len();
        let (v, u) = self.buffers.potential.split_at(columns);
        let mut best = (1e20f32, usize::MAX);
        for (at, (row, u)) in self.buffers.priced.chunks_exact(columns).zip(u).enumerate() {
            let least = least(row, *u, v);
            if least < best.0 {
                best = (least, at);
            }
        }
        let row = self.buffers.priced.chunks_exact(columns).nth(best.1)?;
        let column = row.iter().zip(v).position(|(cost, v)| cost - u[best.1] - v == best.0)?;
        Some((best.0, best.1, column))
    }

    /// The slots on the path of the tree from a row to a column.
    fn cycle(&mut self, row: usize, column: usize) {
        let Buffers { parent, depth, cycle, queue, .. } = &mut self.buffers;
        let (mut from, mut to) = (self.demand.len() + row, column);
        cycle.clear();
        queue.clear();
        while from != to {
            if depth[from] >= depth[to] {
                cycle.push(parent[from].0);
                from = parent[from].1;
            } else {
                queue.push(parent[to].0);
                to = parent[to].1;
            }
        }
        cycle.extend(queue.iter().rev());
    }
}

/// The least of `cost − u − v` over a row, eight lanes at a time.
fn least(row: &[f32], u: f32, v: &[f32]) -> f32 {
    let mut lanes = [f32::INFINITY; 8];
    let (costs, potentials) = (row.chunks_exact(8), v.chunks_exact(8));
    let rest = costs.remainder().iter().zip(potentials.remainder());
    let rest = rest.fold(f32::INFINITY, |least, (cost, v)| least.min(cost - u - v));
    for (costs, potentials) in costs.zip(potentials) {
        for lane in 0..8 {
            let reduced = costs[lane] - u - potentials[lane];
            lanes[lane] = if reduced < lanes[lane] { reduced } else { lanes[lane] };
        }
    }
    lanes.into_iter().fold(rest, f32::min)
}
