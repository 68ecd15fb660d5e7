//! What of a slide has weight, and what may not lie on one another. Ours: AeSlides looks at pages, not at decks.

use galley_core::Region;

use crate::scene::{Deck, Frame, Shape, ShapeKind, Slide};

/// Pictures and fillings of at least this share of a slide are its ground.
const GROUND: f64 = 0.75;

/// A thing on a slide that is looked at or read.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its index in [`Slide::shapes`], which is its place in paint order.
    pub index: usize,
    pub shape: &'a Shape,
    /// What is seen of it: the ink of texts, the frame of everything else, cut at the edges of the slide.
    pub seen: Frame,
    pub kind: ItemKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    Text,
    /// Pictures, charts, and other frames with something in them.
    Picture,
    /// A filled shape without text.
    Filling,
}

/// The items of a slide in paint order; what is outside, what is its ground, and lines and groups are left out. Of a text
/// its shape is an item and not its paragraphs; of a table its cells are.
pub fn items<'a>(deck: &Deck, slide: &'a Slide) -> Vec<Item<'a>> {
    let canvas = canvas(deck);
    let shapes = slide.shapes.iter().enumerate();
    shapes.filter_map(|(index, shape)| item(canvas, index, shape)).collect()
}

/// A slide as a region of its own picture.
pub fn canvas(deck: &Deck) -> Region {
    Region::new(0.0, 0.0, f64::from(deck.width), f64::from(deck.height))
}

fn item(canvas: Region, index: usize, shape: &Shape) -> Option<Item<'_>> {
    let (kind, frame) = match shape.kind {
        ShapeKind::Paragraph
        | ShapeKind::Run
        | ShapeKind::Group
        | ShapeKind::Connector
        | ShapeKind::Table => {
            return None;
        }
        ShapeKind::Picture | ShapeKind::Chart | ShapeKind::Other => (ItemKind::Picture, shape.frame),
        _ => match shape.ink {
            Some(ink) => (ItemKind::Text, ink),
            None if is_opaque(shape) => (ItemKind::Filling, shape.frame),
            None => return None,
        },
    };
    let seen = frame.intersection(canvas);
    let ground = kind != ItemKind::Text && seen.area() >= GROUND * canvas.area();
    (!seen.is_empty() && !ground).then_some(Item { index, shape, seen, kind })
}

/// Whether what is below its filling cannot be seen.
pub fn is_opaque(shape: &Shape) -> bool {
    shape.fill.is_some_and(|[.., alpha]| alpha >= 128)
}

/// Whether one of two shapes is in the other: a cell in its table, a shape in its group.
pub fn related(shapes: &[Shape], a: usize, b: usize) -> bool {
    is_within(shapes, a, b) || is_within(shapes, b, a)
}

fn is_within(shapes: &[Shape], mut inner: usize, outer: usize) -> bool {
    while let Some(parent) = shapes.get(inner).and_then(|shape| shape.parent).filter(|parent| *parent < inner)
    {
        if parent == outer {
            return true;
        }
        inner = parent;
    }
    false
}

/// A thing in words: what it is and what it says.
pub fn describe(shape: &Shape) -> String {
    let name = shape.kind.name().replace('-', " ");
    match shape.text.split_whitespace().collect::<Vec<_>>().join(" ") {
        text if text.is_empty() => format!("{name} `{:.40}`", shape.name),
        text => format!("{name} `{text:.40}`"),
    }
}
