//! What the interpreter tells of marks and axes in the coordinates of the axes. It is a claim like all that comes from
//! there; what does not fit is as if it were not said.

use galley_core::Element;

use crate::detectors::property;

/// What a mark says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// x0, y0, x1, y1.
    pub(super) extent: Option<[f64; 4]>,
    /// x and y of each point, in turn; empty where they are too many.
    pub(super) points: Vec<f64>,
    /// What colours stand for.
    pub(super) values: Vec<f64>,
}

impl Facts {
    pub(super) fn of(mark: &Element) -> Self {
        let numbers = |name| numbers(property(mark, name)).unwrap_or_default();
        Self { extent: numbers("extent").try_into().ok(), points: numbers("at"), values: numbers("values") }
    }
}

/// One axis of axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) ends: [f64; 2],
    logarithmic: bool,
    /// By the program, and not by what is drawn.
    pub(super) set: bool,
}

impl Range {
    /// Of x and y.
    pub(super) fn of(axes: &Element) -> Option<[Self; 2]> {
        let one = |name: &str| {
            let ends = numbers(property(axes, &format!("{name}-limits")))?.try_into().ok()?;
            let logarithmic = property(axes, &format!("{name}-scale")) == "log";
            let set = property(axes, "limits-set").split(' ').any(|set| set == name);
            Some(Self { ends, logarithmic, set })
        };
        Some([one("x")?, one("y")?])
    }

    /// How far apart two numbers are on the axis, as a share of its length.
    pub(super) fn apart(&self, a: f64, b: f64) -> f64 {
        if a == b || (a.is_nan() && b.is_nan()) {
            return 0.0;
        }
        let scaled = |number: f64| if self.logarithmic { number.log10() } else { number };
        let length = (scaled(self.ends[1]) - scaled(self.ends[0])).abs();
        let distance = (scaled(a) - scaled(b)).abs() / length;
        if distance.is_nan() { f64::INFINITY } else { distance }
    }
}

/// Numbers with blanks between them; `None` where one is none.
fn numbers(text: &str) -> Option<Vec<f64>> {
    text.split(' ').filter(|word| !word.is_empty()).map(|word| word.parse().ok()).collect()
}
