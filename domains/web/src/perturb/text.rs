//! `text`: other words, cut text, other fonts.

use galley_core::{Random, Span};

use super::{kind::Proposals, length};

pub(super) fn propose(proposals: &mut Proposals<'_>) {
    let source = proposals.source;
    for text in &source.texts {
        reword(proposals, *text);
        truncate(proposals, *text);
    }
    for declaration in &source.declarations {
        match declaration.property.as_str() {
            "font-size" => length::propose(proposals, declaration.value),
            "font-weight" => proposals.replace(declaration.value, weight(source.slice(declaration.value))),
            _ => {}
        }
    }
}

/// Another word of the vocabulary in the place of one.
fn reword(proposals: &mut Proposals<'_>, span: Span) {
    let text = proposals.source.slice(span);
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return;
    }
    let old = words[proposals.random.below(words.len())];
    let start = span.start + old.as_ptr().addr() - text.as_ptr().addr();
    let new = word(old, proposals.vocabulary.words, proposals.random);
    proposals.replace(Span::new(start, start + old.len()), new);
}

fn word(old: &str, words: &[&'static str], random: &mut Random) -> &'static str {
    let others: Vec<&'static str> = words.iter().copied().filter(|word| *word != old).collect();
    others[random.below(others.len())]
}

/// Cuts the text behind one of its words.
fn truncate(proposals: &mut Proposals<'_>, span: Span) {
    let text = proposals.source.slice(span);
    let gaps: Vec<usize> = text.match_indices(char::is_whitespace).map(|(at, _)| at).collect();
    if !gaps.is_empty() {
        let keep = *proposals.random.pick(&gaps);
        proposals.replace(Span::new(span.start + keep, span.end), "");
    }
}

fn weight(value: &str) -> &'static str {
    match value {
        "normal" | "400" | "300" | "200" | "100" | "lighter" => "bold",
        _ => "normal",
    }
}
