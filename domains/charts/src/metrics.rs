//! ChartMimic's low-level scores of a render against its reference, in both modes.

use galley_core::{Element, Image, Region, Render};
use galley_measure::chartmimic::{Scores, calls, colors, filter_colors, multiset, sound};
use serde::Serialize;

use crate::records::Records;

/// Text, layout, type and colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LowLevel {
    pub text: Scores,
    pub layout: Scores,
    #[serde(rename = "type")]
    pub calls: Scores,
    pub color: Scores,
}

impl LowLevel {
    /// The mean of the four F1 scores.
    pub fn average(&self) -> f64 {
        (self.text.f1 + self.layout.f1 + self.calls.f1 + self.color.f1) / 4.0
    }
}

/// As ChartMimic's evaluators compute them. `graph`: the chart is of that family, whose layout is recorded otherwise.
pub fn official(generated: &Records, golden: &Records, graph: bool) -> LowLevel {
    let (ours, theirs) = (&generated.official, &golden.official);
    let layout = match graph {
        true => multiset(&ours.graph_layout, &theirs.graph_layout),
        false => multiset(&ours.layout, &theirs.layout),
    };
    LowLevel {
        text: multiset(&ours.text, &theirs.text),
        layout,
        calls: calls(&ours.calls, &theirs.calls),
        color: colors(&filter_colors(&ours.color), &filter_colors(&theirs.color)),
    }
}

/// What a reader of the picture expects: texts count where they can be seen, layout is that of the picture, colours are
/// not thinned out, and two programs without any of something agree.
pub fn sound_scores(generated: &Render, golden: &Render) -> Option<LowLevel> {
    let (ours, theirs) = (Records::of(generated)?.sound, Records::of(golden)?.sound);
    let (seen, wanted) = (visible(&ours.text, generated), visible(&theirs.text, golden));
    Some(LowLevel {
        text: sound(seen.is_empty(), wanted.is_empty(), multiset(&seen, &wanted)),
        layout: sound(
            ours.layout.is_empty(),
            theirs.layout.is_empty(),
            multiset(&ours.layout, &theirs.layout),
        ),
        calls: sound(ours.calls.is_empty(), theirs.calls.is_empty(), calls(&ours.calls, &theirs.calls)),
        color: sound(ours.color.is_empty(), theirs.color.is_empty(), colors(&ours.color, &theirs.color)),
    })
}

/// The texts, each as often as an element that says it has ink on the picture. A record is a claim; the picture is not.
fn visible(texts: &[String], render: &Render) -> Vec<String> {
    let Some(image) = &render.image else { return Vec::new() };
    let mut inked: Vec<Vec<&str>> = render
        .elements
        .iter()
        .filter(|element| !element.text.is_empty() && has_ink(image, element))
        .map(|element| element.text.split_whitespace().collect())
        .collect();
    let mut found = Vec::new();
    for text in texts {
        let words: Vec<&str> = text.split_whitespace().collect();
        // Lines of one text are recorded one by one, and belong to one element.
        let holds = |element: &Vec<&str>| {
            !words.is_empty() && element.windows(words.len()).any(|part| part == &words[..])
        };
        if let Some(element) = inked.iter_mut().find(|element| holds(element)) {
            let at = element.windows(words.len()).position(|part| part == &words[..]).unwrap_or(0);
            element.drain(at..at + words.len());
            found.push(words.join(" "));
        }
    }
    found
}

/// Whether the pixels of a text's box are not all the same.
fn has_ink(image: &Image, element: &Element) -> bool {
    let box_ = element.text_region.unwrap_or(element.region);
    let canvas = Region::new(0.0, 0.0, f64::from(image.width), f64::from(image.height));
    let seen = box_.intersection(canvas);
    if seen.is_empty() {
        return false;
    }
    let (left, top) = (seen.x.floor() as u32, seen.y.floor() as u32);
    let (right, bottom) =
        ((seen.right().ceil() as u32).min(image.width), (seen.bottom().ceil() as u32).min(image.height));
    let first = image.pixel(left, top);
    (top..bottom).any(|y| (left..right).any(|x| image.pixel(x, y) != first))
}
