//! `color-text`: a background and a word.

use galley_core::Random;

use super::{Scene, color::body, markup::element};
use crate::tasks::Colour;

pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    let vocabulary = scene.vocabulary();
    let background = Colour::draw(vocabulary.digits, random);
    body(background, &element("div", &[("color", background.ink().to_string())], vocabulary.word(random)))
}
