//! A stand-in for the browser in unit tests: lays out nested `body`, `div` and `p` with inline styles.
//!
//! It knows `background`, `color`, `width`, `height` (`%` and `px`), `margin-left`, `font-size`; blocks are stacked, the
//! body has a margin of 8 pixels and fills the screen, and text is a flat rectangle of half an em a letter.

use std::sync::Arc;

use galley_core::{Element, Image, Reference, Region, Render, Span, Task};

use crate::{computed::Rgba, mismatch::start_tag};

pub const WIDTH: u32 = 320;
pub const HEIGHT: u32 = 240;

/// The task to draw what `program` draws.
pub fn task(program: &str) -> Task {
    let reference = Reference { program: Some(program.into()), render: Arc::new(render(program)) };
    Task {
        id: "t".into(),
        prompt: Default::default(),
        reference: Some(reference),
        labels: Default::default(),
    }
}

pub fn render(program: &str) -> Render {
    let mut page = Page {
        program,
        at: 0,
        elements: Vec::new(),
        image: Image::filled(WIDTH, HEIGHT, [255; 3]),
        bottoms: Vec::new(),
        open: Vec::new(),
    };
    while page.step() {}
    Render { image: Some(Arc::new(page.image)), elements: page.elements, faults: Vec::new() }
}

struct Page<'a> {
    program: &'a str,
    at: usize,
    elements: Vec<Element>,
    image: Image,
    /// Where the next child goes, for each open element.
    bottoms: Vec<f64>,
    open: Vec<usize>,
}

impl Page<'_> {
    fn step(&mut self) -> bool {
        let rest = &self.program[self.at..];
        if rest.is_empty() {
            return false;
        }
        if rest.starts_with("</") {
            self.close(rest.find('>').map_or(rest.len(), |end| end + 1));
        } else if rest.starts_with('<') {
            self.start(rest);
        } else {
            let len = rest.find('<').unwrap_or(rest.len());
            self.text(&rest[..len]);
            self.at += len;
        }
        true
    }

    fn close(&mut self, len: usize) {
        self.at += len;
        self.bottoms.pop();
        if let Some(open) = self.open.pop() {
            let element = &mut self.elements[open];
            element.span = element.span.map(|span| Span::new(span.start, self.at));
        }
    }

    fn start(&mut self, rest: &str) {
        let tag = start_tag::StartTag::read(rest);
        let kind: String = rest[1..].chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        let style = |name: &str| {
            let found = tag.declarations().into_iter().find(|declaration| declaration.property == name);
            found.map(|declaration| declaration.value)
        };
        let parent = self.open.last().copied();
        let outer =
            parent.map_or(Region::new(0.0, 0.0, WIDTH.into(), HEIGHT.into()), |at| self.elements[at].region);
        let length = |name: &str, whole: f64| {
            let value = style(name)?;
            let number = value.trim_end_matches(['%', 'p', 'x']).parse::<f64>().ok()?;
            Some(if value.ends_with('%') { number / 100.0 * whole } else { number })
        };
        let region = if kind == "body" {
            Region::new(8.0, 8.0, outer.width - 16.0, outer.height - 16.0)
        } else {
            let (width, height) = (length("width", outer.width), length("height", outer.height));
            let top = self.bottoms.last().copied().unwrap_or(outer.y);
            let left = outer.x + length("margin-left", outer.width).unwrap_or(0.0);
            Region::new(left, top, width.unwrap_or(outer.width), height.unwrap_or(18.0))
        };
        if let Some(bottom) = self.bottoms.last_mut() {
            *bottom = region.bottom();
        }
        let inherited = |key: &str, initial: &str| {
            parent.map_or(initial.to_owned(), |at| self.elements[at].style[key].clone())
        };
        let background = style("background").and_then(|value| Rgba::parse(&value));
        let colour = style("color").and_then(|value| Rgba::parse(&value)).map(css);
        let margin = format!("0px 0px 0px {}px", length("margin-left", outer.width).unwrap_or(0.0));
        let mut element = Element {
            parent,
            kind: kind.clone(),
            span: Some(Span::new(self.at, self.program.len())),
            region,
            text: String::new(),
            text_region: None,
            style: Default::default(),
        };
        let mut set = |key: &str, value: String| element.style.insert(key.into(), value);
        set("background-color", background.map_or("rgba(0, 0, 0, 0)".into(), css));
        set("color", colour.unwrap_or_else(|| inherited("color", "rgb(0, 0, 0)")));
        set("font-size", style("font-size").unwrap_or_else(|| inherited("font-size", "16px")));
        set("margin", margin);
        self.elements.push(element);
        if let Some(background) = background {
            let area = if kind == "body" { outer } else { region };
            self.fill(area, background.rgb);
        }
        self.open.push(self.elements.len() - 1);
        self.bottoms.push(region.y);
        self.at += tag.len;
    }

    fn text(&mut self, text: &str) {
        let Some(&at) = self.open.last() else { return };
        let (text, element) = (text.trim(), &mut self.elements[at]);
        if text.is_empty() {
            return;
        }
        let size = crate::computed::pixels(element, "font-size").unwrap_or(16.0);
        let region = Region::new(element.region.x, element.region.y, size / 2.0 * text.len() as f64, size);
        element.text = text.into();
        element.text_region = Some(region);
        let ink = crate::computed::colour(element, "color").map_or([0.0; 3], |colour| colour.rgb);
        self.fill(region, ink);
    }

    fn fill(&mut self, region: Region, colour: [f64; 3]) {
        let inside = |low: f64, high: f64, most: u32| low.max(0.0) as u32..(high.max(0.0) as u32).min(most);
        for y in inside(region.y, region.bottom(), HEIGHT) {
            for x in inside(region.x, region.right(), WIDTH) {
                let at = ((y * WIDTH + x) * 3) as usize;
                self.image.rgb[at..at + 3].copy_from_slice(&colour.map(|channel| channel as u8));
            }
        }
    }
}

fn css(colour: Rgba) -> String {
    let [r, g, b] = colour.rgb;
    format!("rgb({r}, {g}, {b})")
}
