//! The official scores, from a program's text to P, R and F1, against what ChartMimic's own evaluators printed.
//!
//! The small set in `goldens` are programs of this project, and what is recorded of them is compared too; `galley parity`
//! compares the scores of any other set.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use galley_charts::{
    ChartRenderer, RendererOptions,
    metrics::official,
    records::{Official, Records},
};
use galley_measure::chartmimic::{Scores, calls, colors, multiset};
use serde_json::Value;

/// Folders of one pair each: `golden.py`, `pred_direct.py`, `golden.json`.
fn pairs(root: PathBuf) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let mut pairs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pairs.sort();
    pairs
}

fn records(renderer: &ChartRenderer, path: &Path) -> Records {
    let program = std::fs::read_to_string(path).unwrap();
    renderer.run(&program, Duration::from_secs(60)).unwrap().records.unwrap_or_default()
}

fn compare(pair: &str, axis: &str, found: Scores, expected: &Value) -> Option<String> {
    let wanted = ["precision", "recall", "f1"].map(|key| expected[axis][key].as_f64().unwrap_or(f64::NAN));
    let found = [found.precision, found.recall, found.f1];
    let far = found.iter().zip(wanted).any(|(found, wanted)| (found - wanted).abs() > 1e-9);
    (far || wanted[0].is_nan()).then(|| format!("{pair} {axis}: {found:?}, not {wanted:?}"))
}

fn stored(dump: &Value) -> Vec<String> {
    let list = dump["color"].as_array().unwrap();
    list.iter().map(|entry| entry.as_str().unwrap().to_owned()).collect()
}

fn check(root: PathBuf) -> usize {
    let renderer = ChartRenderer::start(RendererOptions::default()).unwrap();
    let pairs = pairs(root);
    let mut wrong = Vec::new();
    for folder in &pairs {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(folder.join("golden.json")).unwrap();
        let golden: Value = serde_json::from_str(&text).unwrap();
        let ours = records(&renderer, &folder.join("pred_direct.py"));
        let theirs = records(&renderer, &folder.join("golden.py"));
        let graph = golden["flags"]["layout_uses_graph_rule"] == true;
        let scores = official(&ours, &theirs, graph);
        // With more than ten colours the original's choice hangs on its hash seed: its stored order is used.
        let filtered = ours.official.color.len() > 10 || theirs.official.color.len() > 10;
        let color = match filtered {
            true => colors(&stored(&golden["pred_dump"]), &stored(&golden["golden_dump"])),
            false => scores.color,
        };
        for (axis, found) in
            [("text", scores.text), ("layout", scores.layout), ("type", scores.calls), ("color", color)]
        {
            wrong.extend(compare(&name, axis, found, &golden["scores"]));
        }
        for (records, dump) in [(&ours.official, "pred_dump"), (&theirs.official, "golden_dump")] {
            wrong.extend(dumps(&name, records, &golden[dump]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    pairs.len()
}

/// The raw records: texts in their order, calls, colours before they are thinned out.
fn dumps(pair: &str, found: &Official, dump: &Value) -> Vec<String> {
    let texts: Vec<&str> =
        dump["text"].as_array().unwrap().iter().map(|row| row[4].as_str().unwrap()).collect();
    let counted = dump["type"].as_object().unwrap();
    let before = dump.get("color_before_filter").unwrap_or(&dump["color"]).as_array().unwrap();
    let mut colors: Vec<&str> = before.iter().map(|entry| entry.as_str().unwrap()).collect();
    let mut ours: Vec<&str> = found.color.iter().map(String::as_str).collect();
    colors.sort_unstable();
    ours.sort_unstable();
    let same_calls = found.calls.len() == counted.len()
        && found.calls.iter().all(|(name, count)| counted.get(name).is_some_and(|other| other == count));
    [("texts", found.text == texts), ("calls", same_calls), ("colours", ours == colors)]
        .into_iter()
        .filter(|(_, same)| !same)
        .map(|(what, _)| format!("{pair}: other {what} are recorded"))
        .collect()
}

#[test]
fn the_programs_of_this_repository_score_as_the_original_scores_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/chartmimic");
    assert!(check(root) >= 4);
}

#[test]
fn nothing_matches_nothing() {
    assert_eq!(multiset::<u8>(&[], &[1]), Scores::default());
    assert_eq!(calls(&Default::default(), &Default::default()), Scores::default());
}
