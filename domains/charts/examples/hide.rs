//! Regions against pixels on real programs: leaves out one artist after the other, and compares the box around the
//! pixels that change with the artist's region: `hide <artists per program> <program or folder>...`.
//!
//! By kind: how many were tried, how many of them change nothing (pale, or wholly under others), and over the rest mean
//! and median intersection over union, the median of the largest distance of two edges, and the share of boxes that reach
//! 0.9 (texts: 0.8). `alone`: the same, where a box that is no match is measured once more with nothing else on the
//! picture, so that what lies under others counts with all of itself.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use galley_charts::environment::{Environment, MODULES};
use galley_core::Region;
use galley_sandbox::{Limits, Mechanisms, Outcome, Pool};
use serde::Deserialize;
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
struct Answer {
    fault: Option<serde_json::Value>,
    artists: usize,
    located: usize,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    kind: String,
    role: String,
    group: String,
    #[serde(rename = "box")]
    region: [f64; 4],
    seen: Option<[f64; 4]>,
    alone: Option<[f64; 4]>,
}

/// What was measured of one kind of artist.
#[derive(Default)]
struct Kind {
    unseen: usize,
    plain: Vec<Match>,
    alone: Vec<Match>,
}

#[derive(Clone, Copy)]
struct Match {
    iou: f64,
    edge: f64,
}

impl Match {
    fn of(region: [f64; 4], pixels: [f64; 4]) -> Self {
        let of = |[left, top, right, bottom]: [f64; 4]| Region::new(left, top, right - left, bottom - top);
        let edge = region.iter().zip(pixels).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        Self { iou: of(region).iou(of(pixels)), edge }
    }
}

impl Kind {
    fn take(&mut self, row: &Row) {
        let seen = row.seen.map(|seen| Match::of(row.region, seen));
        let alone = row.alone.map(|alone| Match::of(row.region, alone));
        self.unseen += usize::from(seen.is_none());
        self.plain.extend(seen);
        self.alone.extend(alone.or(seen));
    }

    fn line(&self, name: &str) -> String {
        let least = if name.contains("text") { 0.8 } else { 0.9 };
        let tried = self.unseen + self.plain.len();
        format!(
            "{name:34} {tried:5} {:6} {} | {}",
            self.unseen,
            numbers(&self.plain, least),
            numbers(&self.alone, least)
        )
    }
}

fn numbers(found: &[Match], least: f64) -> String {
    let sorted = |value: fn(&Match) -> f64| {
        let mut all: Vec<f64> = found.iter().map(value).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (iou, edge) = (sorted(|one| one.iou), sorted(|one| one.edge));
    let median = |all: &[f64]| all.get(all.len() / 2).copied().unwrap_or(f64::NAN);
    let mean = iou.iter().sum::<f64>() / iou.len() as f64;
    let reached = iou.iter().filter(|iou| **iou >= least).count() as f64 / iou.len() as f64;
    format!("{mean:6.3} {:6.3} {:6.1} {:6.1}%", median(&iou), median(&edge), 100.0 * reached)
}

fn programs(arguments: impl Iterator<Item = String>) -> std::io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in arguments.map(PathBuf::from) {
        if path.is_dir() {
            let entries: Vec<_> =
                path.read_dir()?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
            all.extend(entries.into_iter().filter(|path| path.extension().is_some_and(|end| end == "py")));
        } else {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let most: usize = arguments.next().ok_or("hide <artists per program> <program or folder>...")?.parse()?;
    let hide = [("galley_hide", include_str!("../python/hide.py"))];
    let modules: Vec<(&str, &str)> = MODULES.into_iter().chain(hide).collect();
    let language = Environment::find()?.language(&modules, Limits::default());
    let pool = Pool::new(language, Mechanisms::available(), 1, 2000);
    let (mut kinds, mut groups) = (BTreeMap::<String, Kind>::new(), BTreeMap::<String, Kind>::new());
    let (mut artists, mut located, mut drawn) = (0, 0, 0);
    for path in programs(arguments)? {
        let source = std::fs::read_to_string(&path)?;
        let job = json!({ "source": source, "nonce": 0, "dpi": null, "pixels": 16 << 20, "most": most });
        let (outcome, _) = pool.run(&job, PATIENCE)?;
        let Outcome::Finished(bytes) = outcome else {
            println!("{}: {outcome:?}", path.display());
            continue;
        };
        let answer: Answer = serde_json::from_slice(&bytes)?;
        if let Some(fault) = answer.fault {
            println!("{}: {fault}", path.display());
        }
        drawn += usize::from(answer.artists > 0);
        (artists, located) = (artists + answer.artists, located + answer.located);
        for row in &answer.rows {
            kinds.entry(format!("{} {} {}", row.group, row.kind, row.role)).or_default().take(row);
            groups.entry(row.group.clone()).or_default().take(row);
            let best = Match::of(row.region, row.alone.or(row.seen).unwrap_or(row.region));
            if best.iou < if row.group == "text" { 0.8 } else { 0.9 } {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                println!(
                    "{name}: {} {} {:?} is at {:?}, alone {:?}",
                    row.kind, row.role, row.region, row.seen, row.alone
                );
            }
        }
    }
    println!(
        "{:34} {:>5} {:>6} {:>6} {:>6} {:>6} {:>7} | alone",
        "", "tried", "unseen", "mean", "median", "edge", "reach"
    );
    for (name, kind) in kinds.iter().chain(&groups) {
        println!("{}", kind.line(name));
    }
    let share = 100.0 * located as f64 / artists.max(1) as f64;
    println!(
        "{drawn} programs drawn, {located} of {artists} artists have a place in the program ({share:.2}%)"
    );
    Ok(())
}
