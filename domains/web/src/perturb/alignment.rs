//! `alignment`: text and items aligned otherwise, other margins and offsets.

use galley_core::{Random, Span};

use super::{kind::Proposals, length};

pub(super) fn propose(proposals: &mut Proposals<'_>) {
    let source = proposals.source;
    for declaration in &source.declarations {
        declared(proposals, &declaration.property, declaration.value);
    }
    for attribute in source.attributes.iter().filter(|attribute| attribute.name == "align") {
        choose(proposals, attribute.value, &["left", "center", "right"]);
    }
}

fn declared(proposals: &mut Proposals<'_>, property: &str, value: Span) {
    match property {
        "text-align" => choose(proposals, value, &["left", "center", "right"]),
        "align-items" => choose(proposals, value, &["flex-start", "center", "flex-end"]),
        "justify-content" => choose(proposals, value, &["flex-start", "center", "flex-end", "space-between"]),
        "vertical-align" => choose(proposals, value, &["top", "middle", "bottom"]),
        "left" | "right" | "top" | "bottom" => length::propose(proposals, value),
        _ if property.starts_with("margin") => margin(proposals, value),
        _ => {}
    }
}

/// A margin without a length (`0`, `auto`, `0 auto`) becomes one.
fn margin(proposals: &mut Proposals<'_>, value: Span) {
    let bare = proposals.source.slice(value).split(' ').all(|part| matches!(part, "0" | "0px" | "auto"));
    if bare {
        let pixels = *proposals.random.pick(proposals.vocabulary.pixels);
        proposals.replace(value, format!("{pixels}px"));
    } else {
        length::propose(proposals, value);
    }
}

fn choose(proposals: &mut Proposals<'_>, value: Span, known: &[&str]) {
    let other = other(proposals.source.slice(value), known, proposals.random);
    proposals.replace(value, other);
}

fn other(old: &str, known: &[&str], random: &mut Random) -> String {
    let others: Vec<&str> = known.iter().copied().filter(|value| *value != old).collect();
    others[random.below(others.len())].to_owned()
}
