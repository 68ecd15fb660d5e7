//! `color`: nothing but a background, and not white, because an all-white picture counts as blank.

use galley_core::Random;

use super::{Scene, markup::element};
use crate::tasks::Colour;

pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    body(ground(scene, random), "")
}

/// A background that is seen without anything on it.
pub(super) fn ground(scene: &Scene, random: &mut Random) -> Colour {
    loop {
        let colour = Colour::draw(scene.vocabulary().digits, random);
        if colour != Colour::WHITE {
            return colour;
        }
    }
}

/// The body that the simple families share.
pub(super) fn body(background: Colour, inner: &str) -> String {
    element("body", &[("background", background.to_string())], inner)
}
