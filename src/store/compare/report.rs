//! A whole comparison as plain data: for the terminal, a page and `--json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CodeDifference, CompareError, Comparison, GalleryItem, RecipeDifference, Side, Slice, compare_code,
    compare_evals, compare_recipes, gallery, group, slices, verdict,
};
use crate::{EvalRecord, RunReader, stats::holm};

/// One side against the baseline, with everything that belongs to it. Of a group of seeds the first run stands for
/// recipe, code, gallery and curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub comparison: Comparison,
    pub recipe: Vec<RecipeDifference>,
    pub code: CodeDifference,
    pub slices: Vec<Slice>,
    pub gallery: Vec<GalleryItem>,
    pub curves: Vec<Curve>,
    pub notes: Vec<String>,
}

/// A metric that both sides have, run by run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub metric: String,
    /// Label of the side.
    pub label: String,
    pub run: String,
    /// Step, run time in ms, rollouts and tokens so far (`None` where they are not on record), value.
    pub points: Vec<CurvePoint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    pub step: u64,
    pub wall_ms: u64,
    pub rollouts: Option<f64>,
    pub tokens: Option<f64>,
    #[serde(with = "crate::numbers::one")]
    pub value: f64,
}

/// Compares every group with the first, each group the seeds of one recipe; a single run is compared with itself: its
/// first with its last evaluation. `stage` is the stage whose last evaluation is taken, or `baseline..other`.
///
/// # Errors
/// Where an evaluation is missing or sets differ.
pub fn reports(groups: &[Vec<RunReader>], stage: Option<&str>) -> Result<Vec<Report>, CompareError> {
    let (from, to) = match stage.map(|stage| stage.split_once("..").unwrap_or((stage, stage))) {
        Some((from, to)) => (Some(from), Some(to)),
        None => (None, None),
    };
    let Some(baseline) = groups.first().filter(|group| !group.is_empty()) else { return Ok(Vec::new()) };
    let alone = groups.len() == 1;
    let a = chosen(baseline, "A", from, alone && stage.is_none())?;
    let others = if alone { groups } else { &groups[1..] };
    let mut reports = Vec::new();
    for (index, group) in others.iter().enumerate().filter(|(_, group)| !group.is_empty()) {
        let letter = letter(index + 1);
        let b = chosen(group, if alone { "A" } else { &letter }, to, false)?;
        let labels = if alone { stage_labels(a[0], b[0])? } else { ("A".to_owned(), letter) };
        reports.push(report((baseline, &a), (group, &b), labels)?);
    }
    Ok(reports)
}

/// `A` for the first side.
pub fn letter(index: usize) -> String {
    let letter = char::from_u32('A' as u32 + index as u32).filter(char::is_ascii_uppercase);
    letter.map_or_else(|| format!("run {}", index + 1), String::from)
}

fn chosen<'a>(
    group: &'a [RunReader],
    label: &str,
    stage: Option<&str>,
    first: bool,
) -> Result<Vec<&'a EvalRecord>, CompareError> {
    let of = |run: &'a RunReader| {
        let evals = run.evals();
        let mut fitting = evals.iter().copied().filter(|eval| stage.is_none_or(|stage| eval.stage == stage));
        let found = if first { fitting.next() } else { fitting.next_back() };
        found.ok_or_else(|| {
            let mut known: Vec<String> = evals.iter().map(|eval| eval.stage.clone()).collect();
            known.dedup();
            let stage = stage.map(str::to_owned);
            CompareError::NoEvaluation { label: format!("{label} (run {})", run.start().run), stage, known }
        })
    };
    group.iter().map(of).collect()
}

fn stage_labels(baseline: &EvalRecord, other: &EvalRecord) -> Result<(String, String), CompareError> {
    if (&baseline.stage, baseline.step) == (&other.stage, other.step) {
        return Err(CompareError::OneEvaluation);
    }
    Ok(match baseline.stage == other.stage {
        true => (format!("step {}", baseline.step), format!("step {}", other.step)),
        false => (baseline.stage.clone(), other.stage.clone()),
    })
}

fn report(
    (runs_a, evals_a): (&[RunReader], &[&EvalRecord]),
    (runs_b, evals_b): (&[RunReader], &[&EvalRecord]),
    labels: (String, String),
) -> Result<Report, CompareError> {
    let merged = (group::merged(&labels.0, evals_a)?, group::merged(&labels.1, evals_b)?);
    let sides = (side(&runs_a[0], evals_a[0], labels.0), side(&runs_b[0], evals_b[0], labels.1));
    let mut comparison = compare_evals((sides.0, &merged.0), (sides.1, &merged.1))?;
    comparison.metrics.iter_mut().for_each(|metric| group::widen(metric, evals_a, evals_b));
    let corrected = holm(&comparison.metrics.iter().map(|metric| metric.paired.p).collect::<Vec<_>>());
    comparison.metrics.iter_mut().zip(corrected).for_each(|(metric, p)| metric.p_holm = p);
    let (a, b) = (&comparison.baseline.label, &comparison.other.label);
    comparison.verdict = verdict::sentence(a, b, &comparison.metrics[0]);
    let (start_a, start_b) = (runs_a[0].start(), runs_b[0].start());
    let recipe = compare_recipes(&start_a.recipe, &start_b.recipe);
    let code = compare_code(start_a, start_b);
    let notes = notes(&comparison, &recipe, &code, (runs_a, runs_b));
    Ok(Report {
        slices: slices::slices(&merged.0, &merged.1, &comparison.primary),
        gallery: gallery::gallery(&comparison, (evals_a[0], evals_b[0]), (&runs_a[0], &runs_b[0])),
        curves: curves(&comparison, (runs_a, runs_b)),
        comparison,
        recipe,
        code,
        notes,
    })
}

fn side(run: &RunReader, eval: &EvalRecord, label: String) -> Side {
    let (start, name) = (run.start(), run.summary().name);
    Side { label, run: start.run.clone(), name, stage: eval.stage.clone(), step: eval.step, seed: start.seed }
}

fn notes(
    comparison: &Comparison,
    recipe: &[RecipeDifference],
    code: &CodeDifference,
    (a, b): (&[RunReader], &[RunReader]),
) -> Vec<String> {
    let mut notes = vec![match (a.len(), b.len()) {
        (1, 1) => {
            "one seed a side: the intervals cover the choice of examples, not training noise".to_owned()
        }
        (a, b) => format!("{a} and {b} seeds: the intervals cover seeds and examples; p covers the examples"),
    }];
    let unimportant = |difference: &RecipeDifference| matches!(difference.key.as_str(), "seed" | "name");
    let same_code = code.commits.is_none() && !code.patches_differ;
    let (start_a, start_b) = (a[0].start(), b[0].start());
    if start_a.run != start_b.run && same_code && recipe.iter().all(unimportant) {
        let seed = if start_a.seed == start_b.seed { "not even the seed" } else { "but the seed" };
        notes.push(format!("nothing differs in configuration and code {seed}"));
    }
    for (label, missing) in [
        (&comparison.baseline.label, &comparison.only_baseline),
        (&comparison.other.label, &comparison.only_other),
    ] {
        if !missing.is_empty() {
            notes.push(format!("{} tasks have a result in {label} alone: {}", missing.len(), few(missing)));
        }
    }
    notes
}

fn few(ids: &[String]) -> String {
    let shown = ids.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if ids.len() > 5 { format!("{shown}, …") } else { shown }
}

/// Metrics that both sides have, but for those that count or time.
fn curves(comparison: &Comparison, (a, b): (&[RunReader], &[RunReader])) -> Vec<Curve> {
    let (baseline, other) = (&comparison.baseline, &comparison.other);
    if baseline.run == other.run {
        return Vec::new();
    }
    let theirs = b[0].metric_names();
    let plain = |name: &String| !name.contains('/') && !matches!(name.as_str(), "rollouts" | "tokens");
    let common = a[0].metric_names().into_iter().filter(|name| theirs.contains(name) && plain(name));
    let mut curves = Vec::new();
    for metric in common {
        for (label, runs) in [(&baseline.label, a), (&other.label, b)] {
            curves.extend(runs.iter().map(|run| Curve {
                metric: metric.clone(),
                label: label.clone(),
                run: run.start().run.clone(),
                points: points(run, &metric),
            }));
        }
    }
    curves
}

fn points(run: &RunReader, metric: &str) -> Vec<CurvePoint> {
    let so_far = |name: &str| -> BTreeMap<u64, f64> {
        run.series(name).into_iter().map(|point| (point.step, point.value)).collect()
    };
    let (rollouts, tokens) = (so_far("rollouts"), so_far("tokens"));
    let at = |known: &BTreeMap<u64, f64>, step: u64| known.get(&step).copied();
    let point = |point: crate::Point| CurvePoint {
        step: point.step,
        wall_ms: point.wall_ms,
        rollouts: at(&rollouts, point.step),
        tokens: at(&tokens, point.step),
        value: point.value,
    };
    run.series(metric).into_iter().map(point).collect()
}
