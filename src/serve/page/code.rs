//! The response with its heat: the background says what its statement weighs, the line below how far student and teacher
//! are apart at the token.

use galley_core::Span;
use galley_store::SampleRecord;
use maud::{Markup, html};
use serde_json::json;

/// The distance from 1 that a weight needs at least to be drawn in full.
const LEAST: f64 = 0.25;
/// Shades of weight and of KL, 0 = none.
const LEVELS: f64 = 9.0;

/// A stretch of the response that lies in one token and one statement.
#[derive(Debug, PartialEq, Eq)]
struct Segment<'a> {
    text: &'a str,
    token: Option<usize>,
    /// The smallest that contains it.
    statement: Option<usize>,
}

/// The code block, with everything that the script needs to explain a token.
pub(crate) fn block(sample: &SampleRecord) -> Markup {
    // Weights that hardly differ from 1 must not look as if they did.
    let weights = Scale::of(sample.credit.iter().map(|credit| (credit.weight - 1.0).abs()).chain([LEAST]));
    let divergence = Scale::of(sample.kl.iter().map(|kl| f64::from(*kl)));
    html! {
        div.code-head {
            p.key { "background: weight of the statement"
                span.ramp aria-hidden="true" { @for level in [1, 3, 5, 7, 9] { span class={ "w" (level) } { " " } } }
                @if !sample.credit.is_empty() { " up to " (galley_store::view::number(sample.credit.iter().map(|c| c.weight).fold(f64::NAN, f64::max))) }
            }
            @if !sample.kl.is_empty() { p.key { "underline: KL to the teacher"
                span.ramp aria-hidden="true" { @for level in [1, 3, 5, 7, 9] { span class={ "k" (level) } { " " } } }
                " up to " (crate::chart::short(divergence.most)) " nats"
            } }
        }
        pre.code #code tabindex="0" role="group" aria-label="Response; left and right arrows go through its tokens"
            data-tokens=(tokens(sample)) data-statements=(links(sample)) { code { @for segment in segments(sample) {
                (drawn(&segment, sample, &weights, &divergence))
            } } }
        div.token #token aria-live="polite" hidden[true] {}
    }
}

fn drawn(segment: &Segment, sample: &SampleRecord, weights: &Scale, divergence: &Scale) -> Markup {
    let statement = segment.statement;
    let weight = statement
        .and_then(|index| sample.credit.get(index))
        .map_or(0, |credit| weights.level((credit.weight - 1.0).abs()));
    let kl = segment
        .token
        .and_then(|index| sample.kl.get(index))
        .map_or(0, |kl| divergence.root_level(f64::from(*kl)));
    let class = match (weight, kl) {
        (0, 0) => None,
        (weight, 0) => Some(format!("w{weight}")),
        (0, kl) => Some(format!("k{kl}")),
        (weight, kl) => Some(format!("w{weight} k{kl}")),
    };
    html! { span class=[class] data-s=[statement] data-t=[segment.token] { (segment.text) } }
}

/// Numbers from 0 to the largest as levels.
struct Scale {
    most: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        Self { most: values.filter(|value| value.is_finite()).fold(0.0, f64::max) }
    }

    /// Anything above zero is at least 1.
    fn level(&self, value: f64) -> u8 {
        if !value.is_finite() || value <= 0.0 || self.most <= 0.0 {
            return 0;
        }
        (value / self.most * LEVELS).ceil().clamp(1.0, LEVELS) as u8
    }

    /// Of the square root: divergences span orders of magnitude, and small ones must stay visible beside a large one.
    /// Below a thousandth of the largest there is nothing to see.
    fn root_level(&self, value: f64) -> u8 {
        let share = value / self.most;
        if share < 1e-3 { 0 } else { self.level(share.sqrt() * self.most) }
    }
}

/// The response cut at every token and statement; nothing is lost, and no character is cut.
fn segments(sample: &SampleRecord) -> Vec<Segment<'_>> {
    let text = sample.response.as_str();
    let statements: Vec<Span> =
        sample.statements.iter().map(|one| one.span.shifted(sample.program.start)).collect();
    let mut cuts: Vec<usize> = vec![0, text.len()];
    cuts.extend(sample.tokens.iter().chain(&statements).flat_map(|span| [span.start, span.end]));
    cuts.retain(|cut| *cut <= text.len() && text.is_char_boundary(*cut));
    cuts.sort_unstable();
    cuts.dedup();
    let smallest = |at: usize| {
        let containing = (0..statements.len()).filter(|&index| statements[index].contains(at));
        containing.min_by_key(|&index| statements[index].len())
    };
    let token = |at: usize| {
        let after = sample.tokens.partition_point(|span| span.start <= at);
        let found = after.checked_sub(1)?;
        // An empty token, or the tail of a cut character, belongs to the one before.
        (0..=found).rev().take(4).find(|&index| sample.tokens[index].contains(at))
    };
    cuts.windows(2)
        .map(|pair| Segment {
            text: &text[pair[0]..pair[1]],
            token: token(pair[0]),
            statement: smallest(pair[0]),
        })
        .collect()
}

/// For the script: per statement the one around it and the defect that it answers for.
fn links(sample: &SampleRecord) -> String {
    let around = galley_core::parents(&sample.statements);
    let defect = |index: usize| sample.credit.get(index).and_then(|credit| credit.defect);
    let entries = around.iter().enumerate().map(|(index, parent)| json!([parent, defect(index)]));
    serde_json::Value::Array(entries.collect()).to_string()
}

/// For the script: per token its text, weight, KL, and what student and teacher found likely.
fn tokens(sample: &SampleRecord) -> String {
    let top = |tops: &[Vec<galley_store::TopToken>], index: usize| {
        let list = tops.get(index).map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|token| json!([token.0, token.1])).collect::<Vec<_>>()
    };
    let entries = (0..sample.tokens.len()).map(|index| {
        json!([
            sample.token_text(index),
            sample.weights.get(index),
            sample.kl.get(index).filter(|kl| kl.is_finite()),
            top(&sample.student_top, index),
            top(&sample.teacher_top, index),
        ])
    });
    serde_json::Value::Array(entries.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use galley_core::{Statement, StatementCredit};

    use super::*;

    fn sample() -> SampleRecord {
        let statement = |start, end| Statement { span: Span::new(start, end), ..Statement::default() };
        let credit = |weight| StatementCredit { responsibility: 0.0, weight, defect: None };
        SampleRecord {
            response: "ok: <p>ä</p>".into(),
            program: Span::new(4, 13),
            statements: vec![statement(0, 9), statement(3, 5)],
            credit: vec![credit(1.0), credit(4.0)],
            // The second token ends inside the letter.
            tokens: vec![Span::new(0, 4), Span::new(4, 8), Span::new(8, 13)],
            weights: vec![1.0, 4.0, 1.0],
            kl: vec![0.0, 1.0, 0.01],
            ..SampleRecord::default()
        }
    }

    #[test]
    fn segments_cover_the_response_and_know_token_and_statement() {
        let sample = sample();
        let found = segments(&sample);
        let text: String = found.iter().map(|segment| segment.text).collect();
        assert_eq!(text, sample.response);
        let letter = found.iter().find(|segment| segment.text == "ä").unwrap();
        assert_eq!((letter.token, letter.statement), (Some(1), Some(1)));
        assert_eq!((found[0].token, found[0].statement), (Some(0), None));
    }

    #[test]
    fn code_is_text_and_heat_is_classes() {
        let text = block(&sample()).into_string();
        assert!(text.contains("&lt;p&gt;") && !text.contains("<p>ä"), "{text}");
        assert!(text.contains("class=\"w9 k9\"") && text.contains("class=\"k1\""), "{text}");
    }
}
