//! Reads what a child wrote. Programs share its address space, so any byte of it may be forged: sizes are checked before
//! they are believed, numbers must be finite, and what does not fit makes the program fail.

use std::{collections::BTreeMap, sync::Arc};

use galley_core::{Element, Fault, FaultKind, Image, Region, Render};
use galley_kit::python::{Lines, Trouble};
use serde::Deserialize;

use crate::records::Records;

/// More elements than any chart has; what comes after them is left out.
const MOST_ELEMENTS: usize = 20_000;

#[derive(Deserialize)]
struct Answer {
    nonce: u64,
    fault: Option<Trouble>,
    size: Option<[u32; 2]>,
    elements: Vec<Drawn>,
    records: Option<Records>,
}

#[derive(Deserialize)]
struct Drawn {
    parent: Option<usize>,
    kind: String,
    at: Option<[i64; 4]>,
    #[serde(rename = "box")]
    region: [f64; 4],
    text: String,
    text_box: Option<[f64; 4]>,
    style: BTreeMap<String, String>,
}

/// The render of `program` that a child answered with, and its records. A program that runs to its end has records also
/// where its picture is blank. `nonce` went with the job and must come back.
pub fn read(program: &str, bytes: &[u8], nonce: u64) -> (Render, Option<Records>) {
    parse(program, bytes, nonce).unwrap_or_else(|| {
        let message = if bytes.is_empty() {
            "the program ended the interpreter without a picture"
        } else {
            "the program interfered with the report of its picture"
        };
        (Render::failed(Fault::new(FaultKind::Runtime, message)), None)
    })
}

fn parse(program: &str, bytes: &[u8], nonce: u64) -> Option<(Render, Option<Records>)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let answer: Answer = serde_json::from_slice(bytes.get(4..4usize.checked_add(length)?)?).ok()?;
    let pixels = bytes.get(4 + length..)?;
    if answer.nonce != nonce {
        return None;
    }
    let lines = Lines::new(program);
    if let Some(trouble) = answer.fault {
        return Some((Render::failed(trouble.into_fault(&lines)), None));
    }
    let image = image(answer.size?, pixels)?;
    let records = answer.records?;
    if is_blank(&image) {
        let fault = Fault::new(FaultKind::Blank, "the program shows nothing");
        return Some((Render::failed(fault), Some(records)));
    }
    let mut render = Render { image: Some(Arc::new(image)), elements: Vec::new(), faults: Vec::new() };
    for (index, drawn) in answer.elements.into_iter().take(MOST_ELEMENTS).enumerate() {
        render.elements.push(drawn.into_element(index, &lines)?);
    }
    records.attach(&mut render);
    Some((render, Some(records)))
}

impl Drawn {
    fn into_element(self, index: usize, lines: &Lines<'_>) -> Option<Element> {
        Some(Element {
            parent: self.parent.filter(|parent| *parent < index),
            kind: self.kind,
            span: self.at.and_then(|at| lines.span(at)),
            region: region(self.region)?,
            text: self.text.split_whitespace().collect::<Vec<_>>().join(" "),
            text_region: match self.text_box {
                Some(found) => Some(region(found)?),
                None => None,
            },
            style: self.style,
        })
    }
}

fn region([left, top, right, bottom]: [f64; 4]) -> Option<Region> {
    let finite = [left, top, right, bottom].iter().all(|number| number.is_finite() && number.abs() < 1e7);
    finite.then(|| Region::new(left, top, right - left, bottom - top))
}

/// RGBA rows on white.
pub fn image([width, height]: [u32; 2], rgba: &[u8]) -> Option<Image> {
    let pixels = (width as usize).checked_mul(height as usize)?;
    if pixels == 0 || rgba.len() != pixels.checked_mul(4)? {
        return None;
    }
    let mut rgb = Vec::with_capacity(pixels * 3);
    for pixel in rgba.chunks_exact(4) {
        match pixel[3] {
            255 => rgb.extend(&pixel[..3]),
            alpha => rgb.extend(pixel[..3].iter().map(|channel| over_white(*channel, alpha))),
        }
    }
    Some(Image::new(width, height, rgb))
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    ((u32::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// Whether all pixels are equal.
fn is_blank(image: &Image) -> bool {
    image.rgb.chunks_exact(3).all(|pixel| pixel == &image.rgb[..3])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str, pixels: &[u8]) -> Vec<u8> {
        [&(json.len() as u32).to_le_bytes(), json.as_bytes(), pixels].concat()
    }

    const RECORDS: &str = r#"{"official":{"text":[],"layout":[],"graph_layout":[],"type":{},"color":[]},
        "sound":{"text":[],"layout":[],"type":{},"color":[]}}"#;

    fn whole(size: &str, element: &str, pixels: &[u8]) -> Render {
        let json =
            format!(r#"{{"nonce":7,"fault":null,"size":{size},"elements":[{element}],"records":{RECORDS}}}"#);
        read("plot(1)", &answer(&json, pixels), 7).0
    }

    const ELEMENT: &str = r#"{"parent":7,"kind":"figure","at":[1,0,1,7],"box":[0,0,2,1],"text":" a  b","text_box":null,"style":{}}"#;
    const PIXELS: [u8; 8] = [0, 0, 0, 255, 0, 0, 0, 0];

    #[test]
    fn a_picture_lies_on_white_and_elements_point_into_the_program() {
        let render = whole("[2,1]", ELEMENT, &PIXELS);
        assert_eq!(render.image.as_ref().unwrap().rgb, [0, 0, 0, 255, 255, 255]);
        let element = &render.elements[0];
        assert_eq!((element.parent, element.text.as_str()), (None, "a b"));
        assert_eq!(element.span.and_then(|span| span.slice("plot(1)")), Some("plot(1)"));
        assert_eq!(Records::of(&render), Some(Records::default()));
    }

    #[test]
    fn forged_answers_are_faults_and_no_panic() {
        for bytes in [&b""[..], b"abc", &[255; 4], &[255; 40], &answer("{}", b""), &answer("null", b"")] {
            let (render, records) = read("x", bytes, 7);
            assert!(render.faults.len() == 1 && records.is_none());
        }
        for size in ["[2,2]", "[0,0]", "[4294967295,4294967295]", "[-1,2]", "null"] {
            assert!(!whole(size, ELEMENT, &PIXELS).ok(), "{size}");
        }
        for number in ["1e999", "1e300", "null"] {
            let element = ELEMENT.replace("[0,0,2,1]", &format!("[0,0,2,{number}]"));
            assert!(!whole("[2,1]", &element, &PIXELS).ok(), "{number}");
        }
    }

    #[test]
    fn a_picture_of_one_colour_is_blank() {
        let render = whole("[2,1]", ELEMENT, &[9; 8]);
        assert_eq!(render.faults[0].kind, FaultKind::Blank);
    }
}
