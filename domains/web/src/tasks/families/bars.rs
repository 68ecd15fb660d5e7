//! `bars`: three coloured bars over the whole width (13 declarations, of which four colours are to be seen).
//!
//! For studies of credit: everything else is the same on every page, and there are 27 colours at every difficulty, so that
//! after a short warm start what is wrong stands in a few of many statements.

use galley_core::Random;

use super::{color::body, markup::element};
use crate::tasks::Colour;

/// Levels of a channel.
const DIGITS: [u8; 3] = [0, 8, 15];

pub(super) fn page(random: &mut Random) -> String {
    let background = loop {
        let colour = Colour::draw(&DIGITS, random);
        if colour != Colour::WHITE {
            break colour;
        }
    };
    let bars: String = (0..3).map(|_| bar(random)).collect();
    body(background, &bars)
}

fn bar(random: &mut Random) -> String {
    let colour = Colour::draw(&DIGITS, random);
    let style = [
        ("background", colour.to_string()),
        ("color", colour.ink().to_string()),
        ("width", "100%".into()),
        ("height", "33%".into()),
    ];
    element("div", &style, "home")
}
