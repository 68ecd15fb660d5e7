//! The places of a page that a reader could get wrong one by one.

use galley_core::Span;

use crate::perturb::Source;

/// Declaration values and visible texts in source order, disjoint. A hex colour gives one place a digit, without its `#`,
/// so that eliding some of them keeps the number of tokens.
pub fn values(program: &str) -> Vec<Span> {
    let source = Source::parse(program);
    let mut spans: Vec<Span> = source.declared().flat_map(|value| digits(program, value)).collect();
    spans.extend(source.texts());
    spans.sort();
    let mut end = 0;
    spans.retain(|span| {
        let apart = span.start >= end && !span.is_empty();
        end = end.max(span.end);
        apart
    });
    spans
}

fn digits(program: &str, value: Span) -> Vec<Span> {
    match value.slice(program).and_then(|text| text.strip_prefix('#')) {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            (value.start + 1..value.end).map(|at| Span::new(at, at + 1)).collect()
        }
        _ => vec![value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_digits_sizes_and_words() {
        let program = r#"<body style="background:#a3c"><div style="color:#fff;width:45%">word</div></body>"#;
        let texts: Vec<&str> = values(program).into_iter().filter_map(|span| span.slice(program)).collect();
        assert_eq!(texts, ["a", "3", "c", "f", "f", "f", "45%", "word"]);
    }
}
