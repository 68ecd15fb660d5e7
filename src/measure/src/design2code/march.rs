//! The fast-marching method on a grid: the distance of each pixel from the rim of a region.

use std::{cmp::Reverse, collections::BinaryHeap};

/// How far outside the region distances are known.
const RANGE: usize = 3;
/// The distance where none is known.
const FAR: f32 = 1.0e6;

/// A picture with a rim of one pixel around it: what is unknown, and the distance T from the unknown region's rim,
/// negative outside. Positions are `row * columns + column`.
pub(super) struct March {
    pub columns: usize,
    pub inside: Vec<bool>,
    pub t: Vec<f32>,
}

impl March {
    /// Distances outside the marked region, and the pixels next to it, where the march inwards begins. `None` where
    /// OpenCV does nothing: nothing is marked, or nothing is left around it.
    pub(super) fn around(mask: &[bool], width: usize, height: usize) -> Option<(Self, Front)> {
        let (columns, rows) = (width + 2, height + 2);
        let mut inside = vec![false; columns * rows];
        for (y, marks) in mask.chunks_exact(width).enumerate() {
            inside[(y + 1) * columns + 1..][..width].copy_from_slice(marks);
        }
        let near = dilated(&inside, columns, RANGE);
        if !(0..inside.len()).any(|at| near[at] && !inside[at]) {
            return None;
        }
        let mut march = Self { columns, t: vec![FAR; inside.len()], inside };
        let (mut ring, mut rim) = (vec![false; near.len()], Vec::new());
        for row in 1..=height {
            for at in row * columns + 1..row * columns + 1 + width {
                if !near[at] || march.inside[at] {
                    continue;
                }
                if march.neighbours(at).iter().any(|&next| march.inside[next]) {
                    rim.push(at);
                } else {
                    ring[at] = true;
                }
            }
        }
        rim.iter().for_each(|&at| march.t[at] = 0.0);
        march.outwards(Front::new(&rim), ring);
        Some((march, Front::new(&rim)))
    }

    /// Sets T of the pixels of `ring`, negative.
    fn outwards(&mut self, mut front: Front, mut ring: Vec<bool>) {
        let mut reached = Vec::new();
        while let Some(at) = front.pop() {
            reached.push(at);
            for next in self.neighbours(at) {
                if ring[next] {
                    self.t[next] = distance(&self.t, &ring, next, self.columns);
                    ring[next] = false;
                    front.push(next, self.t[next]);
                }
            }
        }
        reached.into_iter().for_each(|at| self.t[at] = -self.t[at]);
    }

    /// Above, left, below, right.
    pub(super) fn neighbours(&self, at: usize) -> [usize; 4] {
        [at - self.columns, at - 1, at + self.columns, at + 1]
    }

    /// The derivative of T along an axis whose neighbours are `step` apart, from known pixels only.
    pub(super) fn slope(&self, at: usize, step: usize) -> f32 {
        let t = &self.t;
        match (!self.inside[at + step], !self.inside[at - step]) {
            (true, true) => (t[at + step] - t[at - step]) * 0.5,
            (true, false) => t[at + step] - t[at],
            (false, true) => t[at] - t[at - step],
            (false, false) => 0.0,
        }
    }
}

/// T at a pixel from its neighbours that are not `unknown`.
pub(super) fn distance(t: &[f32], unknown: &[bool], at: usize, columns: usize) -> f32 {
    let solve = |vertical: usize, horizontal: usize| {
        let (a, b) = (f64::from(t[vertical]), f64::from(t[horizontal]));
        let solution = match (!unknown[vertical], !unknown[horizontal]) {
            (true, true) if (a - b).abs() >= 1.0 => 1.0 + a.min(b),
            (true, true) => (a + b + (2.0 - (a - b) * (a - b)).sqrt()) * 0.5,
            (true, false) => 1.0 + a,
            (false, true) => 1.0 + b,
            (false, false) => 1.0 + a.min(b),
        };
        solution as f32
    };
    let (above, below) = (at - columns, at + columns);
    let (before, after) = (at - 1, at + 1);
    solve(above, before).min(solve(below, before)).min(solve(above, after).min(solve(below, after)))
}

/// Pixels in ascending order of T, first come first among equals.
pub(super) struct Front {
    /// T, then a number that says which came first.
    queue: BinaryHeap<Reverse<u64>>,
    pushed: Vec<u32>,
}

impl Front {
    fn new(rim: &[usize]) -> Self {
        let mut front = Self { queue: BinaryHeap::with_capacity(rim.len()), pushed: Vec::new() };
        rim.iter().for_each(|&at| front.push(at, 0.0));
        front
    }

    /// T is never negative here, so its bits are ordered as it is.
    pub(super) fn push(&mut self, at: usize, t: f32) {
        self.queue.push(Reverse(u64::from(t.to_bits()) << 32 | self.pushed.len() as u64));
        self.pushed.push(at as u32);
    }

    pub(super) fn pop(&mut self) -> Option<usize> {
        let Reverse(key) = self.queue.pop()?;
        Some(self.pushed[key as u32 as usize] as usize)
    }
}

/// The flags with each set one spread over the square of `range` around it.
fn dilated(flags: &[bool], columns: usize, range: usize) -> Vec<bool> {
    let mut wide = vec![false; flags.len()];
    for (row, wide) in flags.chunks_exact(columns).zip(wide.chunks_exact_mut(columns)) {
        for run in runs(row) {
            wide[run.start.saturating_sub(range)..(run.end + range).min(columns)].fill(true);
        }
    }
    let rows = flags.len() / columns;
    let mut tall = vec![false; flags.len()];
    for (y, row) in wide.chunks_exact(columns).enumerate().filter(|(_, row)| row.contains(&true)) {
        for target in y.saturating_sub(range)..(y + range + 1).min(rows) {
            let target = &mut tall[target * columns..][..columns];
            target.iter_mut().zip(row).for_each(|(flag, wide)| *flag |= wide);
        }
    }
    tall
}

/// The runs of set flags.
fn runs(row: &[bool]) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + row[from..].iter().position(|flag| *flag)?;
        let end = row[start..].iter().position(|flag| !flag).map_or(row.len(), |length| start + length);
        from = end;
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_grow_away_from_the_rim() {
        let mut mask = vec![false; 81];
        mask[40] = true;
        let (march, mut front) = March::around(&mask, 9, 9).unwrap();
        let t = |row: usize, column: usize| march.t[(row + 1) * march.columns + column + 1];
        assert_eq!((t(4, 3), t(4, 2), t(4, 1)), (0.0, -1.0, -2.0));
        assert_eq!(t(4, 0), FAR, "out of reach");
        assert_eq!(t(3, 3), -(2f64.sqrt() * 0.5) as f32);
        assert_eq!(front.pop(), Some(4 * 11 + 5), "the rim in the order of rows");
    }

    #[test]
    fn flags_spread_over_a_square() {
        let mut flags = vec![false; 25];
        flags[6] = true;
        let spread: Vec<usize> =
            dilated(&flags, 5, 1).iter().enumerate().filter(|(_, flag)| **flag).map(|(at, _)| at).collect();
        assert_eq!(spread, [0, 1, 2, 5, 6, 7, 10, 11, 12]);
    }
}
