//! What a deck looks like: slides with their pictures, shapes in paint order, and where each came from.
//!
//! A [`Render`] of this domain shows all slides of a deck one below the other; [`Deck::of`] takes it apart again. All
//! coordinates of a slide are pixels of its own picture, from its left upper corner.

use std::{collections::BTreeMap, sync::Arc};

use galley_core::{Element, Image, Region, Render, Span};
use serde::{Deserialize, Serialize};

/// The style key of the first element under which a render carries its scene, as JSON.
const KEY: &str = "deck";

/// A deck as it was rendered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deck {
    /// Pixels of each slide's picture.
    pub width: u32,
    pub height: u32,
    /// Pixels in a point (1/72 inch): a text of 18 pt is `18 * scale` pixels high.
    pub scale: f64,
    pub slides: Vec<Slide>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slide {
    /// From 0.
    pub index: usize,
    /// Its picture; not part of the JSON.
    #[serde(skip)]
    pub image: Arc<Image>,
    /// Red, green, blue, alpha of a plain background; `None` for pictures, gradients and patterns.
    pub background: Option<[u8; 4]>,
    /// In paint order; a group, a table and a text come before what is in them.
    pub shapes: Vec<Shape>,
    /// The statement that added the slide.
    pub span: Option<Span>,
}

/// What a shape is. Cells, paragraphs and runs are parts of other shapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeKind {
    #[default]
    AutoShape,
    TextBox,
    Freeform,
    Picture,
    Table,
    Chart,
    Connector,
    Placeholder,
    Group,
    /// Media, embedded objects, and what else a frame can hold.
    Other,
    Cell,
    Paragraph,
    Run,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The number in the file, unique on its slide; cells, paragraphs and runs have that of their shape.
    pub id: u32,
    pub kind: ShapeKind,
    pub name: String,
    /// Index in [`Slide::shapes`] of the group, table, text or paragraph that it is in.
    pub parent: Option<usize>,
    /// The box around the turned frame. Of paragraphs and runs: their ink, or an empty box where they show none.
    pub frame: Frame,
    /// The turned frame: left upper, right upper, right lower, left lower corner of the shape, before turning.
    pub corners: [(f64, f64); 4],
    /// Degrees clockwise, those of the groups around it included.
    pub rotation: f64,
    /// Where its text is on the picture, also where that is outside of the frame; `None` without visible text.
    pub ink: Option<Frame>,
    /// Its own text with that of its paragraphs; paragraphs are separated by `\n`. Empty for groups and tables.
    pub text: String,
    /// The smallest effective size of its text, in points, as LibreOffice sets it (after shrinking to fit).
    pub font_pt: Option<f64>,
    /// Red, green, blue of most of its text.
    pub text_color: Option<[u8; 3]>,
    /// Red, green, blue, alpha of a plain filling; `None` without filling and for gradients, patterns and pictures.
    pub fill: Option<[u8; 4]>,
    /// Width by height of a picture's own pixels (after cropping), and as shown.
    pub picture_aspect: Option<(f64, f64)>,
    /// The part of the program that made it, or that wrote its text for paragraphs and runs.
    pub span: Option<Span>,
}

/// A box in pixels of a slide; may lie partly outside.
pub type Frame = Region;

impl Deck {
    /// The scene that a render carries, with the pictures of its slides; `None` for a render that failed.
    pub fn of(render: &Render) -> Option<Self> {
        let image = render.image.as_deref()?;
        let mut deck: Self = serde_json::from_str(render.elements.first()?.style.get(KEY)?).ok()?;
        for slide in &mut deck.slides {
            slide.image = Arc::new(rows(image, slide.index as u32 * deck.height, deck.height)?);
        }
        Some(deck)
    }

    /// Puts it into the style of the render's first element.
    pub fn attach(&self, render: &mut Render) {
        if let (Some(first), Ok(text)) = (render.elements.first_mut(), serde_json::to_string(self)) {
            first.style.insert(KEY.into(), text);
        }
    }

    /// Every slide and, after it, every shape, as elements of the render.
    pub fn elements(&self) -> Vec<Element> {
        let mut elements = Vec::new();
        for slide in &self.slides {
            let base = elements.len();
            elements.push(slide.element(self));
            elements.extend(slide.shapes.iter().map(|shape| shape.element(self, slide.index, base)));
        }
        elements
    }

    /// Where a box on slide `index` is in the render.
    pub fn on_render(&self, index: usize, frame: Frame) -> Region {
        Region::new(frame.x, frame.y + index as f64 * f64::from(self.height), frame.width, frame.height)
    }

    /// The slide that a place of the render is on.
    pub fn slide_at(&self, region: Region) -> usize {
        let (_, y) = region.centre();
        let last = self.slides.len().saturating_sub(1);
        ((y / f64::from(self.height.max(1))).max(0.0) as usize).min(last)
    }
}

/// `height` rows of `image` from `top` on; `None` where it has fewer.
fn rows(image: &Image, top: u32, height: u32) -> Option<Image> {
    let row = image.width as usize * 3;
    let bytes = image.rgb.get(top as usize * row..(top as usize + height as usize) * row)?;
    Some(Image::new(image.width, height, bytes.to_vec()))
}

impl ShapeKind {
    /// As elements and style name it: `text-box`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AutoShape => "auto-shape",
            Self::TextBox => "text-box",
            Self::Freeform => "freeform",
            Self::Picture => "picture",
            Self::Table => "table",
            Self::Chart => "chart",
            Self::Connector => "connector",
            Self::Placeholder => "placeholder",
            Self::Group => "group",
            Self::Other => "other",
            Self::Cell => "cell",
            Self::Paragraph => "paragraph",
            Self::Run => "run",
        }
    }

    /// Whether it is a part of another shape's text or table.
    pub fn is_part(self) -> bool {
        matches!(self, Self::Cell | Self::Paragraph | Self::Run)
    }
}

impl Slide {
    fn element(&self, deck: &Deck) -> Element {
        let all = Region::new(0.0, 0.0, f64::from(deck.width), f64::from(deck.height));
        Element {
            parent: None,
            kind: "slide".into(),
            span: self.span,
            region: deck.on_render(self.index, all),
            text: String::new(),
            text_region: None,
            style: BTreeMap::new(),
        }
    }
}

impl Shape {
    /// `base` is the index of the slide's element; its shapes follow it.
    fn element(&self, deck: &Deck, slide: usize, base: usize) -> Element {
        let folded = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        Element {
            parent: Some(self.parent.map_or(base, |parent| base + 1 + parent)),
            kind: self.kind.name().into(),
            span: self.span,
            region: deck.on_render(slide, self.frame),
            text: folded,
            text_region: self.ink.map(|ink| deck.on_render(slide, ink)),
            style: self.style(),
        }
    }

    fn style(&self) -> BTreeMap<String, String> {
        let color = |[r, g, b]: [u8; 3]| format!("rgb({r}, {g}, {b})");
        let known = [
            ("name", (!self.name.is_empty()).then(|| self.name.clone())),
            ("color", self.text_color.map(color)),
            ("background-color", self.fill.map(|[r, g, b, _]| color([r, g, b]))),
            ("font-size", self.font_pt.map(|points| format!("{points:.1}pt"))),
            ("rotation", (self.rotation != 0.0).then(|| format!("{:.1}", self.rotation))),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
