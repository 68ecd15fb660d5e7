//! Whether the effect of one declaration of the reference is seen in the attempt.
//!
//! Lengths are compared in the unit of their declaration: percentages as shares of the parent, `em` as shares of the
//! font size, everything else in pixels. Tolerances: 8 of 255 in a colour channel; 1.5 % of the parent for sizes, and for
//! sizes in pixels no more than 5 % of the size itself; 1.5 % of other lengths, and at least half a pixel.

mod extent;

use galley_core::{Element, Region};

use super::{pages::Pages, property::Check, start_tag::Declaration};
use crate::computed::{self, Rgba, sides};

/// Share of the parent by which a size may be wrong.
const SIZE_TOLERANCE: f64 = 0.015;

/// A declaration of a reference element, with the attempt's element that stands for it.
#[derive(Clone, Copy)]
pub struct Pair<'p> {
    pub pages: &'p Pages<'p>,
    pub reference: usize,
    pub attempt: usize,
    pub declaration: &'p Declaration,
    /// All declarations of the element.
    pub all: &'p [Declaration],
}

/// What differs, in words; `None` when the attempt has it right or nobody can see it.
pub fn difference(pair: &Pair<'_>, check: Check) -> Option<String> {
    match check {
        Check::Background => background(pair),
        Check::TextColour => {
            pair.with_text()?;
            pair.colours("text", |element| computed::colour(element, "color"))
        }
        Check::BorderColour => pair.colours("border", computed::border),
        Check::Extent(dimension) => extent::extent(pair, dimension),
        Check::Sides { key, side } => lengths(pair, key, side),
        Check::Value(key) => value(pair, key),
        Check::TextValue(key) => {
            pair.with_text()?;
            value(pair, key)
        }
        Check::Font => {
            pair.with_text()?;
            ["font-size", "font-weight", "font-style", "font-family"].iter().find_map(|key| value(pair, key))
        }
        Check::Border => {
            lengths(pair, "border-width", None).or_else(|| pair.colours("border", computed::border))
        }
        Check::Offset => offset(pair),
        Check::Arrangement => arrangement(pair),
    }
}

impl<'p> Pair<'p> {
    fn wanted(&self) -> &'p Element {
        &self.pages.reference.elements[self.reference]
    }

    fn seen(&self) -> &'p Element {
        &self.pages.attempt.elements[self.attempt]
    }

    /// The boxes of the two parents.
    fn containers(&self) -> (Region, Region) {
        (
            Pages::container(self.pages.reference, self.reference),
            Pages::container(self.pages.attempt, self.attempt),
        )
    }

    fn with_text(&self) -> Option<()> {
        self.pages.has_text[self.reference].then_some(())
    }

    fn colours(&self, what: &str, of: impl Fn(&Element) -> Option<Rgba>) -> Option<String> {
        const NONE: Rgba = Rgba { rgb: [0.0; 3], alpha: 0.0 };
        let (wanted, seen) = (of(self.wanted()).unwrap_or(NONE), of(self.seen()).unwrap_or(NONE));
        wanted.differs(seen).then(|| format!("{what} is {}, should be {}", seen.written(), wanted.written()))
    }
}

/// Own backgrounds must differ, and what is seen behind the content too: a box without a background of its own may
/// stand on just the right colour.
fn background(pair: &Pair<'_>) -> Option<String> {
    let (reference, attempt) = (&pair.pages.reference.elements, &pair.pages.attempt.elements);
    if let Some(what) = optional(pair, "background-image") {
        return Some(what);
    }
    let own = pair.colours("background", |element| computed::colour(element, "background-color"))?;
    let behind =
        (computed::background(reference, pair.reference), computed::background(attempt, pair.attempt));
    computed::differ(behind.0, behind.1).then_some(own)
}

/// The unit that scales a declared length.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Percent,
    Em,
    Pixels,
}

impl Unit {
    fn of(value: &str) -> Self {
        if value.contains('%') {
            return Self::Percent;
        }
        let is_em = |word: &str| word.ends_with("em") && !word.ends_with("rem");
        if value.split_whitespace().any(is_em) { Self::Em } else { Self::Pixels }
    }
}

/// The attempt's font size as a multiple of the reference's.
fn font_scale(pair: &Pair<'_>) -> f64 {
    let size = |element| computed::pixels(element, "font-size").filter(|size| *size > 0.0);
    match (size(pair.wanted()), size(pair.seen())) {
        (Some(wanted), Some(seen)) => seen / wanted,
        _ => 1.0,
    }
}

fn near(wanted: f64, seen: f64) -> bool {
    (wanted - seen).abs() <= (SIZE_TOLERANCE * wanted.abs()).max(0.5)
}

fn lengths(pair: &Pair<'_>, key: &str, side: Option<usize>) -> Option<String> {
    let (wanted_text, seen_text) = (pair.wanted().style.get(key)?, pair.seen().style.get(key)?);
    let (wanted, seen) = (sides(wanted_text)?, sides(seen_text)?);
    if key == "margin" && pair.declaration.value.contains("auto") {
        let centred = |[_, right, _, left]: [f64; 4]| (right - left).abs() <= 2.0;
        return (centred(wanted) != centred(seen)).then(|| format!("{key} is {seen_text}, should be auto"));
    }
    let (outer, outer_seen) = pair.containers();
    let scale = match Unit::of(&pair.declaration.value) {
        Unit::Percent if outer.width > 0.0 => outer_seen.width / outer.width,
        Unit::Em => font_scale(pair),
        _ => 1.0,
    };
    let wrong = |side: usize| !near(wanted[side] * scale, seen[side]);
    match side {
        Some(side) => wrong(side).then(|| {
            let property = &pair.declaration.property;
            format!("{property} is {:.0} px, should be {:.0} px", seen[side], wanted[side] * scale)
        }),
        None => (0..4).any(wrong).then(|| format!("{key} is {seen_text}, should be {wanted_text}")),
    }
}

fn value(pair: &Pair<'_>, key: &str) -> Option<String> {
    if let "background-image" | "gap" | "flex-direction" = key {
        return optional(pair, key);
    }
    let (wanted, seen) = (pair.wanted().style.get(key)?, pair.seen().style.get(key)?);
    let number = |text: &str| text.strip_suffix("px").unwrap_or(text).parse::<f64>().ok();
    let same = match (number(wanted), number(seen)) {
        (Some(wanted), Some(seen)) if key == "opacity" => (wanted - seen).abs() <= 0.03,
        (Some(wanted), Some(seen)) => near(wanted * value_scale(pair, key), seen),
        _ => keyword(wanted) == keyword(seen),
    };
    (!same).then(|| format!("{key} is {seen}, should be {wanted}"))
}

/// By what the reference's value is multiplied because the declaration is relative to a font size.
fn value_scale(pair: &Pair<'_>, key: &str) -> f64 {
    let value = &pair.declaration.value;
    let relative = Unit::of(value) != Unit::Pixels;
    match key {
        "line-height" if relative || value.parse::<f64>().is_ok() => font_scale(pair),
        "font-size" if relative => {
            let parent = |elements: &[Element], at: usize| {
                computed::pixels(&elements[elements[at].parent.filter(|parent| *parent < at)?], "font-size")
            };
            let wanted = parent(&pair.pages.reference.elements, pair.reference);
            let seen = parent(&pair.pages.attempt.elements, pair.attempt);
            wanted.zip(seen).map_or(1.0, |(wanted, seen)| if wanted > 0.0 { seen / wanted } else { 1.0 })
        }
        _ => 1.0,
    }
}

/// One name for values that look the same.
pub fn keyword(value: &str) -> String {
    match value {
        "start" | "-webkit-left" => "left".into(),
        "-webkit-center" => "center".into(),
        other => other.to_ascii_lowercase().replace(['"', '\''], ""),
    }
}

/// A property that is recorded only where it is set.
fn optional(pair: &Pair<'_>, key: &str) -> Option<String> {
    let of = |element: &'_ Element| element.style.get(key).cloned().unwrap_or_else(|| "none".into());
    let (wanted, seen) = (of(pair.wanted()), of(pair.seen()));
    (wanted != seen).then(|| format!("{key} is {seen}, should be {wanted}"))
}

/// The element's own place in its parent, where its size is right.
fn offset(pair: &Pair<'_>) -> Option<String> {
    let (outer, outer_seen) = pair.containers();
    let (wanted, seen) = (pair.wanted().region, pair.seen().region);
    let same_size = near(wanted.width, seen.width) && near(wanted.height, seen.height);
    let (x, y) = (seen.x - outer_seen.x - (wanted.x - outer.x), seen.y - outer_seen.y - (wanted.y - outer.y));
    (same_size && x.abs().max(y.abs()) > SIZE_TOLERANCE * outer.width.max(outer.height).max(1.0))
        .then(|| shift(x, y))
}

/// "24 px too far right, 3 px too low".
pub fn shift(x: f64, y: f64) -> String {
    let word = |value: f64, more: &str, less: &str| {
        (value.abs() >= 1.0)
            .then(|| format!("{:.0} px too {}", value.abs(), if value > 0.0 { more } else { less }))
    };
    [word(x, "far right", "far left"), word(y, "low", "high")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// The places of the children, where all of them and the element have the right size.
fn arrangement(pair: &Pair<'_>) -> Option<String> {
    let (wanted, seen) = (pair.wanted().region, pair.seen().region);
    if !near(wanted.width, seen.width) || !near(wanted.height, seen.height) {
        return None;
    }
    let mut most = 0.0f64;
    for &child in &pair.pages.children[pair.reference] {
        let counterpart = pair.pages.pairing.of_reference[child]?;
        let (own, other) =
            (pair.pages.reference.elements[child].region, pair.pages.attempt.elements[counterpart].region);
        if !near(own.width, other.width) || !near(own.height, other.height) {
            return None;
        }
        most = most.max((other.x - seen.x - own.x + wanted.x).abs());
        most = most.max((other.y - seen.y - own.y + wanted.y).abs());
    }
    (most > (SIZE_TOLERANCE * wanted.width.max(wanted.height)).max(2.0))
        .then(|| format!("its children stand up to {most:.0} px from their place"))
}
