//! The transportation problem and its answer.

use super::basis::Basis;

/// Relative tolerance of sums, supplies and reduced costs.
pub(super) const EPSILON: f32 = 1e-5;

/// Solves one problem after another in the same memory.
#[derive(Default)]
pub struct Solver {
    pub(super) supply: Vec<f32>,
    pub(super) demand: Vec<f32>,
    /// Row-major, a row for each supply.
    pub(super) cost: Vec<f32>,
    pub(super) largest: f32,
    pub(super) weight: f32,
    pub(super) basis: Basis,
    pub(super) buffers: super::simplex::Buffers,
}

impl Solver {
    /// The distance between two sets of weights, where `cost(i, j)` is that of moving a unit from `supply[i]` to
    /// `demand[j]`: the cheapest flow, divided by the larger sum of weights. Surplus weight of one side costs nothing.
    ///
    /// `None` where a weight is negative or not a number, or a side has none above 0.
    pub fn distance(
        &mut self,
        supply: &[f32],
        demand: &[f32],
        mut cost: impl FnMut(usize, usize) -> f32,
    ) -> Option<f32> {
        let (sources, sinks) = (kept(supply)?, kept(demand)?);
        self.supply.clear();
        self.supply.extend(sources.iter().map(|&at| supply[at]));
        self.demand.clear();
        self.demand.extend(sinks.iter().map(|&at| demand[at]));
        self.balance();
        self.cost.clear();
        self.largest = 0.0;
        for row in 0..self.supply.len() {
            for column in 0..self.demand.len() {
                let value = match (sources.get(row), sinks.get(column)) {
                    (Some(&i), Some(&j)) => cost(i, j),
                    _ => 0.0,
                };
                self.largest = self.largest.max(value);
                self.cost.push(value);
            }
        }
        self.russell();
        self.improve();
        Some((self.flow() / f64::from(self.weight)) as f32)
    }

    /// A dummy takes what one side has more than the other.
    fn balance(&mut self) {
        let sum = |weights: &[f32]| weights.iter().fold(0f32, |sum, weight| sum + weight);
        let (supply, demand) = (sum(&self.supply), sum(&self.demand));
        let surplus = supply - demand;
        if surplus.abs() >= EPSILON * supply {
            if surplus < 0.0 { self.supply.push(-surplus) } else { self.demand.push(surplus) }
        }
        self.weight = supply.max(demand);
    }

    fn flow(&self) -> f64 {
        let columns = self.demand.len();
        self.basis
            .cells()
            .map(|(row, column, value)| f64::from(value) * f64::from(self.cost[row * columns + column]))
            .sum()
    }
}

/// The indices of weights above 0.
fn kept(weights: &[f32]) -> Option<Vec<usize>> {
    if weights.iter().any(|weight| !(0.0..f32::INFINITY).contains(weight)) {
        return None;
    }
    let kept: Vec<usize> = (0..weights.len()).filter(|&at| weights[at] > 0.0).collect();
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cv2.EMD` of OpenCV 5.0.0 printed these, for weights and points on a line.
    #[test]
    fn opencv_prints_these_distances() {
        let line = |supply: &[f32], demand: &[f32]| {
            Solver::default().distance(supply, demand, |i, j| (i as f32 - j as f32).abs())
        };
        assert_eq!(line(&[1.0], &[1.0]), Some(0.0));
        assert_eq!(line(&[1.0, 0.0, 0.0], &[0.0, 0.0, 1.0]), Some(2.0));
        assert_eq!(line(&[0.4, 0.3, 0.2, 0.1], &[0.1, 0.2, 0.3, 0.4]), Some(1.0));
        assert_eq!(line(&[3.0, 1.0], &[1.0, 1.0]), Some(0.0));
        assert_eq!(line(&[0.0], &[1.0]), None);
        assert_eq!(line(&[-1.0], &[1.0]), None);
    }
}
