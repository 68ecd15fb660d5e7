//! Pairs of charts as ChartMimic's low-level evaluators score them: both programs are run here, and nothing but their
//! text is taken from the goldens.
//!
//! Layout: `<chart>__<kind>/golden.json` with `golden.py` and `pred_direct.py` beside it. One thing is not ours: the
//! original thins out more than ten colours in the order of a Python set, which hangs on a hash seed. There the stored
//! lists are scored, and the colours before thinning must be the stored ones.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use galley_charts::{
    ChartRenderer, RendererOptions,
    metrics::official,
    records::{Official, Records},
};
use galley_measure::chartmimic::{Scores, colors};
use rayon::prelude::*;
use serde_json::Value;

use super::{
    read::{folders, json, list, number, string, text},
    tally::Tally,
};

const TOLERANCE: f64 = 1e-9;

/// For one program; ChartMimic's own run without any.
const PATIENCE: Duration = Duration::from_secs(120);

/// More colours than this are thinned out.
const FEW: usize = 10;

pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    let cases: Vec<_> =
        folders(folder)?.into_iter().filter(|case| case.join("golden.json").is_file()).collect();
    if cases.is_empty() {
        return Ok(());
    }
    let workers = rayon::current_num_threads();
    let renderer = ChartRenderer::start(RendererOptions { workers, ..RendererOptions::default() })?;
    let runs: Vec<Result<[Records; 2]>> = cases.par_iter().map(|case| run(&renderer, case)).collect();
    for (case, records) in cases.iter().zip(runs) {
        let name = case.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        tally.case(&name);
        if let Err(error) = records.and_then(|records| pair(case, &records, tally)) {
            tally.failed(&name, &error);
        }
    }
    Ok(())
}

/// The records of prediction and golden program; empty ones for a program that does not run to its end.
fn run(renderer: &ChartRenderer, case: &Path) -> Result<[Records; 2]> {
    let records = |file: &str| -> Result<Records> {
        let found = renderer.run(&text(&case.join(file))?, PATIENCE).with_context(|| file.to_owned())?;
        Ok(found.records.unwrap_or_default())
    };
    Ok([records("pred_direct.py")?, records("golden.py")?])
}

fn pair(case: &Path, [ours, theirs]: &[Records; 2], tally: &mut Tally) -> Result<()> {
    let golden = json(&case.join("golden.json"))?;
    let flag = |name: &str| golden["flags"][name] == true;
    let scores = official(ours, theirs, flag("layout_uses_graph_rule"));
    for (axis, found) in [("text", scores.text), ("layout", scores.layout), ("type", scores.calls)] {
        compare(axis, found, &golden["scores"][axis], tally)?;
    }
    color(scores.color, [&ours.official, &theirs.official], &golden, tally)
}

fn color(found: Scores, sides: [&Official; 2], golden: &Value, tally: &mut Tally) -> Result<()> {
    let expected = &golden["scores"]["color"];
    if !expected["exception"].is_null() {
        // The evaluator divides by the number of the golden program's colours.
        tally.same("color raises", &sides[1].color.is_empty(), &true);
        return Ok(());
    }
    let mut scores = found;
    if sides.iter().any(|side| side.color.len() > FEW) {
        let stored = |dump: &str| strings(list(&golden[dump], "color")?);
        scores = colors(&stored("pred_dump")?, &stored("golden_dump")?);
        for (side, dump) in sides.into_iter().zip(["pred_dump", "golden_dump"]) {
            let before = golden[dump].get("color_before_filter").unwrap_or(&golden[dump]["color"]);
            let mut before = strings(before.as_array().context("`color_before_filter` is no list")?)?;
            let mut own = side.color.clone();
            before.sort_unstable();
            own.sort_unstable();
            tally.same("colours before thinning", &own, &before);
        }
    }
    compare("color", scores, expected, tally)
}

fn strings(items: &[Value]) -> Result<Vec<String>> {
    items.iter().map(|item| Ok(string(item)?.to_owned())).collect()
}

fn compare(axis: &str, found: Scores, expected: &Value, tally: &mut Tally) -> Result<()> {
    for (name, value) in [("precision", found.precision), ("recall", found.recall), ("f1", found.f1)] {
        let wanted = number(&expected[name]).with_context(|| format!("{axis} {name}"))?;
        tally.number(&format!("{axis} {name}"), value, wanted, TOLERANCE);
    }
    Ok(())
}
