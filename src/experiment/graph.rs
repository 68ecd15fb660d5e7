//! The graph of an experiment as a picture.

use std::{collections::BTreeMap, fmt::Write};

use super::{NodeState, Plan};
use crate::store::RunStatus;

const BOX: (usize, usize) = (190, 44);
const GAP: (usize, usize) = (70, 18);
const MARGIN: usize = 20;
/// Room for the legend below.
const FOOT: usize = 30;

/// An SVG of the stages: a column for every depth, a box for every stage with a light for every seed.
pub fn svg(plan: &Plan, states: &[NodeState]) -> String {
    let places = places(plan);
    let columns = places.values().map(|place| place.0).max().map_or(1, |last| last + 1);
    let rows = places.values().map(|place| place.1).max().map_or(1, |last| last + 1);
    let (width, height) = (
        2 * MARGIN + columns * BOX.0 + (columns - 1) * GAP.0,
        2 * MARGIN + rows * BOX.1 + (rows - 1) * GAP.1 + FOOT,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (stage, place) in &places {
        if let Some(from) = &plan.spec.stages[*stage].from {
            edge(&mut svg, corner(places[from.as_str()]), corner(*place));
        }
    }
    for (stage, place) in &places {
        let own: Vec<&NodeState> = states.iter().filter(|state| state.stage == *stage).collect();
        stage_box(&mut svg, stage, &own, corner(*place));
    }
    legend(&mut svg, height - 14);
    svg.push_str("</svg>\n");
    svg
}

/// Column (depth) and row of every stage.
fn places(plan: &Plan) -> BTreeMap<&str, (usize, usize)> {
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut filled: BTreeMap<usize, usize> = BTreeMap::new();
    for stage in plan.stages() {
        let from = plan.spec.stages[stage].from.as_deref();
        let column = from.and_then(|from| places.get(from)).map_or(0, |place| place.0 + 1);
        let row = filled.entry(column).or_default();
        places.insert(stage, (column, *row));
        *row += 1;
    }
    places
}

fn corner((column, row): (usize, usize)) -> (usize, usize) {
    (MARGIN + column * (BOX.0 + GAP.0), MARGIN + row * (BOX.1 + GAP.1))
}

fn edge(svg: &mut String, from: (usize, usize), to: (usize, usize)) {
    let (x0, y0) = (from.0 + BOX.0, from.1 + BOX.1 / 2);
    let (x1, y1) = (to.0, to.1 + BOX.1 / 2);
    let middle = (x0 + x1) / 2;
    let path = format!("M{x0} {y0} C{middle} {y0} {middle} {y1} {x1} {y1}");
    // Writing to a string cannot fail.
    let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"#888\" stroke-width=\"1.5\"/>");
}

fn stage_box(svg: &mut String, stage: &str, states: &[&NodeState], (x, y): (usize, usize)) {
    let (width, height) = BOX;
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#f6f7f9\" stroke=\"#445\"/>\
         <text x=\"{}\" y=\"{}\" fill=\"#112\">{}</text>",
        x + 10,
        y + 18,
        escaped(stage)
    );
    for (index, state) in states.iter().enumerate() {
        let center = (x + 16 + index * 16, y + 32);
        let title = format!("seed {}: {}", state.seed, state.run.as_deref().unwrap_or("not run"));
        let _ = writeln!(
            svg,
            "<circle cx=\"{}\" cy=\"{}\" r=\"5\" fill=\"{}\"><title>{}</title></circle>",
            center.0,
            center.1,
            color(state.status),
            escaped(&title)
        );
    }
}

fn legend(svg: &mut String, y: usize) {
    let entries = [
        ("finished", Some(RunStatus::Finished)),
        ("running", Some(RunStatus::Running)),
        ("stopped", Some(RunStatus::Stopped)),
        ("failed", Some(RunStatus::Failed)),
        ("not run", None),
    ];
    for (index, (name, status)) in entries.into_iter().enumerate() {
        let x = MARGIN + 6 + index * 84;
        let _ = writeln!(
            svg,
            "<circle cx=\"{x}\" cy=\"{}\" r=\"5\" fill=\"{}\"/><text x=\"{}\" y=\"{y}\" font-size=\"11\" fill=\"#334\">{name}</text>",
            y - 4,
            color(status),
            x + 9
        );
    }
}

fn color(status: Option<RunStatus>) -> &'static str {
    match status {
        Some(RunStatus::Finished) => "#2a7d3f",
        Some(RunStatus::Running | RunStatus::Scheduled) => "#2563c9",
        Some(RunStatus::Stopped | RunStatus::Dead) => "#c98a16",
        Some(RunStatus::Failed) => "#c0392b",
        None => "#c8ccd4",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
