//! `components`: a small web site of headers, cards, lists, tables, forms and buttons, with inline styles.
//!
//! Difficulty is the number of sections (2, 3–4, 5–6), of parts in each, and of levels: from 2 on cards hold buttons,
//! at 3 they hold lists.

mod parts;
mod sections;
mod theme;

use galley_core::Random;

use super::{Scene, markup::element};
use sections::SECTIONS;
use theme::Theme;

pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    let theme = Theme::draw(scene, random);
    let mut inner = sections::header(&theme, random);
    for section in choose(scene, random) {
        inner += &section(&theme, random);
    }
    let style = [
        ("background", theme.paper.to_string()),
        ("color", theme.paper.ink().to_string()),
        ("margin", "0".into()),
        ("font-family", "sans-serif".into()),
    ];
    element("body", &style, &inner)
}

/// Different sections in random order, the footer last if it is among them.
fn choose(scene: &Scene, random: &mut Random) -> Vec<sections::Section> {
    let mut order: Vec<usize> = (0..SECTIONS.len()).collect();
    random.shuffle(&mut order);
    order.truncate(match scene.difficulty {
        0 | 1 => 1,
        2 => 2 + random.below(2),
        _ => 4 + random.below(2),
    });
    order.sort_by_key(|&index| index + 1 == SECTIONS.len());
    order.into_iter().map(|index| SECTIONS[index]).collect()
}
