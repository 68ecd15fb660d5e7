//! The source with line numbers, each character on the colour of its weight.

use galley_core::{Defect, Span, Statement, credit};

use super::escape::escaped;

/// Characters that are shown; a browser draws no picture higher than 16,384 pixels.
const LONGEST: usize = 24_000;

/// The lines of `program` as HTML. `alpha` is the weight of full responsibility.
pub fn source(program: &str, statements: &[Statement], defects: &[Defect], alpha: f64) -> String {
    let tokens: Vec<Span> =
        program.char_indices().take(LONGEST).map(|(at, c)| Span::new(at, at + c.len_utf8())).collect();
    let weights = credit(&tokens, program, 0, statements, defects, alpha).weights;
    let shown = tokens.last().map_or(0, |token| token.end);
    let mut html = String::new();
    let mut at = 0;
    for (number, line) in program[..shown].split('\n').enumerate() {
        let count = line.chars().count();
        let own = &weights[at..at + count];
        at = (at + count + 1).min(weights.len());
        html.push_str(&format!(
            "<div class=line><i>{}</i><code>{}</code></div>",
            number + 1,
            runs(line, own, alpha)
        ));
    }
    if shown < program.len() {
        html.push_str(&format!(
            "<div class=line><i>…</i><em>{} more bytes</em></div>",
            program.len() - shown
        ));
    }
    html
}

/// Neighbours of one weight share a colour.
fn runs(line: &str, weights: &[f32], alpha: f64) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut html = String::new();
    let mut start = 0;
    while start < chars.len() {
        let length = weights[start..].iter().take_while(|weight| **weight == weights[start]).count();
        let text: String = chars[start..start + length].iter().collect();
        html.push_str(&run(&escaped(&text), weights[start], alpha));
        start += length;
    }
    html
}

fn run(text: &str, weight: f32, alpha: f64) -> String {
    let share = share(weight, alpha);
    if share <= 0.0 {
        return text.to_owned();
    }
    format!("<b style=\"background:{}\">{text}</b>", colour(share))
}

/// Responsibility in 0..=1 from a weight in 1..=α.
fn share(weight: f32, alpha: f64) -> f64 {
    if alpha > 1.0 { ((f64::from(weight) - 1.0) / (alpha - 1.0)).clamp(0.0, 1.0) } else { 0.0 }
}

/// From pale yellow to red.
pub fn colour(share: f64) -> String {
    let mix = |from: f64, to: f64| (from + (to - from) * share).round() as u8;
    format!("rgb({},{},{})", mix(255.0, 255.0), mix(244.0, 110.0), mix(190.0, 90.0))
}

#[cfg(test)]
mod tests {
    use galley_core::Region;

    use super::*;

    #[test]
    fn heated_characters_stand_apart_and_stay_text() {
        let region = Region::new(0.0, 0.0, 9.0, 9.0);
        let statement = Statement {
            span: Span::new(2, 5),
            kind: "b".into(),
            regions: vec![region],
            ..Statement::default()
        };
        let defect = Defect {
            detector: "web/x".into(),
            axis: "block".into(),
            region,
            severity: 1.0,
            message: "x".into(),
            target: None,
            target_span: None,
        };
        let html = source("a\n<é\nb", &[statement], &[defect], 2.0);
        let hot = format!("<b style=\"background:{}\">&lt;é</b>", colour(1.0));
        assert_eq!(
            html,
            format!(
                "<div class=line><i>1</i><code>a</code></div><div class=line><i>2</i><code>{hot}</code></div>\
                 <div class=line><i>3</i><code>b</code></div>"
            )
        );
    }

    #[test]
    fn long_programs_say_what_is_left_out() {
        let html = source(&"x".repeat(LONGEST + 7), &[], &[], 2.0);
        assert!(html.ends_with("<em>7 more bytes</em></div>"));
    }
}
