//! `web/visual-mismatch`: where the picture differs from the target's.

use galley_core::{Defect, DefectDetector, Image, Region, Render, Task};
use galley_kit::padded;

use crate::{computed, mismatch::mismatches};

pub struct VisualMismatch;

/// Side of the cells into which the pictures are cut, in pixels.
const CELL: usize = 16;
/// Mean difference of a channel, of 255, from which a cell differs.
const DIFFERENT: f64 = 12.0;
/// How many regions are reported.
const MOST: usize = 3;

impl DefectDetector for VisualMismatch {
    fn name(&self) -> &'static str {
        "web/visual-mismatch"
    }

    fn explain(&self) -> &'static str {
        "# Visual mismatch\n\n**What it finds.** The three largest regions of the picture that differ from the target, \
         in cells of 16 pixels whose mean channel difference is 12 of 255 or more.\n\n**Why it matters.** It sees what \
         the comparison of elements cannot: pictures, gradients, shadows, shapes.\n\n**Known limits.** One wrong size \
         shifts all that follows, and everything shifted differs. Where the other comparisons explain something on the \
         page its defects are therefore notes of severity 0.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        let wanted = task.reference.as_ref().and_then(|reference| reference.render.image.as_ref());
        let (Some(seen), Some(wanted)) = (&render.image, wanted) else { return Vec::new() };
        let spots = spots(seen, wanted);
        let explained = !spots.is_empty() && !mismatches(task, render).is_empty();
        spots.into_iter().map(|spot| spot.defect(if explained { 0.0 } else { 1.0 })).collect()
    }
}

/// A connected region that differs, with the mean colours of both pictures in it.
struct Spot {
    region: Region,
    cells: usize,
    seen: [f64; 3],
    wanted: [f64; 3],
}

impl Spot {
    fn defect(self, severity: f64) -> Defect {
        let Region { x, y, width, height } = self.region;
        let (seen, wanted) = (computed::hex(self.seen), computed::hex(self.wanted));
        let message = if computed::differ(self.seen, self.wanted) {
            format!("{width:.0} x {height:.0} px at {x:.0}, {y:.0}: {seen} on average, should be {wanted}")
        } else {
            format!("{width:.0} x {height:.0} px at {x:.0}, {y:.0} look different")
        };
        let (detector, axis) = (VisualMismatch.name().into(), "visual".into());
        Defect { detector, axis, region: self.region, severity, message, target: None, target_span: None }
    }
}

/// The largest differing regions, the largest first; of equal ones the upper.
fn spots(seen: &Image, wanted: &Image) -> Vec<Spot> {
    if seen == wanted {
        return Vec::new();
    }
    let (width, height) = (seen.width.max(wanted.width), seen.height.max(wanted.height));
    let (seen, wanted) = (padded(seen, width, height), padded(wanted, width, height));
    let grid = Grid::new(&seen, &wanted, width as usize, height as usize);
    let mut spots = grid.components();
    spots.sort_by_key(|spot| std::cmp::Reverse(spot.cells));
    spots.truncate(MOST);
    spots
}

/// Sums over each cell: of the absolute differences, and of both pictures' channels.
struct Grid {
    columns: usize,
    rows: usize,
    width: usize,
    height: usize,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    difference: u64,
    seen: [u64; 3],
    wanted: [u64; 3],
    bytes: u64,
}

impl Grid {
    fn new(seen: &[u8], wanted: &[u8], width: usize, height: usize) -> Self {
        let (columns, rows) = (width.div_ceil(CELL), height.div_ceil(CELL));
        let mut cells = vec![Cell::default(); columns * rows];
        for y in 0..height {
            let row = y * width * 3..(y + 1) * width * 3;
            let parts = seen[row.clone()].chunks(CELL * 3).zip(wanted[row].chunks(CELL * 3));
            for (cell, (seen, wanted)) in cells[y / CELL * columns..].iter_mut().zip(parts) {
                cell.add(seen, wanted);
            }
        }
        Self { columns, rows, width, height, cells }
    }

    fn differs(&self, at: usize) -> bool {
        let cell = &self.cells[at];
        cell.difference as f64 >= DIFFERENT * cell.bytes as f64
    }

    fn components(&self) -> Vec<Spot> {
        let mut open: Vec<bool> = (0..self.cells.len()).map(|at| self.differs(at)).collect();
        let mut found = Vec::new();
        for start in 0..open.len() {
            if std::mem::take(&mut open[start]) {
                found.push(self.component(start, &mut open));
            }
        }
        found
    }

    fn component(&self, start: usize, open: &mut [bool]) -> Spot {
        let mut members = vec![start];
        let mut next = 0;
        while let Some(&at) = members.get(next) {
            next += 1;
            for neighbour in self.neighbours(at) {
                if std::mem::take(&mut open[neighbour]) {
                    members.push(neighbour);
                }
            }
        }
        self.spot(&members)
    }

    fn neighbours(&self, at: usize) -> impl Iterator<Item = usize> {
        let (x, y) = (at % self.columns, at / self.columns);
        let left = (x > 0).then(|| at - 1);
        let right = (x + 1 < self.columns).then_some(at + 1);
        let up = (y > 0).then(|| at - self.columns);
        let down = (y + 1 < self.rows).then_some(at + self.columns);
        [left, right, up, down].into_iter().flatten()
    }

    fn spot(&self, members: &[usize]) -> Spot {
        let mut sum = Cell::default();
        let mut region: Option<Region> = None;
        for &at in members {
            sum.join(&self.cells[at]);
            let own = self.region(at);
            region = Some(region.map_or(own, |all| all.union(own)));
        }
        let pixels = (sum.bytes / 3).max(1) as f64;
        let mean = |sums: [u64; 3]| sums.map(|sum| sum as f64 / pixels);
        let region = region.unwrap_or(Region::new(0.0, 0.0, 0.0, 0.0));
        Spot { region, cells: members.len(), seen: mean(sum.seen), wanted: mean(sum.wanted) }
    }

    fn region(&self, at: usize) -> Region {
        let (x, y) = (at % self.columns * CELL, at / self.columns * CELL);
        let (width, height) = (CELL.min(self.width - x), CELL.min(self.height - y));
        Region::new(x as f64, y as f64, width as f64, height as f64)
    }
}

impl Cell {
    /// Adds a piece of one row; equal pieces need no arithmetic on differences.
    fn add(&mut self, seen: &[u8], wanted: &[u8]) {
        self.bytes += seen.len() as u64;
        if seen == wanted {
            return;
        }
        for (seen, wanted) in seen.chunks_exact(3).zip(wanted.chunks_exact(3)) {
            for c in 0..3 {
                self.difference += u64::from(seen[c].abs_diff(wanted[c]));
                self.seen[c] += u64::from(seen[c]);
                self.wanted[c] += u64::from(wanted[c]);
            }
        }
    }

    fn join(&mut self, other: &Cell) {
        self.bytes += other.bytes;
        self.difference += other.difference;
        for c in 0..3 {
            self.seen[c] += other.seen[c];
            self.wanted[c] += other.wanted[c];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_square(x: u32, colour: [u8; 3]) -> Image {
        let mut image = Image::filled(100, 60, [255; 3]);
        for y in 16..32 {
            for x in x..x + 16 {
                let at = ((y * 100 + x) * 3) as usize;
                image.rgb[at..at + 3].copy_from_slice(&colour);
            }
        }
        image
    }

    #[test]
    fn a_moved_square_differs_where_it_is_and_where_it_should_be() {
        let found = spots(&with_square(64, [0; 3]), &with_square(16, [0; 3]));
        let regions: Vec<Region> = found.iter().map(|spot| spot.region).collect();
        assert_eq!(regions, [Region::new(16.0, 16.0, 16.0, 16.0), Region::new(64.0, 16.0, 16.0, 16.0)]);
        assert_eq!(found[1].seen, [0.0; 3]);
        assert!(spots(&with_square(64, [0; 3]), &with_square(64, [0; 3])).is_empty());
    }
}
