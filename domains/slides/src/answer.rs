//! Reads what the two workers wrote. A program shares the address space of the worker that reports its deck, and a deck
//! that of the one that draws it, so any byte may be forged: sizes are checked before they are believed, numbers must be
//! finite, and what does not fit makes the program fail.

use std::sync::Arc;

use galley_core::{Fault, FaultKind, Image, Region, Render};
use galley_kit::python::{Lines, Trouble};
use serde::Deserialize;

use crate::scene::{Deck, Shape, ShapeKind, Slide};

/// What a program reports: the bytes of its deck, and the places behind what is on it.
#[derive(Debug)]
pub struct Saved {
    pub deck: Vec<u8>,
    pub places: Vec<Places>,
}

/// Places of a slide and of what is on it, in the order of the walk (`python/walk.py`).
#[derive(Debug, Default, Deserialize)]
pub struct Places {
    at: Option<[i64; 4]>,
    shapes: Vec<Option<[i64; 4]>>,
}

#[derive(Deserialize)]
struct Report {
    nonce: u64,
    fault: Option<Trouble>,
    slides: Vec<Places>,
}

/// The deck that a program saved. `nonce` went with the job and must come back.
///
/// # Errors
/// The program's fault.
pub fn saved(lines: &Lines<'_>, bytes: &[u8], nonce: u64) -> Result<Saved, Fault> {
    let (report, deck) =
        split::<Report>(bytes).filter(|(report, _)| report.nonce == nonce).ok_or_else(|| {
            let message = match bytes.is_empty() {
                true => "the program ended the interpreter without a deck",
                false => "the program interfered with the report of its deck",
            };
            Fault::new(FaultKind::Runtime, message)
        })?;
    match report.fault {
        Some(trouble) => Err(trouble.into_fault(lines)),
        None => Ok(Saved { deck: deck.to_vec(), places: report.slides }),
    }
}

#[derive(Deserialize)]
struct Drawn {
    fault: Option<Trouble>,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    #[serde(default)]
    scale: f64,
    #[serde(default)]
    slides: Vec<DrawnSlide>,
}

#[derive(Deserialize)]
struct DrawnSlide {
    /// In the deck, hidden slides counted.
    index: usize,
    background: Option<[u8; 4]>,
    shapes: Vec<DrawnShape>,
}

#[derive(Deserialize)]
struct DrawnShape {
    id: u32,
    kind: ShapeKind,
    name: String,
    parent: Option<usize>,
    corners: [(f64, f64); 4],
    rotation: f64,
    text: String,
    ink: Option<[f64; 4]>,
    font_pt: Option<f64>,
    text_color: Option<[u8; 3]>,
    fill: Option<[u8; 4]>,
    picture_aspect: Option<(f64, f64)>,
}

/// The render of a deck. `places` may be empty, for a deck that no program of ours made.
pub fn drawn(lines: &Lines<'_>, places: &[Places], bytes: &[u8]) -> Render {
    let spoilt = || Render::failed(Fault::new(FaultKind::Runtime, "the deck interfered with its drawing"));
    let Some((drawn, pixels)) = split::<Drawn>(bytes) else { return spoilt() };
    match drawn.fault {
        Some(trouble) => Render::failed(trouble.into_fault(lines)),
        None => render(lines, places, drawn, pixels).unwrap_or_else(spoilt),
    }
}

fn render(lines: &Lines<'_>, places: &[Places], drawn: Drawn, pixels: &[u8]) -> Option<Render> {
    let height = u32::try_from(drawn.slides.len()).ok()?.checked_mul(drawn.height)?;
    let bytes = (drawn.width as usize).checked_mul(height as usize)?.checked_mul(3)?;
    let sound = drawn.scale.is_finite() && drawn.scale > 0.0;
    if bytes == 0 || pixels.len() != bytes || !sound {
        return None;
    }
    let nowhere = Places::default();
    let slides = drawn.slides.into_iter().enumerate().map(|(at, slide)| {
        let places = places.get(slide.index).unwrap_or(&nowhere);
        slide.read(at, lines, places)
    });
    let deck = Deck {
        width: drawn.width,
        height: drawn.height,
        scale: drawn.scale,
        slides: slides.collect::<Option<_>>()?,
    };
    let image = Arc::new(Image::new(drawn.width, height, pixels.to_vec()));
    if image.rgb.chunks_exact(3).all(|pixel| pixel == &image.rgb[..3]) {
        return Some(Render::failed(Fault::new(FaultKind::Blank, "the deck shows nothing")));
    }
    let mut render = Render { image: Some(image), elements: deck.elements(), faults: Vec::new() };
    deck.attach(&mut render);
    Some(render)
}

impl DrawnSlide {
    fn read(self, index: usize, lines: &Lines<'_>, places: &Places) -> Option<Slide> {
        let span = |place: Option<[i64; 4]>| place.and_then(|at| lines.span(at));
        let mut shapes = Vec::with_capacity(self.shapes.len());
        for (at, shape) in self.shapes.into_iter().enumerate() {
            let mut shape = shape.read(at)?;
            shape.span = span(places.shapes.get(at).copied().flatten());
            shapes.push(shape);
        }
        Some(Slide {
            index,
            image: Arc::default(),
            background: self.background,
            shapes,
            span: span(places.at),
        })
    }
}

impl DrawnShape {
    fn read(self, index: usize) -> Option<Shape> {
        let numbers = self.corners.iter().flat_map(|(x, y)| [*x, *y]).chain([self.rotation]);
        let numbers = numbers.chain(self.ink.into_iter().flatten()).chain(self.font_pt);
        let pairs = self.picture_aspect.map_or([0.0; 2], |(own, shown)| [own, shown]);
        if !numbers.chain(pairs).all(|number| number.is_finite() && number.abs() < 1e7) {
            return None;
        }
        let [left, top, right, bottom] = around(&self.corners);
        Some(Shape {
            id: self.id,
            kind: self.kind,
            name: self.name,
            parent: self.parent.filter(|parent| *parent < index),
            frame: Region::new(left, top, right - left, bottom - top),
            corners: self.corners,
            rotation: self.rotation,
            ink: self
                .ink
                .map(|[left, top, right, bottom]| Region::new(left, top, right - left, bottom - top)),
            text: self.text,
            font_pt: self.font_pt,
            text_color: self.text_color,
            fill: self.fill,
            picture_aspect: self.picture_aspect,
            span: None,
        })
    }
}

fn around(corners: &[(f64, f64); 4]) -> [f64; 4] {
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    corners.iter().fold(start, |[l, t, r, b], (x, y)| [l.min(*x), t.min(*y), r.max(*x), b.max(*y)])
}

/// A length, that much JSON, and the rest.
fn split<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<(T, &'a [u8])> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let head = serde_json::from_slice(bytes.get(4..4usize.checked_add(length)?)?).ok()?;
    Some((head, bytes.get(4 + length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str, pixels: &[u8]) -> Vec<u8> {
        [&(json.len() as u32).to_le_bytes(), json.as_bytes(), pixels].concat()
    }

    const SHAPE: &str = r#"{"id":2,"kind":"text-box","name":"n","parent":null,"corners":[[0,0],[1,0],[1,1],[0,1]],
        "rotation":0,"text":" a  b","ink":[0,0,1,1]}"#;

    fn whole(size: &str, shape: &str, pixels: &[u8]) -> Render {
        let json = format!(
            r#"{{"fault":null,{size},"scale":1.5,"slides":[{{"index":0,"background":null,"shapes":[{shape}]}}]}}"#
        );
        let places = [Places { at: Some([1, 0, 1, 1]), shapes: vec![Some([1, 0, 1, 6])] }];
        drawn(&Lines::new("add(1)"), &places, &answer(&json, pixels))
    }

    #[test]
    fn shapes_point_into_the_program_and_the_scene_comes_back() {
        let render = whole(r#""width":2,"height":1"#, SHAPE, &[0, 0, 0, 9, 9, 9]);
        assert_eq!(render.elements.len(), 2);
        let element = &render.elements[1];
        assert_eq!((element.parent, element.text.as_str()), (Some(0), "a b"));
        assert_eq!(element.span.and_then(|span| span.slice("add(1)")), Some("add(1)"));
        let deck = Deck::of(&render).unwrap();
        assert_eq!(deck.slides[0].image.rgb, [0, 0, 0, 9, 9, 9]);
        assert_eq!(deck.slides[0].shapes[0].frame, Region::new(0.0, 0.0, 1.0, 1.0));
        assert_eq!(deck.slides[0].shapes[0].span, element.span);
    }

    #[test]
    fn forged_answers_are_faults_and_no_panic() {
        let lines = Lines::new("x");
        for bytes in [&b""[..], b"abc", &[255; 4], &[255; 40], &answer("{}", b""), &answer("null", b"")] {
            assert!(!drawn(&lines, &[], bytes).ok());
            assert!(saved(&lines, bytes, 7).is_err());
        }
        let foreign = answer(r#"{"nonce":8,"fault":null,"slides":[]}"#, b"PK");
        assert!(saved(&lines, &foreign, 7).is_err());
        for size in
            ["2,\"height\":2", "0,\"height\":0", "4294967295,\"height\":4294967295", "-1,\"height\":2"]
        {
            assert!(!whole(&format!("\"width\":{size}"), SHAPE, &[0, 0, 0, 9, 9, 9]).ok(), "{size}");
        }
        for number in ["1e999", "1e300", "null"] {
            let shape = SHAPE.replace("[1,1]", &format!("[1,{number}]"));
            assert!(!whole(r#""width":2,"height":1"#, &shape, &[0, 0, 0, 9, 9, 9]).ok(), "{number}");
        }
    }

    #[test]
    fn a_picture_of_one_colour_is_blank() {
        let render = whole(r#""width":2,"height":1"#, SHAPE, &[9; 6]);
        assert_eq!(render.faults[0].kind, FaultKind::Blank);
    }
}
