//! The sections that a page is put together from, top to bottom.

use galley_core::Random;

use super::{
    super::markup::{element, void},
    parts::{align, button, list, picture},
    theme::Theme,
};

pub(super) type Section = fn(&Theme, &mut Random) -> String;

/// All but the header; the footer comes last.
pub(super) const SECTIONS: [Section; 8] = [hero, cards, enumeration, table, buttons, form, media, footer];

pub(super) fn header(theme: &Theme, random: &mut Random) -> String {
    let mut style = theme.filled(theme.accent);
    style.extend([("padding", theme.space(random)), ("text-align", align(random))]);
    element("div", &style, &element("b", &[], &theme.words(1, 2, random)))
}

fn hero(theme: &Theme, random: &mut Random) -> String {
    let size = format!("{}px", random.pick(&[24, 32, 48]));
    let title = element("h1", &[("margin", "0".into()), ("font-size", size)], &theme.words(1, 3, random));
    let text = element("p", &[], &theme.words(3, 8, random));
    let style = [("padding", theme.space(random)), ("text-align", align(random))];
    element("div", &style, &(title + &text + &button(theme, random)))
}

fn cards(theme: &Theme, random: &mut Random) -> String {
    let cards: String = (0..theme.count(random)).map(|_| card(theme, random)).collect();
    let style = [("padding", theme.space(random)), ("display", "flex".into()), ("gap", theme.space(random))];
    element("div", &style, &cards)
}

fn card(theme: &Theme, random: &mut Random) -> String {
    let mut inner = element("h3", &[("margin", "0".into())], &theme.words(1, 2, random));
    inner += &element("p", &[], &theme.words(2, 6, random));
    if theme.difficulty > 1 {
        inner += &button(theme, random);
    }
    if theme.difficulty > 2 {
        inner += &list(theme, random);
    }
    let mut style = theme.filled(theme.surface);
    style.extend([("padding", theme.space(random)), ("flex", "1".into())]);
    element("div", &style, &inner)
}

fn enumeration(theme: &Theme, random: &mut Random) -> String {
    list(theme, random)
}

fn table(theme: &Theme, random: &mut Random) -> String {
    let columns = theme.count(random);
    let mut rows = row(theme, "th", columns, random);
    for _ in 0..theme.count(random) {
        rows += &row(theme, "td", columns, random);
    }
    let mut style = theme.filled(theme.surface);
    style.extend([
        ("width", format!("{}%", random.pick(theme.vocabulary.percents))),
        ("margin", theme.space(random)),
        ("text-align", align(random)),
    ]);
    element("table", &style, &rows)
}

fn row(theme: &Theme, tag: &str, columns: usize, random: &mut Random) -> String {
    let cells: String = (0..columns).map(|_| element(tag, &[], &theme.words(1, 1, random))).collect();
    element("tr", &[], &cells)
}

fn buttons(theme: &Theme, random: &mut Random) -> String {
    let buttons: String = (0..theme.count(random)).map(|_| button(theme, random)).collect();
    let style = [("margin", theme.space(random)), ("display", "flex".into()), ("gap", theme.space(random))];
    element("div", &style, &buttons)
}

fn form(theme: &Theme, random: &mut Random) -> String {
    let width = format!("{}%", random.pick(theme.vocabulary.percents));
    let fields: String = (0..theme.count(random))
        .map(|_| {
            let label = element("p", &[("margin", "0".into())], &theme.words(1, 2, random));
            label + &void("input", &[("width", width.clone())])
        })
        .collect();
    let style = [("margin", theme.space(random))];
    element("div", &style, &(fields + "<br>" + &button(theme, random)))
}

fn media(theme: &Theme, random: &mut Random) -> String {
    let inner = picture(theme, random) + &element("p", &[], &theme.words(2, 6, random));
    element("div", &[("margin", theme.space(random)), ("text-align", align(random))], &inner)
}

fn footer(theme: &Theme, random: &mut Random) -> String {
    let mut style = theme.filled(theme.accent);
    style.extend([("padding", theme.space(random)), ("text-align", align(random))]);
    element("div", &style, &theme.words(2, 4, random))
}
