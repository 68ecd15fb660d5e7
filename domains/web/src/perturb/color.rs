//! `color`: other colours in styles and in `bgcolor` and `color` attributes.

use galley_core::{Random, Span};

use super::kind::Proposals;
use crate::tasks::{Colour, Vocabulary};

pub(super) fn propose(proposals: &mut Proposals<'_>) {
    let source = proposals.source;
    for declaration in &source.declarations {
        if takes_colour(&declaration.property) {
            tokens(proposals, declaration.value, &declaration.property);
        }
    }
    for attribute in &source.attributes {
        if matches!(attribute.name.as_str(), "bgcolor" | "color") {
            tokens(proposals, attribute.value, &attribute.name);
        }
    }
}

fn takes_colour(property: &str) -> bool {
    let known = ["background", "background-image", "border", "fill", "stroke", "box-shadow", "outline"];
    known.contains(&property) || property.ends_with("color") || property.starts_with("--") || {
        property.starts_with("border-") && !property.contains("radius")
    }
}

fn tokens(proposals: &mut Proposals<'_>, value: Span, property: &str) {
    for token in find(proposals.source.slice(value)) {
        let token = token.shifted(value.start);
        let other = other(proposals.source.slice(token), property, proposals.vocabulary, proposals.random);
        proposals.replace(token, other.to_string());
    }
}

/// Black and white text change places, as generated pages have no other; any other colour becomes a different one.
fn other(old: &str, property: &str, vocabulary: &Vocabulary, random: &mut Random) -> Colour {
    match Colour::parse(old) {
        Some(ink) if property == "color" && (ink == Colour::BLACK || ink == Colour::WHITE) => {
            ink.complement()
        }
        Some(colour) => Colour::draw_unlike(vocabulary.digits, colour, random),
        None => Colour::draw(vocabulary.digits, random),
    }
}

/// Colours in a value: `#…`, `rgb(…)` and the like, and the commonest names; none inside `url(…)`.
fn find(value: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    while at < value.len() {
        let word = word(value, at);
        let end = at + word.len();
        if let Some(closed) = closed(value, end, word) {
            spans.extend(is_function(word).then(|| Span::new(at, closed)));
            at = closed;
        } else {
            spans.extend((is_hex(word) || is_name(word)).then(|| Span::new(at, end)));
            at = end.max(at + 1);
        }
    }
    spans
}

fn word(value: &str, at: usize) -> &str {
    let rest = value.get(at..).unwrap_or_default();
    let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"#-".contains(byte)).count();
    &rest[..length]
}

/// Where the parenthesis behind a colour function's name or `url` closes.
fn closed(value: &str, open: usize, name: &str) -> Option<usize> {
    let arguments = value.get(open..)?.strip_prefix('(')?;
    let opaque = is_function(name) || name.eq_ignore_ascii_case("url");
    arguments.find(')').filter(|_| opaque).map(|length| open + 1 + length + 1)
}

fn is_function(word: &str) -> bool {
    ["rgb", "rgba", "hsl", "hsla"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

fn is_hex(word: &str) -> bool {
    let digits = word.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_name(word: &str) -> bool {
    NAMES.iter().any(|name| word.eq_ignore_ascii_case(name))
}

const NAMES: [&str; 28] = [
    "white",
    "black",
    "red",
    "green",
    "blue",
    "gray",
    "grey",
    "yellow",
    "orange",
    "purple",
    "navy",
    "teal",
    "silver",
    "maroon",
    "olive",
    "lime",
    "aqua",
    "fuchsia",
    "pink",
    "brown",
    "gold",
    "lightgray",
    "lightgrey",
    "darkgray",
    "whitesmoke",
    "lightblue",
    "darkblue",
    "steelblue",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_found_and_nothing_else() {
        for (value, expect) in [
            ("#a3c", &["#a3c"][..]),
            ("1px solid #AABBCC", &["#AABBCC"]),
            ("rgba(1, 2, 3, .5) url(red.png#fff) White", &["rgba(1, 2, 3, .5)", "White"]),
            ("linear-gradient(90deg,#fff 0%,red)", &["#fff", "red"]),
            ("none #ab redder infrared", &[]),
            ("é#fff", &["#fff"]),
            ("rgb(1", &[]),
        ] {
            let found: Vec<&str> = find(value).into_iter().filter_map(|span| span.slice(value)).collect();
            assert_eq!(found, expect, "{value}");
        }
    }

    #[test]
    fn text_stays_black_or_white() {
        let vocabulary = Vocabulary::of(1);
        let random = &mut Random::new(1);
        assert_eq!(other("#fff", "color", &vocabulary, random), Colour::BLACK);
        assert_eq!(other("#000", "color", &vocabulary, random), Colour::WHITE);
        for _ in 0..50 {
            let colour = other("#fff", "background", &vocabulary, random);
            assert!(
                colour.0.iter().all(|digit| vocabulary.digits.contains(digit)) && colour != Colour::WHITE
            );
        }
    }
}
