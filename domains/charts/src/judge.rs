//! The high-level score of ChartMimic: a model looks at both pictures and gives points, 100 at most.
//!
//! The six criteria and their points are ChartMimic's (Chart Types 20, Layout 10, Text Content 20, Data 20, Style 20,
//! Clarity 10); the words are our own, and the model is whatever stands behind the endpoint. A number is comparable with
//! others of the same model, and with the paper's GPT-4V score only as far as the models agree.

use std::sync::Arc;

use galley_core::{DomainError, Image, Judge, Part};
use serde::Serialize;

/// What points are given for: name, points, question.
const CRITERIA: [(&str, u32, &str); 6] = [
    ("Chart Types", 20, "Are all kinds of charts of the reference there (lines, bars, pies, ...)?"),
    ("Layout", 10, "Are the charts arranged alike: as many rows and columns, in the same places?"),
    (
        "Text Content",
        20,
        "Are all texts there: titles, labels of axes, notes, legends? Numbers at ticks do not count.",
    ),
    ("Data", 20, "Do the data look the same: trends, values, and the number of series?"),
    ("Style", 20, "Are colours, markers, line styles, legends, grids and the like the same?"),
    ("Clarity", 10, "Is the attempt easy to read, with nothing that overlaps?"),
];

/// What a judge says of one chart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// 0 to 100.
    pub score: f64,
    pub answer: String,
}

/// Asks once.
///
/// # Errors
/// The judge's own, and `Harness` for an answer without a score.
pub fn judged(judge: &dyn Judge, wanted: &Arc<Image>, seen: &Arc<Image>) -> Result<Judged, DomainError> {
    let answer = judge.answer(&question(wanted, seen))?;
    match score_in(&answer) {
        Some(score) => Ok(Judged { score, answer }),
        None => {
            let said: String = answer.chars().take(200).collect();
            Err(DomainError::harness(
                judge.name(),
                format!("no line `Score: <0 to 100>` in the answer: {said}"),
            ))
        }
    }
}

fn question(wanted: &Arc<Image>, seen: &Arc<Image>) -> Vec<Part> {
    let mut text = String::from(
        "You compare charts. The first picture is the reference; the second was drawn by a program that was written to \
         draw the same. Give points for how well the second matches the first:\n",
    );
    for (name, points, question) in CRITERIA {
        text += &format!("- {name}, up to {points} points. {question}\n");
    }
    text += "Write one line for each criterion, with a short comment and its points. Then write a last line of the form\n\
             Score: <sum of the points, 0 to 100>\n";
    vec![Part::Text(text), Part::Image(wanted.clone()), Part::Image(seen.clone())]
}

/// The number behind the last `Score:`.
fn score_in(answer: &str) -> Option<f64> {
    let (_, rest) = answer.rsplit_once("Score:").or_else(|| answer.rsplit_once("score:"))?;
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "*_`$[{(".contains(c));
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let score: f64 = rest[..digits].trim_end_matches('.').parse().ok()?;
    (0.0..=100.0).contains(&score).then_some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_is_the_last_one() {
        let answer = "- Layout: Score: 10\n\nScore: **87.5**/100.\n";
        assert_eq!(score_in(answer), Some(87.5));
        assert_eq!(score_in("**Score:** 90 out of 100"), Some(90.0));
        assert_eq!(score_in("Score: 70."), Some(70.0));
        for none in ["", "Score:", "Score: high", "Score: 170", "Score: -3"] {
            assert_eq!(score_in(none), None, "{none}");
        }
    }

    #[test]
    fn the_points_make_a_hundred() {
        assert_eq!(CRITERIA.iter().map(|(_, points, _)| points).sum::<u32>(), 100);
    }
}
