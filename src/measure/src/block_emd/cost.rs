//! What it costs to turn one patch into another.

use super::patches::{Background, PIXELS, Patch, SIDE, pixel_weights};
use crate::emd::Solver;

/// Row-major costs of moving each patch of the first picture to each of the second.
pub(super) fn matrix(
    solver: &mut Solver,
    first: &[Patch],
    second: &[Patch],
    weights: &[f32],
    size: (usize, usize),
    background: &Background,
) -> Option<Vec<f32>> {
    let step = ((PIXELS as f64).sqrt() / (size.0 + size.1) as f64) as f32;
    let points = |patches: &[Patch]| -> Vec<Points> {
        let patches = patches.iter().zip(weights);
        patches.map(|(patch, weight)| Points::of(patch, *weight, background)).collect()
    };
    let (ours, theirs) = (points(first), points(second));
    let (our_twins, their_twins) = (twins(&ours), twins(&theirs));
    let mut moves = vec![0.0; first.len() * second.len()];
    let mut costs = Vec::with_capacity(moves.len());
    for (at, patch) in first.iter().enumerate() {
        for (to, other) in second.iter().enumerate() {
            let twin = (our_twins[at], their_twins[to]);
            if twin == (at, to) {
                moves[at * second.len() + to] = ours[at].distance(&theirs[to], solver)?;
            }
            let way = (patch.place[0] - other.place[0]).abs() + (patch.place[1] - other.place[1]).abs();
            costs.push(moves[twin.0 * second.len() + twin.1] + way * step);
        }
    }
    Some(costs)
}

/// For each patch the first one with the same points: pages repeat themselves, and a distance is computed once.
fn twins(points: &[Points]) -> Vec<usize> {
    let first = |at: usize| points[..at].iter().position(|other| *other == points[at]).unwrap_or(at);
    (0..points.len()).map(first).collect()
}

/// The pixels of a patch.
#[derive(PartialEq)]
struct Points {
    weights: [f32; PIXELS],
    grey: [f32; PIXELS],
}

impl Points {
    fn of(patch: &Patch, weight: f32, background: &Background) -> Self {
        Self { weights: pixel_weights(&patch.grey, weight, background), grey: patch.grey }
    }

    fn distance(&self, other: &Self, solver: &mut Solver) -> Option<f32> {
        solver.distance(&self.weights, &other.weights, |i, j| {
            let apart = |a: usize, b: usize| a.abs_diff(b) as f64 / SIDE as f64;
            let grey = f64::from((self.grey[i] - other.grey[j]).abs());
            (grey + apart(i % SIDE, j % SIDE) + apart(i / SIDE, j / SIDE)) as f32
        })
    }
}
