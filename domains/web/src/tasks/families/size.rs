//! `size`: one box on white, whose width and height have to be measured.

use galley_core::Random;

use super::{Scene, color::body, markup::element};
use crate::tasks::Colour;

pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    let vocabulary = scene.vocabulary();
    let background = Colour::draw_unlike(vocabulary.digits, Colour::WHITE, random);
    let mut percent = || format!("{}%", random.pick(vocabulary.percents));
    let style = [("background", background.to_string()), ("width", percent()), ("height", percent())];
    body(Colour::WHITE, &element("div", &style, ""))
}
