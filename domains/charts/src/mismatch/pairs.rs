//! Which artist of the attempt stands for which of the target.

use std::collections::BTreeMap;

use galley_core::Element;

use crate::detectors::role;

/// Artists by index: of the target, of the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    Both(usize, usize),
    /// Of the target, with no counterpart.
    Missing(usize),
    /// Of the attempt, with no counterpart.
    Surplus(usize),
}

/// Marks of one class and texts of one role, each in the order in which they are drawn.
pub fn pairs(target: &[Element], attempt: &[Element]) -> Vec<Pair> {
    let (wanted, mut seen) = (groups(target), groups(attempt));
    let mut found = Vec::new();
    for (key, wanted) in wanted {
        let seen = seen.remove(&key).unwrap_or_default();
        found.extend(wanted.iter().zip(&seen).map(|(wanted, seen)| Pair::Both(*wanted, *seen)));
        found.extend(wanted.iter().skip(seen.len()).map(|at| Pair::Missing(*at)));
        found.extend(seen.iter().skip(wanted.len()).map(|at| Pair::Surplus(*at)));
    }
    found.extend(seen.into_values().flatten().map(Pair::Surplus));
    found
}

fn groups(elements: &[Element]) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, element) in elements.iter().enumerate() {
        if let Some(key) = key(element) {
            groups.entry(key).or_default().push(at);
        }
    }
    groups
}

/// `None` for what frames the chart, and for texts that are not seen.
fn key(element: &Element) -> Option<String> {
    match role(element) {
        "data" => Some(format!("data {}", element.kind)),
        _ if element.text.is_empty() || element.region.is_empty() => None,
        role => Some(format!("text {role}")),
    }
}
