//! `color-text-size`: a background, and a box with its own colour, width, height and word.

use galley_core::Random;

use super::{Scene, color::body, markup::element};
use crate::tasks::Colour;

pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    let background = Colour::draw(scene.vocabulary().digits, random);
    body(background, &cell(scene, background, scene.vocabulary().percents, random))
}

/// A box on `ground`, its height one of `heights`.
pub(super) fn cell(scene: &Scene, ground: Colour, heights: &[u32], random: &mut Random) -> String {
    let vocabulary = scene.vocabulary();
    let background = Colour::draw_unlike(vocabulary.digits, ground, random);
    let style = [
        ("background", background.to_string()),
        ("color", background.ink().to_string()),
        ("width", format!("{}%", random.pick(vocabulary.percents))),
        ("height", format!("{}%", random.pick(heights))),
    ];
    element("div", &style, vocabulary.word(random))
}
