//! `boxes`: two or three of the boxes of `color-text-size`, one below the other (9 or 13 declarations).

use galley_core::Random;

use super::{Scene, color::body, color_text_size::cell};
use crate::tasks::Colour;

pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    let count = match scene.difficulty {
        0 | 1 => 2,
        2 => 2 + random.below(2),
        _ => 3,
    };
    let background = Colour::draw(scene.vocabulary().digits, random);
    let cells: String = (0..count).map(|_| cell(scene, background, heights(scene, count), random)).collect();
    body(background, &cells)
}

/// Heights of which `count` fit onto the page; in steps of 10 at the lowest difficulty.
fn heights(scene: &Scene, count: usize) -> &'static [u32] {
    match (scene.difficulty, count) {
        (0 | 1, _) => &[20, 30, 40],
        (_, 2) => &[20, 25, 30, 35, 40, 45],
        _ => &[15, 20, 25, 30],
    }
}
