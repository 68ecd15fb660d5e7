//! Writes element numbers into a page.

use std::collections::BTreeMap;

use galley_core::Span;

use super::{Loads, Outline, SourceElement, loads::loads};
use crate::css::marks;

/// A page that is ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injected {
    pub html: String,
    /// The attribute whose value is the element's index in the outline.
    pub attribute: String,
    /// What it refers to that loads after parsing.
    pub loads: Loads,
    /// How many slots of style sheets are marked ([`crate::css::Marks`]); slot `s` is `--<attribute><s>`.
    pub slots: usize,
}

/// Numbers the elements of `program`. References that `assets` has (as written in `src`) become its `data:` URLs;
/// what makes a
/// page stir by itself later is switched off; declarations of style sheets are marked. Nothing else changes, and the
/// picture does not.
///
/// What stands in `noscript` is never shown. Where scripts are off, a browser would show it; there it becomes an empty
/// `template`.
pub fn inject(
    program: &str,
    outline: &Outline,
    assets: &BTreeMap<String, String>,
    scripts: bool,
) -> Injected {
    let attribute = unused_name(program);
    let mut html = String::with_capacity(program.len() + outline.elements.len() * (attribute.len() + 8));
    let marks = marks(program, outline, &attribute);
    let mut all = Vec::new();
    for (index, element) in outline.elements.iter().enumerate() {
        all.extend(edits(program, element, index, &attribute, assets));
        if !scripts && element.name == "noscript" && !element.tag.foreign {
            all.extend(hide(program, element));
        }
    }
    all.extend(marks.edits);
    all.sort_by_key(|(span, _)| (span.start, span.end));
    let mut at = 0;
    for (span, replacement) in all {
        if span.start >= at {
            html.push_str(program.get(at..span.start).unwrap_or_default());
            html.push_str(&replacement);
            at = span.end;
        }
    }
    html.push_str(program.get(at..).unwrap_or_default());
    let loads = loads(program, outline, assets);
    Injected { html, attribute, loads, slots: marks.slots }
}

/// Only the references that `assets` has, in `src` and in CSS, become its `data:` URLs; everything else stays.
pub fn with_assets(program: &str, outline: &Outline, assets: &BTreeMap<String, String>) -> String {
    let mut html = String::with_capacity(program.len());
    let mut at = 0;
    for src in outline.elements.iter().filter_map(|element| element.tag.src) {
        if let Some(asset) = src.slice(program).and_then(|name| assets.get(name.trim())) {
            html.push_str(program.get(at..src.start).unwrap_or_default());
            html.push_str(asset);
            at = src.end;
        }
    }
    html.push_str(program.get(at..).unwrap_or_default());
    for (name, asset) in assets {
        for quote in ["", "'", "\"", "&quot;"] {
            html =
                html.replace(&format!("url({quote}{name}{quote})"), &format!("url({quote}{asset}{quote})"));
        }
    }
    html
}

/// Changes inside one start tag, in source order.
fn edits(
    program: &str,
    element: &SourceElement,
    index: usize,
    attribute: &str,
    assets: &BTreeMap<String, String>,
) -> Vec<(Span, String)> {
    let behind_name = element.start_tag.start + 1 + element.name.len();
    // The first of two attributes of one name counts; where a marquee would be depends on when one looks.
    let still = if element.name == "marquee" { " scrollamount=\"0\"" } else { "" };
    let mut edits = vec![(Span::new(behind_name, behind_name), format!(" {attribute}=\"{index}\"{still}"))];
    edits.extend(element.tag.stirring.iter().map(|name| (*name, "data-still".into())));
    if let Some(src) = element.tag.src
        && let Some(asset) = src.slice(program).and_then(|name| assets.get(name.trim()))
    {
        edits.push((src, asset.clone()));
    }
    edits
}

/// Renames both tags and drops what is between them.
fn hide(program: &str, element: &SourceElement) -> Vec<(Span, String)> {
    let name = |at: usize| (Span::new(at, at + "noscript".len()), "template".to_owned());
    let end_tag = element.span.slice(program).and_then(|text| text.rfind("</")).filter(|_| element.closed);
    let end_tag = end_tag.map(|at| element.span.start + at);
    let content = Span::new(element.start_tag.end, end_tag.unwrap_or(element.span.end));
    let mut hidden = vec![name(element.start_tag.start + 1), (content, String::new())];
    hidden.extend(end_tag.map(|at| name(at + 2)));
    hidden
}

/// Differs from page to page, so that no page can count on it, but is the same for the same page.
fn unused_name(program: &str) -> String {
    let mut hash = blake3::hash(program.as_bytes());
    loop {
        let name = format!("g{}", &hash.to_hex()[..12]);
        if !program.contains(&name) {
            return name;
        }
        hash = blake3::hash(hash.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::outline;

    fn shown(program: &str) -> String {
        let assets = BTreeMap::from([("rick.jpg".into(), "data:image/jpeg;base64,AA".into())]);
        let injected = inject(program, &outline(program), &assets, false);
        injected.html.replace(&injected.attribute, "@")
    }

    #[test]
    fn every_start_tag_gets_its_number_and_raw_text_none() {
        assert_eq!(shown("<DIV class=a><br/>x</DIV>"), "<DIV @=\"0\" class=a><br @=\"1\"/>x</DIV>");
        assert_eq!(shown("<style>a<b{}</style><!--<p>-->"), "<style @=\"0\">a<b{}</style><!--<p>-->");
        assert_eq!(shown("<div class=\"a"), "<div class=\"a");
    }

    #[test]
    fn style_sheets_are_marked_in_their_place() {
        assert_eq!(
            shown("<style>p{top:0}</style><p>x"),
            "<style @=\"0\">@property --@0{syntax:\"*\";inherits:false}p{--@0:0;top:0}</style><p @=\"1\">x"
        );
    }

    #[test]
    fn assets_become_data_and_refreshes_nothing() {
        assert_eq!(
            shown("<img src='rick.jpg' alt=rick.jpg>"),
            "<img @=\"0\" src='data:image/jpeg;base64,AA' alt=rick.jpg>"
        );
        assert_eq!(
            shown("<meta http-equiv=Refresh content=0>"),
            "<meta @=\"0\" data-still=Refresh content=0>"
        );
        assert_eq!(shown("<input autofocus>"), "<input @=\"0\" data-still>");
    }

    #[test]
    fn what_is_for_browsers_without_scripts_is_not_shown() {
        assert_eq!(shown("a<NoScript>b</noscript >c"), "a<template @=\"0\"></template >c");
        assert_eq!(shown("<noscript></template><p>b</noscript>c"), "<template @=\"0\"></template>c");
        assert_eq!(shown("<noscript><plaintext></noscript>c"), "<template @=\"0\"></template>c");
    }
}
