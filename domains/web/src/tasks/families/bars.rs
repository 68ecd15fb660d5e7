//! `bars`: three coloured bars over the whole width (13 declarations, of which four colours are to be seen).
//!
//! For studies of credit: everything else is the same on every page, so that after a short warm start what is wrong stands
//! in a few of many statements.

use galley_core::Random;

use super::{
    Scene,
    color::{body, ground},
    markup::element,
};
use crate::tasks::Colour;

pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    let background = ground(scene, random);
    let bars: String = (0..3).map(|_| bar(scene, random)).collect();
    body(background, &bars)
}

fn bar(scene: &Scene, random: &mut Random) -> String {
    let colour = Colour::draw(scene.vocabulary().digits, random);
    let style = [
        ("background", colour.to_string()),
        ("color", colour.ink().to_string()),
        ("width", "100%".into()),
        ("height", "33%".into()),
    ];
    element("div", &style, "home")
}
