//! `cells`: twelve coloured cells and nothing else, 4 × 3, edge to edge (13 declarations that a picture decides).
//!
//! For studies of credit: what is wrong stands in a few of many statements, and everything is visible to a small model.

use galley_core::Random;

use super::{Scene, color::ground, markup::element};
use crate::tasks::Colour;

/// Columns times rows.
const CELLS: usize = 12;

/// The same on every page; without margins a cell of a 128 × 96 screen is a square of 32.
const SHEET: &str = "<style>body{margin:0}p{float:left;width:25%;height:33%;margin:0}</style>";

pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    let colour = |random: &mut Random| Colour::draw(scene.vocabulary().digits, random);
    let background = ground(scene, random);
    let cells: String =
        (0..CELLS).map(|_| element("p", &[("background", colour(random).to_string())], "")).collect();
    format!("{SHEET}{}", element("body", &[("background", background.to_string())], &cells))
}
