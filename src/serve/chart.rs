//! Line charts as SVG, drawn here: no script library, readable without script, and the same in a report.

use maud::{Markup, html};

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 190.0;
/// Left, right, top, bottom of the plot.
const EDGE: (f64, f64, f64, f64) = (46.0, 10.0, 8.0, 22.0);
/// Points that a line is drawn with; more cannot be told apart.
const DRAWN: usize = 600;
/// Lines with at least this many points are smoothed, the raw line faint behind.
const SMOOTHED: usize = 30;

/// A line, and where known an interval around each point.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) label: String,
    /// By x.
    pub(crate) points: Vec<(f64, f64)>,
    /// (x, low, high)
    pub(crate) band: Vec<(f64, f64, f64)>,
    /// Dots on the points, for few ones.
    pub(crate) dots: bool,
}

/// A titled chart of a few lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) x: String,
    pub(crate) lines: Vec<Line>,
}

/// Data range of one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let finite = values.filter(|value| value.is_finite());
        finite.fold(None, |range: Option<Self>, value| {
            Some(range.map_or(Self { low: value, high: value }, |range| Self {
                low: range.low.min(value),
                high: range.high.max(value),
            }))
        })
    }

    /// Never empty.
    fn padded(self) -> Self {
        let room = match self.high - self.low {
            0.0 => self.high.abs().max(1.0) * 0.1,
            span => span * 0.06,
        };
        Self { low: self.low - room, high: self.high + room }
    }

    fn share(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// Round values inside, about `count`.
    fn ticks(self, count: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / count as f64;
        if !rough.is_finite() || rough <= 0.0 {
            return Vec::new();
        }
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        let first = (self.low / step).ceil() as i64;
        (0..=count as i64 + 1).map(|k| (first + k) as f64 * step).filter(|tick| *tick <= self.high).collect()
    }
}

/// A figure with its title, latest value and picture; says so where there is nothing to draw.
pub(crate) fn figure(chart: &Chart) -> Markup {
    let x = Range::of(chart.lines.iter().flat_map(|line| line.points.iter().map(|point| point.0)));
    let y = Range::of(chart.lines.iter().flat_map(|line| {
        let values = line.points.iter().map(|point| point.1);
        values.chain(line.band.iter().flat_map(|(_, low, high)| [*low, *high]))
    }));
    let lost: usize =
        chart.lines.iter().map(|line| line.points.iter().filter(|p| !p.1.is_finite()).count()).sum();
    html! {
        figure.chart {
            figcaption {
                span.title { (chart.title) }
                @if chart.lines.len() == 1 {
                    @if let Some((_, value)) = chart.lines[0].points.last() { span.latest { (short(*value)) } }
                }
                @if lost > 0 { span.lost { (lost) " not finite" } }
            }
            @if let (Some(x), Some(y)) = (x, y) {
                (svg(chart, x, y.padded()))
                @if chart.lines.len() > 1 {
                    ul.legend { @for (index, line) in chart.lines.iter().enumerate() {
                        li { span class={ "key s" (index % 6) } {} (line.label) }
                    } }
                }
            } @else { p.none { "no finite value" } }
        }
    }
}

fn svg(chart: &Chart, x: Range, y: Range) -> Markup {
    let x = if x.low == x.high { x.padded() } else { x };
    let place = |point: (f64, f64)| {
        let across = EDGE.0 + x.share(point.0) * (WIDTH - EDGE.0 - EDGE.1);
        (across, EDGE.2 + (1.0 - y.share(point.1)) * (HEIGHT - EDGE.2 - EDGE.3))
    };
    let (left, right, bottom) = (EDGE.0, WIDTH - EDGE.1, HEIGHT - EDGE.3);
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(spoken(chart)) data-x=(chart.x) {
            @for tick in y.ticks(4) {
                @let at = place((x.low, tick)).1;
                line.grid x1=(left) x2=(right) y1=(fine(at)) y2=(fine(at)) {}
                text.tick x=(left - 6.0) y=(fine(at + 3.5)) text-anchor="end" { (short(tick)) }
            }
            @for tick in x.ticks(5) {
                text.tick x=(fine(place((tick, y.low)).0)) y=(bottom + 15.0) text-anchor="middle" { (short(tick)) }
            }
            line.axis x1=(left) x2=(right) y1=(bottom) y2=(bottom) {}
            @for (index, line) in chart.lines.iter().enumerate() { (drawn(line, index, &place)) }
            line.cursor y1=(EDGE.2) y2=(bottom) {}
        }
    }
}

fn drawn(line: &Line, index: usize, place: &dyn Fn((f64, f64)) -> (f64, f64)) -> Markup {
    let thinned = thinned(&line.points);
    let smooth = (line.points.len() >= SMOOTHED).then(|| smoothed(&thinned));
    let colour = index % 6;
    html! {
        @if !line.band.is_empty() { path class={ "band s" (colour) } d=(outline(&line.band, place)) {} }
        path class={ "line s" (colour) @if smooth.is_some() { " faint" } } d=(path(&thinned, place))
            data-label=(line.label) data-points=(listed(&thinned, place)) {}
        @if let Some(smooth) = smooth { path class={ "line s" (colour) } d=(path(&smooth, place)) {} }
        @if line.dots { @for point in thinned.iter().filter(|point| point.1.is_finite()) {
            @let (cx, cy) = place(*point);
            circle class={ "dot s" (colour) } cx=(fine(cx)) cy=(fine(cy)) r="2.6" {}
        } }
    }
}

/// Starts anew behind every value that is not finite.
fn path(points: &[(f64, f64)], place: &dyn Fn((f64, f64)) -> (f64, f64)) -> String {
    let mut text = String::new();
    let mut pen_down = false;
    for point in points {
        if !point.1.is_finite() {
            pen_down = false;
            continue;
        }
        let (x, y) = place(*point);
        text.push_str(&format!("{}{} {}", if pen_down { "L" } else { "M" }, fine(x), fine(y)));
        pen_down = true;
    }
    text
}

fn outline(band: &[(f64, f64, f64)], place: &dyn Fn((f64, f64)) -> (f64, f64)) -> String {
    let finite: Vec<_> = band.iter().filter(|(_, low, high)| low.is_finite() && high.is_finite()).collect();
    let over = finite.iter().map(|(x, _, high)| place((*x, *high)));
    let under = finite.iter().rev().map(|(x, low, _)| place((*x, *low)));
    let corners: Vec<String> = over.chain(under).map(|(x, y)| format!("{} {}", fine(x), fine(y))).collect();
    if corners.is_empty() { String::new() } else { format!("M{}Z", corners.join("L")) }
}

/// `pixel x,x,y;…` for the script that shows the value under the pointer.
fn listed(points: &[(f64, f64)], place: &dyn Fn((f64, f64)) -> (f64, f64)) -> String {
    let entry =
        |point: &(f64, f64)| format!("{},{},{}", fine(place(*point).0), exact(point.0), exact(point.1));
    points.iter().filter(|point| point.1.is_finite()).map(entry).collect::<Vec<_>>().join(";")
}

/// At most [`DRAWN`] points: of each stretch the lowest and the highest, so that no spike is lost.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= DRAWN {
        return points.to_vec();
    }
    let size = points.len().div_ceil(DRAWN / 2);
    let mut kept = Vec::with_capacity(DRAWN);
    for stretch in points.chunks(size) {
        let order = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (low, high) = (stretch.iter().min_by(order), stretch.iter().max_by(order));
        let mut pair: Vec<(f64, f64)> = low.into_iter().chain(high).copied().collect();
        pair.sort_by(|a, b| a.0.total_cmp(&b.0));
        pair.dedup();
        kept.extend(pair);
    }
    kept
}

/// Exponential average over about a twentieth of the line, without the bias of its beginning.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let keep = 1.0 - 1.0 / (points.len() as f64 / 20.0).max(2.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let finite = points.iter().filter(|point| point.1.is_finite());
    finite
        .map(|&(x, y)| {
            (sum, weight) = (keep * sum + (1.0 - keep) * y, keep * weight + 1.0 - keep);
            (x, sum / weight)
        })
        .collect()
}

/// What the picture says, for those who do not see it.
fn spoken(chart: &Chart) -> String {
    let lines = chart.lines.iter().map(|line| {
        let finite: Vec<f64> = line.points.iter().map(|point| point.1).filter(|y| y.is_finite()).collect();
        let range = Range::of(finite.iter().copied()).unwrap_or(Range { low: f64::NAN, high: f64::NAN });
        let ends = finite
            .first()
            .zip(finite.last())
            .map_or(String::new(), |(first, last)| format!(" from {} to {}", short(*first), short(*last)));
        let label = if line.label == chart.title { String::new() } else { format!("{}:", line.label) };
        format!("{label}{ends}, lowest {}, highest {}", short(range.low), short(range.high))
    });
    format!("{} by {}: {}", chart.title, chart.x, lines.collect::<Vec<_>>().join("; "))
}

/// A number in few characters: `1.2k`, `0.034`, `3e-5`.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        _ if !size.is_finite() => return value.to_string(),
        0.0 => return "0".into(),
        _ if size >= 1e9 => return format!("{value:.1e}"),
        _ if size >= 1e6 => format!("{:.2}M", value / 1e6),
        _ if size >= 1e4 => format!("{:.1}k", value / 1e3),
        _ if size >= 100.0 => format!("{value:.1}"),
        _ if size >= 1.0 => format!("{value:.2}"),
        _ if size >= 1e-3 => format!("{value:.4}"),
        _ => return format!("{value:.1e}"),
    };
    let (digits, unit) = match text.strip_suffix(['M', 'k']) {
        Some(digits) => (digits, &text[digits.len()..]),
        None => (text.as_str(), ""),
    };
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    format!("{digits}{unit}")
}

fn fine(value: f64) -> String {
    format!("{value:.1}")
}

fn exact(value: f64) -> String {
    let short = format!("{value:.6e}").parse::<f64>().unwrap_or(value);
    short.to_string()
}

/// A small line without axes, for tables.
pub(crate) fn spark(values: &[f64]) -> Markup {
    let Some(range) = Range::of(values.iter().copied()) else { return html! {} };
    let range = range.padded();
    let step = 70.0 / (values.len().max(2) - 1) as f64;
    let place = |(x, y): (f64, f64)| (2.0 + x * step, 2.0 + (1.0 - range.share(y)) * 14.0);
    let points: Vec<(f64, f64)> =
        values.iter().enumerate().map(|(index, value)| (index as f64, *value)).collect();
    html! {
        svg.spark viewBox="0 0 74 18" aria-hidden="true" {
            path.line.s0 d=(path(&points, &place)) {}
            @if let Some(last) = points.last().filter(|last| last.1.is_finite()) {
                @let (x, y) = place(*last);
                circle.dot.s0 cx=(fine(x)) cy=(fine(y)) r="1.8" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 1.0, 2.5, 1234.0, 12_345.0, 3e6, 0.0341, 2e-5, 250.0, -0.5].map(short);
        assert_eq!(shown, ["0", "1", "2.5", "1234", "12.3k", "3M", "0.0341", "2.0e-5", "250", "-0.5"]);
    }

    #[test]
    fn thinning_keeps_the_spike_and_the_order() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|step| (f64::from(step), 0.0)).collect();
        points[4321].1 = 9.0;
        let kept = thinned(&points);
        assert!(kept.len() <= DRAWN && kept.contains(&(4321.0, 9.0)));
        assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_line_with_nan_has_a_gap_and_markup_in_a_label_stays_text() {
        let points = vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, f64::INFINITY), (3.0, 2.0)];
        let line = Line { label: "<script>".into(), points, ..Line::default() };
        let chart = Chart { title: "<b>loss".into(), x: "step".into(), lines: vec![line] };
        let text = figure(&chart).into_string();
        assert!(
            text.contains("2 not finite") && text.contains("&lt;b&gt;loss") && !text.contains("<script>")
        );
        assert_eq!(text.matches('M').count(), 2, "{text}");
        let empty = Chart { title: "x".into(), x: "step".into(), lines: Vec::new() };
        assert!(figure(&empty).into_string().contains("no finite value"));
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(Range { low: 0.0, high: 1.0 }.ticks(4), [0.0, 0.5, 1.0]);
        assert_eq!(Range { low: 3.0, high: 47.0 }.ticks(5), [10.0, 20.0, 30.0, 40.0]);
        assert!(Range { low: 1.0, high: f64::INFINITY }.ticks(4).is_empty());
    }
}
