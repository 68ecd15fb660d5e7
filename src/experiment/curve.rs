//! How a run got better over what it was given: rollouts, and time.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::store::RunReader;

/// An evaluation of the objective, and what it had cost up to there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    pub rollouts: f64,
    /// Wall time of the objective's steps in seconds; evaluations and checkpoints are not in it.
    pub wall: f64,
    /// CPU time of the trainer in them, without browsers; what wall time would be on an idle core.
    pub cpu: f64,
    pub value: f64,
}

/// What a curve is read along.
#[derive(Clone, Copy, Debug)]
pub enum Along {
    Wall,
    Cpu,
}

impl Point {
    fn along(&self, axis: Along) -> f64 {
        match axis {
            Along::Wall => self.wall,
            Along::Cpu => self.cpu,
        }
    }
}

/// The evaluations of a run in order, `metric` against what was spent. Runs whose record has no times have zeros.
pub fn curve(reader: &RunReader, metric: &str) -> Vec<Point> {
    let running = |name: &str| {
        let mut sum = 0.0;
        let add = |point: crate::store::Point| {
            sum += point.value;
            (point.step, sum)
        };
        reader.series(name).into_iter().map(add).collect::<BTreeMap<u64, f64>>()
    };
    let (wall, cpu) = (running("time/step"), running("time/cpu"));
    let rollouts: BTreeMap<u64, f64> =
        reader.series("rollouts").into_iter().map(|point| (point.step, point.value)).collect();
    let before = |series: &BTreeMap<u64, f64>, step: u64| {
        series.range(..=step).next_back().map_or(0.0, |(_, value)| *value)
    };
    let point = |eval: &&crate::store::EvalRecord| {
        let of = |series| before(series, eval.step);
        let value = *eval.means.get(metric)?;
        Some(Point { rollouts: of(&rollouts), wall: of(&wall), cpu: of(&cpu), value })
    };
    reader.evals().iter().filter_map(point).collect()
}

/// The value where `spent` was reached, between evaluations by a straight line; the last one behind the end, `None`
/// where nothing was measured.
pub fn value_at(curve: &[Point], axis: Along, spent: f64) -> Option<f64> {
    let last = curve.last()?;
    if last.along(axis) <= 0.0 {
        return None;
    }
    let next = curve.iter().position(|point| point.along(axis) >= spent).unwrap_or(curve.len() - 1);
    let (to, from) = (curve[next], curve[next.saturating_sub(1)]);
    let width = to.along(axis) - from.along(axis);
    let share = if width > 0.0 { ((spent - from.along(axis)) / width).clamp(0.0, 1.0) } else { 1.0 };
    Some(from.value + share * (to.value - from.value))
}

/// The rollouts after which `target` was first reached, between evaluations by a straight line.
pub fn rollouts_to(curve: &[Point], target: f64) -> Option<f64> {
    let next = curve.iter().position(|point| point.value >= target)?;
    let (to, from) = (curve[next], curve[next.saturating_sub(1)]);
    let rise = to.value - from.value;
    let share = if rise > 0.0 { ((target - from.value) / rise).clamp(0.0, 1.0) } else { 1.0 };
    Some(from.rollouts + share * (to.rollouts - from.rollouts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_evaluations_is_a_straight_line() {
        let point = |spent: f64, value: f64| Point { rollouts: spent * 64.0, wall: spent, cpu: 0.0, value };
        let curve = [point(0.0, 0.5), point(10.0, 0.7), point(20.0, 0.6)];
        assert_eq!(value_at(&curve, Along::Wall, 5.0), Some(0.6));
        assert_eq!(value_at(&curve, Along::Wall, 99.0), Some(0.6));
        assert_eq!(value_at(&curve, Along::Cpu, 5.0), None, "no time was recorded");
        assert_eq!(rollouts_to(&curve, 0.6), Some(320.0));
        assert_eq!((rollouts_to(&curve, 0.4), rollouts_to(&curve, 0.8)), (Some(0.0), None));
    }
}
