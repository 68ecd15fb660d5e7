//! Curves of a run by step, rollouts, tokens or time, and where its time went.

use std::collections::BTreeMap;

use galley_store::{
    Point, RunReader,
    stats::{SEED, bootstrap_mean},
};
use maud::{Markup, html};

use crate::chart::{Chart, Line, figure, short};

/// Charts shown at once; a run of another program may have thousands of metrics.
const SHOWN: usize = 60;

/// What the x axis counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    Step,
    Rollouts,
    Tokens,
    Time,
}

impl Axis {
    pub(crate) const ALL: [Self; 4] = [Self::Step, Self::Rollouts, Self::Tokens, Self::Time];

    pub(crate) fn named(name: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|axis| Some(axis.name()) == name).unwrap_or(Self::Step)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Rollouts => "rollouts",
            Self::Tokens => "tokens",
            Self::Time => "time",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Time => "seconds",
            other => other.name(),
        }
    }
}

/// Every metric of a run, by step.
pub(crate) struct Curves {
    /// (step, seconds, value)
    series: BTreeMap<String, Vec<(u64, f64, f64)>>,
}

impl Curves {
    pub(crate) fn of(run: &RunReader) -> Self {
        let mut series: BTreeMap<String, Vec<(u64, f64, f64)>> = BTreeMap::new();
        let mut add = |name: &str, point: Point| {
            let point = (point.step, point.wall_ms as f64 / 1000.0, point.value);
            match series.get_mut(name) {
                Some(points) => points.push(point),
                None => drop(series.insert(name.to_owned(), vec![point])),
            }
        };
        for record in run.metrics() {
            for (name, value) in &record.values {
                add(name, Point { step: record.step, wall_ms: record.wall_ms, value: *value });
            }
        }
        for (name, point) in run.logged_points() {
            add(name, point);
        }
        Self { series }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Names for which there is a counter, so that curves can be drawn over it.
    pub(crate) fn has(&self, axis: Axis) -> bool {
        match axis {
            Axis::Step | Axis::Time => true,
            counter => self.series.contains_key(counter.name()),
        }
    }

    /// One metric over an axis; points from before the counter began are left out.
    pub(crate) fn line(&self, name: &str, axis: Axis) -> Vec<(f64, f64)> {
        let Some(points) = self.series.get(name) else { return Vec::new() };
        let mut placed: Vec<(f64, f64)> = match axis {
            Axis::Step => points.iter().map(|(step, _, value)| (*step as f64, *value)).collect(),
            Axis::Time => points.iter().map(|(_, seconds, value)| (*seconds, *value)).collect(),
            counter => {
                let count = |step: u64| self.counted(counter, step);
                points.iter().filter_map(|(step, _, value)| Some((count(*step)?, *value))).collect()
            }
        };
        placed.sort_by(|a, b| a.0.total_cmp(&b.0));
        placed
    }

    fn counted(&self, counter: Axis, step: u64) -> Option<f64> {
        let counts = self.series.get(counter.name())?;
        let after = counts.partition_point(|(known, _, _)| *known <= step);
        counts.get(after.checked_sub(1)?).map(|(_, _, count)| *count)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.series.keys().map(String::as_str)
    }
}

/// The charts of one run: its evaluations first, then the health of learning, then the rest by name.
pub(crate) fn charts(run: &RunReader, curves: &Curves, axis: Axis) -> Markup {
    let (grouped, plain): (Vec<&str>, Vec<&str>) = curves
        .names()
        .filter(|name| !matches!(*name, "rollouts" | "tokens"))
        .partition(|name| name.contains('/'));
    let mut plain = plain;
    plain.sort_by_key(|name| rank(name));
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in grouped.into_iter().filter(|name| !name.starts_with("time/")) {
        groups.entry(name.split('/').next().unwrap_or_default()).or_default().push(name);
    }
    let more = plain.len().saturating_sub(SHOWN);
    html! {
        div.charts {
            @for chart in evaluations(run, curves, axis) { (figure(&chart)) }
            @for name in plain.iter().take(SHOWN) { (figure(&single(curves, name, axis))) }
            @for (group, names) in groups.iter().take(SHOWN) { (figure(&together(curves, group, names, axis))) }
        }
        @if more > 0 { p.hint { (more) " more metrics are in the table of latest values." } }
    }
}

/// What people look at first.
fn rank(name: &str) -> (usize, &str) {
    const FIRST: [&str; 8] = ["reward", "loss", "kl", "entropy", "agreement", "flagged", "grad-norm", "lr"];
    (FIRST.iter().position(|known| *known == name).unwrap_or(FIRST.len()), name)
}

fn single(curves: &Curves, name: &str, axis: Axis) -> Chart {
    let line = Line { label: name.into(), points: curves.line(name, axis), ..Line::default() };
    Chart { title: name.into(), x: axis.label().into(), lines: vec![line] }
}

fn together(curves: &Curves, group: &str, names: &[&str], axis: Axis) -> Chart {
    let line = |name: &&str| Line {
        label: name.get(group.len() + 1..).unwrap_or(name).into(),
        points: curves.line(name, axis),
        ..Line::default()
    };
    Chart { title: group.into(), x: axis.label().into(), lines: names.iter().take(12).map(line).collect() }
}

/// The primary metric of every evaluation with its interval, and the means of the others.
fn evaluations(run: &RunReader, curves: &Curves, axis: Axis) -> Vec<Chart> {
    let evals = run.evals();
    let primary = run.start().primary_metric.as_str();
    let place = |step: u64| match axis {
        Axis::Step => Some(step as f64),
        Axis::Time => curves.seconds(step),
        counter => curves.counted(counter, step).or((step == 0).then_some(0.0)),
    };
    let mut main = Line { label: primary.into(), dots: true, ..Line::default() };
    for eval in &evals {
        let (Some(x), true) = (place(eval.step), eval.means.contains_key(primary)) else { continue };
        let interval = bootstrap_mean(&eval.values(primary), SEED);
        main.points.push((x, interval.mean));
        main.band.push((x, interval.low, interval.high));
    }
    let mut names: Vec<&String> =
        evals.iter().flat_map(|eval| eval.means.keys()).filter(|name| *name != primary).collect();
    names.sort_unstable();
    names.dedup();
    let means = |name: &String| {
        let point = |eval: &&galley_store::EvalRecord| Some((place(eval.step)?, *eval.means.get(name)?));
        Line {
            label: name.clone(),
            points: evals.iter().filter_map(point).collect(),
            dots: true,
            ..Line::default()
        }
    };
    let others: Vec<Line> = names.into_iter().map(means).collect();
    let chart = |title: String, lines: Vec<Line>| Chart { title, x: axis.label().into(), lines };
    let mut charts = Vec::new();
    if !main.points.is_empty() {
        charts.push(chart(format!("{primary} on held-out tasks, 95 %"), vec![main]));
    }
    if !others.is_empty() {
        charts.push(chart("held-out means".into(), others));
    }
    charts
}

impl Curves {
    fn seconds(&self, step: u64) -> Option<f64> {
        let points =
            self.series.values().flat_map(|points| points.iter().filter(|(known, _, _)| *known <= step));
        Some(points.map(|(_, seconds, _)| *seconds).fold(0.0, f64::max))
    }
}

/// Where the time of the steps went: the sum of every `time/…` metric as a bar.
pub(crate) fn stage_times(curves: &Curves) -> Markup {
    let timed = curves.series.iter().filter_map(|(name, points)| {
        let total: f64 = points.iter().map(|point| point.2).filter(|seconds| seconds.is_finite()).sum();
        Some((name.strip_prefix("time/")?, total, points.len()))
    });
    let mut times: Vec<(&str, f64, usize)> = timed.collect();
    times.sort_by(|a, b| b.1.total_cmp(&a.1));
    let all: f64 = times.iter().map(|time| time.1).sum();
    html! {
        @if all > 0.0 {
            table.times {
                thead { tr { th scope="col" { "part" } th scope="col" { "share" } th.number scope="col" { "total" } th.number scope="col" { "per step" } } }
                tbody { @for (name, total, steps) in times { tr {
                    td { (name) }
                    td.bar { meter min="0" max="1" value=(format!("{:.4}", total / all)) aria-label={ (name) " share" } {} (format!("{:.0} %", 100.0 * total / all)) }
                    td.number { (short(total)) " s" }
                    td.number { (short(total / steps as f64)) " s" }
                } } }
            }
        }
    }
}
