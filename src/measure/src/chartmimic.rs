//! The low-level scores of ChartMimic (Yang et al., "ChartMimic", ICLR 2025, §4.2): text, layout, chart type, colour.
//!
//! Each compares what a generated program did with what the golden one did and gives precision, recall and F1. `official`
//! functions agree with the evaluators of the repository (commit c9e149c) on the same records, quirks included; where the
//! original keeps the values of the sample before (no call generated) or raises (no golden colour), they give 0.
//! [`sound`] mends what is plainly wrong: two programs that both have none of something agree on it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{assignment::linear_sum_assignment, color};

/// Similar enough for one of two colours to go, when there are too many.
const SAME_COLOR: f64 = 0.7;
/// More colours than this are filtered.
const MOST_COLORS: usize = 10;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl Scores {
    const FULL: Self = Self { precision: 1.0, recall: 1.0, f1: 1.0 };

    /// `matched` of `generated` and of `golden` things.
    fn of(matched: f64, generated: usize, golden: usize) -> Self {
        let share = |all: usize| if all == 0 { 0.0 } else { matched / all as f64 };
        let (precision, recall) = (share(generated), share(golden));
        let sum = precision + recall;
        let f1 = if sum == 0.0 { 0.0 } else { 2.0 * precision * recall / sum };
        Self { precision, recall, f1 }
    }
}

/// Text and layout: equal things are paired, each at most once. Without any on one side all scores are 0.
pub fn multiset<T: PartialEq>(generated: &[T], golden: &[T]) -> Scores {
    let mut left: Vec<&T> = generated.iter().collect();
    let mut matched = 0;
    for thing in golden {
        if let Some(at) = left.iter().position(|other| *other == thing) {
            left.remove(at);
            matched += 1;
        }
    }
    Scores::of(f64::from(matched), generated.len(), golden.len())
}

/// Chart types: calls by function.
pub fn calls(generated: &BTreeMap<String, u64>, golden: &BTreeMap<String, u64>) -> Scores {
    let common = |(name, count): (&String, &u64)| golden.get(name).map_or(0, |other| *count.min(other));
    let matched: u64 = generated.iter().map(common).sum();
    let total = |calls: &BTreeMap<String, u64>| calls.values().sum::<u64>() as usize;
    Scores::of(matched as f64, total(generated), total(golden))
}

/// Colours, as `<function>--<colour>` each once, and filtered ([`filter_colors`]) where there are more than ten.
///
/// Within a function colours are paired so that their similarities have the greatest sum; the sum over all functions is
/// shared by the number of colours of either side.
pub fn colors(generated: &[String], golden: &[String]) -> Scores {
    let (ours, theirs) = (by_function(generated), by_function(golden));
    let sum: f64 =
        ours.iter().filter_map(|(function, colors)| Some(best_pairs(colors, theirs.get(function)?))).sum();
    Scores::of(sum, generated.len(), golden.len())
}

/// More than ten entries are thinned out: in order, each stays that is no more than 0.7 similar to one that stayed,
/// whatever its function. The original's order depends on its hash seed; ours is that of the program.
pub fn filter_colors(entries: &[String]) -> Vec<String> {
    if entries.len() <= MOST_COLORS {
        return entries.to_vec();
    }
    let mut kept: Vec<String> = Vec::new();
    for entry in entries {
        if kept.iter().all(|other| similarity(color_of(entry), color_of(other)) <= SAME_COLOR) {
            kept.push(entry.clone());
        }
    }
    kept
}

/// What a reader expects: nothing on both sides is agreement.
pub fn sound(generated_empty: bool, golden_empty: bool, scores: Scores) -> Scores {
    if generated_empty && golden_empty { Scores::FULL } else { scores }
}

fn by_function(entries: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in entries {
        groups.entry(entry.split("--").next().unwrap_or_default()).or_default().push(color_of(entry));
    }
    groups
}

fn color_of(entry: &str) -> &str {
    entry.split("--").nth(1).unwrap_or_default()
}

/// The greatest sum of similarities over one-to-one pairs.
fn best_pairs(a: &[&str], b: &[&str]) -> f64 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let costs: Vec<f64> =
        short.iter().flat_map(|one| long.iter().map(|other| -similarity(one, other))).collect();
    let pairs = linear_sum_assignment(&costs, short.len(), long.len()).unwrap_or_default();
    pairs.into_iter().map(|(row, column)| -costs[row * long.len() + column]).sum()
}

/// Two colours by CIEDE2000, two names of colour maps by equality, one of each: 0.
fn similarity(a: &str, b: &str) -> f64 {
    match (rgb(a), rgb(b)) {
        (Some(a), Some(b)) => color::similarity(a, b),
        (None, None) => f64::from(u8::from(a == b)),
        _ => 0.0,
    }
}

/// The first six digits of `#RRGGBB[AA]`.
fn rgb(color: &str) -> Option<[f64; 3]> {
    let digits = color.strip_prefix('#')?;
    let channel = |at: usize| Some(f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?));
    Some([channel(0)?, channel(2)?, channel(4)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    fn near(scores: Scores, expected: [f64; 3]) {
        let found = [scores.precision, scores.recall, scores.f1];
        let close = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12);
        assert!(close, "{found:?} != {expected:?}");
    }

    #[test]
    fn texts_pair_once_and_nothing_scores_nothing() {
        near(multiset(&["a", "a", "b"], &["a", "b", "c", "d"]), [2.0 / 3.0, 0.5, 4.0 / 7.0]);
        near(multiset::<u8>(&[], &[]), [0.0; 3]);
        near(sound(true, true, multiset::<u8>(&[], &[])), [1.0; 3]);
    }

    #[test]
    fn calls_count_up_to_the_smaller_number() {
        let book = |items: &[(&str, u64)]| items.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        near(calls(&book(&[("plot", 3), ("bar", 1)]), &book(&[("plot", 2)])), [0.5, 1.0, 2.0 / 3.0]);
        near(calls(&book(&[]), &book(&[("plot", 2)])), [0.0; 3]);
    }

    /// The toy pair of the evaluator's authors: red against blue is 0.4711990101653444 similar.
    #[test]
    fn colors_pair_within_their_function() {
        let ours = strings(&["f--#FF0000", "f--#0000FF", "g--viridis"]);
        near(colors(&ours, &ours), [1.0; 3]);
        let theirs = strings(&["f--#0000FF", "g--magma"]);
        near(colors(&ours, &theirs), [1.0 / 3.0, 0.5, 0.4]);
        near(colors(&strings(&["f--#FF0000"]), &strings(&["f--#0000FF"])), [0.4711990101653444; 3]);
        near(colors(&[], &ours), [0.0; 3]);
    }

    #[test]
    fn many_similar_colors_are_thinned_out() {
        let many: Vec<String> = (0..12).map(|n| format!("f--#0000{:02X}", 200 + n)).collect();
        assert_eq!(filter_colors(&many), many[..1]);
        assert_eq!(filter_colors(&many[..10]), many[..10]);
    }
}
