//! What a run mended and what it spoilt, value by value of the references (recipes with `eval.values = true`).

use crate::store::{EvalRecord, Numbers};

/// Per task: the share of the values wrong before that are right after, and of those right before that still are.
/// Tasks without a wrong (right) value before are in neither list under that name.
#[derive(Clone, Debug, Default)]
pub struct Repair {
    pub repaired: Vec<(String, f64)>,
    pub kept: Vec<(String, f64)>,
}

/// Compares two evaluations of the same tasks; empty where values were not recorded.
pub fn repair(before: &EvalRecord, after: &EvalRecord) -> Repair {
    let mut repair = Repair::default();
    for (task, was) in &before.results {
        let Some(is) = after.results.get(task) else { continue };
        for (list, right) in [(&mut repair.repaired, false), (&mut repair.kept, true)] {
            if let Some(share) = right_after(was, is, right) {
                list.push((task.clone(), share));
            }
        }
    }
    repair
}

/// The share of right values after among those that were right (wrong) before.
fn right_after(was: &Numbers, is: &Numbers, right: bool) -> Option<f64> {
    let values = was.iter().filter(|(name, _)| name.starts_with("value/"));
    let of: Vec<f64> = values
        .filter(|(_, value)| (**value == 1.0) == right)
        .map(|(name, _)| is.get(name).copied().unwrap_or(0.0))
        .collect();
    (!of.is_empty()).then(|| of.iter().sum::<f64>() / of.len() as f64)
}

/// Differences of the tasks that both lists have.
pub fn paired(base: &[(String, f64)], other: &[(String, f64)]) -> Vec<f64> {
    let of = |task: &String| base.iter().find(|(name, _)| name == task).map(|(_, value)| *value);
    other.iter().filter_map(|(task, value)| Some(value - of(task)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_and_losses_are_counted_apart() {
        let eval = |values: [f64; 4]| {
            let numbers = values.iter().enumerate().map(|(at, value)| (format!("value/{at}"), *value));
            EvalRecord { results: [("a".to_owned(), numbers.collect())].into(), ..EvalRecord::default() }
        };
        let found = repair(&eval([1.0, 1.0, 0.0, 0.0]), &eval([1.0, 0.0, 1.0, 1.0]));
        assert_eq!(found.repaired, [("a".to_owned(), 1.0)]);
        assert_eq!(found.kept, [("a".to_owned(), 0.5)]);
        assert_eq!(paired(&[("a".into(), 0.25)], &found.kept), [0.25]);
        assert!(repair(&eval([1.0; 4]), &eval([1.0; 4])).repaired.is_empty());
    }
}
