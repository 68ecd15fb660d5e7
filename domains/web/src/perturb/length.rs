//! Other lengths.

use galley_core::{Random, Span};

use super::kind::Proposals;

/// A number with a unit inside a value.
struct Length<'a> {
    span: Span,
    number: f64,
    unit: &'a str,
}

/// Proposes another length for every one in the value at `span`, none for those of 0 (they have no scale).
pub(super) fn propose(proposals: &mut Proposals<'_>, span: Span) {
    for length in find(proposals.source.slice(span)) {
        if length.number > 0.0 {
            let other = other(&length, proposals);
            proposals.replace(length.span.shifted(span.start), other);
        }
    }
}

/// Per cents and small pixel lengths come from the vocabulary if they could stand in it, others are scaled.
fn other(length: &Length<'_>, proposals: &mut Proposals<'_>) -> String {
    let vocabulary = proposals.vocabulary;
    let steps = match length.unit {
        "%" if length.number % 5.0 == 0.0 && length.number <= 100.0 => vocabulary.percents,
        "px" if length.number <= 64.0 => vocabulary.pixels,
        _ => return format!("{}{}", scaled(length.number, proposals.random), length.unit),
    };
    let others: Vec<u32> = steps.iter().copied().filter(|step| f64::from(*step) != length.number).collect();
    format!("{}{}", proposals.random.pick(&others), length.unit)
}

/// A half to three halves of the number, rounded as finely as it is written.
fn scaled(number: f64, random: &mut Random) -> f64 {
    let scaled = number * random.pick(&[0.5, 0.75, 1.25, 1.5]);
    if number.fract() == 0.0 && number > 4.0 { scaled.round() } else { (scaled * 100.0).round() / 100.0 }
}

fn find(value: &str) -> Vec<Length<'_>> {
    let bytes = value.as_bytes();
    let mut lengths = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + run(&bytes[at..], |byte| byte.is_ascii_digit() || byte == b'.');
        if end == at {
            // A word, a colour or a negative number is passed as a whole, so that no number inside it is found.
            at += run(&bytes[at..], |byte| byte.is_ascii_alphanumeric() || b"#-_.".contains(&byte)).max(1);
            continue;
        }
        let unit = end + run(&bytes[end..], |byte| byte.is_ascii_alphabetic() || byte == b'%');
        if let (Some(Ok(number)), Some(name)) = (value.get(at..end).map(str::parse), value.get(end..unit))
            && UNITS.contains(&name)
        {
            lengths.push(Length { span: Span::new(at, unit), number, unit: name });
        }
        at = unit;
    }
    lengths
}

const UNITS: [&str; 8] = ["px", "%", "em", "rem", "vh", "vw", "pt", "fr"];

fn run(bytes: &[u8], accept: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| accept(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_found_and_nothing_else() {
        let found = |value| -> Vec<(f64, &str)> {
            find(value).into_iter().map(|length| (length.number, length.unit)).collect()
        };
        assert_eq!(found("1px 2.5em 30%"), [(1.0, "px"), (2.5, "em"), (30.0, "%")]);
        assert_eq!(found("#1px0 a2px -3px -0.1rem 4 5xx calc(6px + 7%)"), [(6.0, "px"), (7.0, "%")]);
        assert_eq!(found("0 .5em"), [(0.5, "em")]);
        assert_eq!(found("é 8px.."), [(8.0, "px")]);
        assert!(found("1.2.3px").is_empty());
    }
}
