//! What sections are made of: buttons, pictures, lists.

use galley_core::Random;

use super::{super::markup, theme::Theme};
use markup::{element, void};

pub(super) fn button(theme: &Theme, random: &mut Random) -> String {
    let mut style = theme.filled(theme.accent);
    style.push(("padding", theme.space(random)));
    style.push(("border", "0".into()));
    style.push(("border-radius", format!("{}px", random.pick(&theme.vocabulary.pixels[..3]))));
    element("button", &style, &theme.words(1, 2, random))
}

/// A picture without a file: the place that it takes.
pub(super) fn picture(theme: &Theme, random: &mut Random) -> String {
    let width = format!("{}%", random.pick(theme.vocabulary.percents));
    let height = format!("{}px", random.pick(&[32, 48, 64]));
    void("img", &[("background", theme.accent.to_string()), ("width", width), ("height", height)])
}

pub(super) fn list(theme: &Theme, random: &mut Random) -> String {
    let items: String =
        (0..theme.count(random)).map(|_| element("li", &[], &theme.words(1, 3, random))).collect();
    element("ul", &[("margin", theme.space(random))], &items)
}

pub(super) fn align(random: &mut Random) -> String {
    (*random.pick(&["left", "center", "right"])).into()
}
