//! The table at the end of a run: did it get better?

use super::{
    number::{interval, number, signed_interval},
    table::Table,
};
use crate::{
    EvalRecord,
    compare::pairs,
    stats::{Paired, SEED, bootstrap_mean},
};

/// One row for each stage in the order in which they were first evaluated (before, warm start, training), each with its
/// last evaluation: the primary metric with its 95 % interval, reward, executed rate, and the paired difference to the
/// row before with its interval.
pub fn three_row_table(evals: &[EvalRecord]) -> String {
    let rows = last_of_each_stage(evals);
    let Some(last) = rows.last() else { return "no evaluations\n".into() };
    let primary = last.primary.as_str();
    let header = format!("{primary} [95 %]");
    let mut table =
        Table::new(["stage", "step", "tasks", &header, "reward", "executed", "vs row above [95 %]", "p"])
            .right(&[1, 2, 4, 5, 7]);
    for (index, eval) in rows.iter().enumerate() {
        let previous = index.checked_sub(1).map(|previous| rows[previous]);
        let (difference, p) = difference(previous, eval, primary);
        table.row([
            eval.stage.clone(),
            eval.step.to_string(),
            eval.results.len().to_string(),
            interval(bootstrap_mean(&eval.values(primary), SEED)),
            mean(eval, "reward"),
            mean(eval, "executed"),
            difference,
            p,
        ]);
    }
    table.text(false)
}

fn last_of_each_stage(evals: &[EvalRecord]) -> Vec<&EvalRecord> {
    let mut rows: Vec<&EvalRecord> = Vec::new();
    for eval in evals {
        match rows.iter_mut().find(|row| row.stage == eval.stage) {
            Some(row) => *row = eval,
            None => rows.push(eval),
        }
    }
    rows
}

fn difference(previous: Option<&EvalRecord>, eval: &EvalRecord, primary: &str) -> (String, String) {
    match previous {
        None => ("–".into(), "–".into()),
        Some(previous) if previous.eval_set != eval.eval_set => ("another evaluation set".into(), "–".into()),
        Some(previous) => {
            let paired = Paired::of(&pairs(previous, eval, primary), SEED);
            let p = if paired.p < 0.001 { "< 0.001".into() } else { format!("{:.3}", paired.p) };
            (signed_interval(paired.difference), p)
        }
    }
}

fn mean(eval: &EvalRecord, name: &str) -> String {
    number(eval.means.get(name).copied().unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Numbers;

    fn eval(stage: &str, step: u64, rewards: [f64; 4]) -> EvalRecord {
        let result = |(task, reward): (usize, f64)| {
            let numbers = [("reward".to_owned(), reward), ("executed".to_owned(), 1.0)];
            (format!("t{task}"), Numbers::from(numbers))
        };
        EvalRecord::new(stage, step, "s", "reward", rewards.into_iter().enumerate().map(result).collect())
    }

    #[test]
    fn each_stage_is_compared_with_the_one_before() {
        let evals = [
            eval("before", 0, [0.0, 0.0, 0.0, 0.0]),
            eval("warm-start", 40, [0.2, 0.2, 0.2, 0.2]),
            eval("visual-sdpo", 50, [0.1, 0.2, 0.2, 0.2]),
            eval("visual-sdpo", 60, [0.5, 0.5, 0.5, 0.5]),
        ];
        let expected = "\
stage        step  tasks  reward [95 %]         reward  executed  vs row above [95 %]          p
before          0      4  0 [0, 0]                   0     1.000  –                            –
warm-start     40      4  0.200 [0.200, 0.200]   0.200     1.000  +0.200 [+0.200, +0.200]  0.125
visual-sdpo    60      4  0.500 [0.500, 0.500]   0.500     1.000  +0.300 [+0.300, +0.300]  0.125
";
        assert_eq!(three_row_table(&evals), expected);
        assert_eq!(three_row_table(&[]), "no evaluations\n");
    }
}
