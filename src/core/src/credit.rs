//! Statement-level credit: which tokens are responsible for what is wrong (Visual-SDPO §2.3, eq. 4–6).

use serde::{Deserialize, Serialize};

use crate::{Defect, Span, Statement};

/// The credit of one rollout. `weights.len()` equals the number of token spans that were given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Credit {
    /// One per statement, same order.
    pub statements: Vec<StatementCredit>,
    /// One per token, in `[1, α]` (or `[α, 1]` for α < 1).
    pub weights: Vec<f32>,
}

/// Why a statement weighs what it weighs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementCredit {
    /// eq. 4: `max_i (max_b IoU(b, region_i)) · severity_i`, times the statement's share for the axis of defect i, which is
    /// 1 unless a domain says otherwise ([`crate::Shares`]).
    pub responsibility: f64,
    /// eq. 5: `1 + (α − 1) · responsibility`.
    pub weight: f64,
    /// The defect that gave the maximum, as an index into the defects.
    pub defect: Option<usize>,
}

/// Weighs the tokens of a response.
///
/// `tokens` are byte spans in the response, in order; statements are counted from byte `offset` of the response (where
/// the program begins). A token belongs to the smallest statement that contains its first byte. White space between
/// statements inherits the nearest preceding one; a token before the first statement, or behind the program, weighs 1.
pub fn credit(
    tokens: &[Span],
    response: &str,
    offset: usize,
    statements: &[Statement],
    defects: &[Defect],
    alpha: f64,
) -> Credit {
    let judged: Vec<StatementCredit> =
        statements.iter().map(|statement| judge(statement, defects, alpha)).collect();
    let mut previous = None;
    let mut weights = Vec::with_capacity(tokens.len());
    for token in tokens {
        let own = smallest(statements, token.start.checked_sub(offset));
        let at = own.or(if is_separator(response, *token) { previous } else { None });
        if own.is_some() {
            previous = own;
        }
        weights.push(at.map_or(1.0, |index| judged[index].weight as f32));
    }
    Credit { statements: judged, weights }
}

fn judge(statement: &Statement, defects: &[Defect], alpha: f64) -> StatementCredit {
    let mut best = (0.0, None);
    for (index, defect) in defects.iter().enumerate() {
        let overlap = statement.regions.iter().map(|region| region.iou(defect.region)).fold(0.0, f64::max);
        let responsibility = overlap * defect.severity * statement.shares.of(&defect.axis);
        if responsibility > best.0 {
            best = (responsibility, Some(index));
        }
    }
    StatementCredit { responsibility: best.0, weight: 1.0 + (alpha - 1.0) * best.0, defect: best.1 }
}

fn smallest(statements: &[Statement], at: Option<usize>) -> Option<usize> {
    let at = at?;
    (0..statements.len())
        .filter(|&index| statements[index].span.contains(at))
        .min_by_key(|&index| statements[index].span.len())
}

fn is_separator(response: &str, token: Span) -> bool {
    token
        .slice(response)
        .is_some_and(|text| text.chars().all(|c| c.is_whitespace() || c.is_ascii_punctuation()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Region;

    fn statement(span: Span, x: f64) -> Statement {
        let regions = vec![Region::new(x, 0.0, 10.0, 10.0)];
        Statement { span, kind: "s".into(), regions, ..Statement::default() }
    }

    fn defect(x: f64, severity: f64) -> Defect {
        Defect {
            detector: "t/t".into(),
            axis: "block".into(),
            region: Region::new(x, 0.0, 10.0, 10.0),
            severity,
            message: String::new(),
            target: None,
            target_span: None,
        }
    }

    #[test]
    fn the_statement_in_the_defect_gets_alpha_and_the_rest_one() {
        let response = "aaaa bbbb";
        let statements = [statement(Span::new(0, 4), 0.0), statement(Span::new(5, 9), 50.0)];
        let tokens = [Span::new(0, 2), Span::new(2, 4), Span::new(4, 5), Span::new(5, 9)];
        let credit = credit(&tokens, response, 0, &statements, &[defect(0.0, 1.0), defect(50.0, 0.0)], 4.0);
        assert_eq!(credit.weights, [4.0, 4.0, 4.0, 1.0]);
        assert_eq!(credit.statements[0].defect, Some(0));
        assert_eq!(credit.statements[1].responsibility, 0.0);
    }

    #[test]
    fn a_nested_statement_wins_over_its_parent() {
        let statements = [statement(Span::new(0, 9), 0.0), statement(Span::new(3, 6), 50.0)];
        let tokens = [Span::new(0, 3), Span::new(3, 6), Span::new(6, 9)];
        let credit = credit(&tokens, "aaabbbccc", 0, &statements, &[defect(50.0, 1.0)], 2.0);
        assert_eq!(credit.weights, [1.0, 2.0, 1.0]);
    }

    #[test]
    fn a_share_halves_the_responsibility_for_its_axis_alone() {
        let mut halved = statement(Span::new(0, 4), 0.0);
        halved.shares = crate::Shares::default().with("block", 0.5);
        let weight = |defect: Defect| {
            credit(&[Span::new(0, 4)], "aaaa", 0, std::slice::from_ref(&halved), &[defect], 3.0).weights[0]
        };
        assert_eq!(weight(defect(0.0, 1.0)), 2.0);
        assert_eq!(weight(Defect { axis: "text".into(), ..defect(0.0, 1.0) }), 3.0);
    }

    #[test]
    fn tokens_outside_the_program_weigh_one() {
        let statements = [statement(Span::new(0, 3), 0.0)];
        let tokens = [Span::new(0, 2), Span::new(2, 5), Span::new(5, 7)];
        let credit = credit(&tokens, "xyabczz", 2, &statements, &[defect(0.0, 1.0)], 3.0);
        assert_eq!(credit.weights, [1.0, 3.0, 1.0]);
    }
}
