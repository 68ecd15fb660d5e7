//! Axis-aligned rectangles on a rendered canvas.

use serde::{Deserialize, Serialize};

/// A rectangle in CSS pixels of the render; `x`, `y` are its left upper corner. May lie partly outside the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Region {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Region {
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width: width.max(0.0), height: height.max(0.0) }
    }

    pub fn right(self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(self) -> f64 {
        self.y + self.height
    }

    pub fn area(self) -> f64 {
        self.width * self.height
    }

    pub fn is_empty(self) -> bool {
        self.width <= 0.0 || self.height <= 0.0
    }

    pub fn centre(self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// The common part; empty (width or height 0) where there is none.
    pub fn intersection(self, other: Region) -> Region {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        Region::new(x, y, self.right().min(other.right()) - x, self.bottom().min(other.bottom()) - y)
    }

    /// The smallest rectangle around both.
    pub fn union(self, other: Region) -> Region {
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        Region::new(x, y, self.right().max(other.right()) - x, self.bottom().max(other.bottom()) - y)
    }

    /// Intersection over union, in 0..=1; 0 where either is empty.
    pub fn iou(self, other: Region) -> f64 {
        let common = self.intersection(other).area();
        let all = self.area() + other.area() - common;
        if all > 0.0 { common / all } else { 0.0 }
    }

    /// Whether `inner` lies inside, with `slack` pixels of tolerance on every side.
    pub fn contains(self, inner: Region, slack: f64) -> bool {
        inner.x >= self.x - slack
            && inner.y >= self.y - slack
            && inner.right() <= self.right() + slack
            && inner.bottom() <= self.bottom() + slack
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_equal_disjoint_and_half_overlapping_rectangles() {
        let a = Region::new(0.0, 0.0, 10.0, 10.0);
        assert_eq!(a.iou(a), 1.0);
        assert_eq!(a.iou(Region::new(20.0, 0.0, 5.0, 5.0)), 0.0);
        assert!((a.iou(Region::new(5.0, 0.0, 10.0, 10.0)) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(a.iou(Region::new(3.0, 3.0, 0.0, 4.0)), 0.0);
    }
}
