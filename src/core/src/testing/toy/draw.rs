//! The toy language: lines of `rect x y width height #rgb`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::ToyDomain;
use crate::{
    DomainError, Element, Fault, FaultKind, Image, Region, RegionMapper, Render, Renderer, Span, Statement,
};

/// One statement; `colour` is `#` and three digits.
pub(super) struct Rect {
    pub region: Region,
    pub colour: String,
}

impl Rect {
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["rect", numbers @ .., colour] = words.as_slice() else { return Err("expected `rect`".into()) };
        let numbers: Vec<f64> =
            numbers.iter().filter_map(|word| word.parse::<u16>().ok()).map(f64::from).collect();
        let &[x, y, w, h] = numbers.as_slice() else { return Err("expected four numbers".into()) };
        let digits = colour
            .strip_prefix('#')
            .filter(|hex| hex.len() == 3 && hex.chars().all(|c| c.is_ascii_hexdigit()));
        match digits {
            Some(_) if w > 0.0 && h > 0.0 => {
                Ok(Self { region: Region::new(x, y, w, h), colour: (*colour).into() })
            }
            Some(_) => Err("the rectangle is empty".into()),
            None => Err(format!("`{colour}` is no colour")),
        }
    }

    fn rgb(&self) -> [u8; 3] {
        let hex = u16::from_str_radix(&self.colour[1..], 16).unwrap_or_default();
        [hex >> 8, hex >> 4, hex].map(|digit| (digit & 15) as u8 * 17)
    }
}

/// The lines that are not empty.
pub(super) fn lines(program: &str) -> impl Iterator<Item = Span> {
    let starts = program.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some(Span::new(*at - line.len(), *at - line.len() + line.trim_end().len()))
    });
    starts.filter(|span| !span.is_empty())
}

impl Renderer for ToyDomain {
    fn version(&self) -> String {
        format!("toy 1, {}x{}", self.size.0, self.size.1)
    }

    fn render(&self, program: &str, _deadline: Duration) -> Result<Render, DomainError> {
        let mut image = Image::filled(self.size.0, self.size.1, [255; 3]);
        let mut elements = Vec::new();
        for span in lines(program) {
            let rect = match Rect::parse(span.slice(program).unwrap_or_default()) {
                Ok(rect) if elements.len() < 64 => rect,
                Ok(_) => {
                    return Ok(Render::failed(
                        Fault::new(FaultKind::Limit, "more than 64 rectangles").at(span),
                    ));
                }
                Err(message) => return Ok(Render::failed(Fault::new(FaultKind::Syntax, message).at(span))),
            };
            paint(&mut image, &rect);
            elements.push(Element {
                parent: None,
                kind: "rect".into(),
                span: Some(span),
                region: rect.region,
                text: String::new(),
                text_region: None,
                style: BTreeMap::from([("color".into(), rect.colour)]),
            });
        }
        if elements.is_empty() {
            return Ok(Render::failed(Fault::new(FaultKind::Blank, "nothing is drawn")));
        }
        Ok(Render { image: Some(Arc::new(image)), elements, faults: Vec::new() })
    }
}

fn paint(image: &mut Image, rect: &Rect) {
    let canvas = Region::new(0.0, 0.0, f64::from(image.width), f64::from(image.height));
    let seen = rect.region.intersection(canvas);
    for y in seen.y as usize..seen.bottom().max(seen.y) as usize {
        for x in seen.x as usize..seen.right().max(seen.x) as usize {
            let at = (y * image.width as usize + x) * 3;
            image.rgb[at..at + 3].copy_from_slice(&rect.rgb());
        }
    }
}

impl RegionMapper for ToyDomain {
    fn map(&self, program: &str, render: &Render) -> Vec<Statement> {
        let drawn = |span| render.elements.iter().filter(move |element| element.span == Some(span));
        lines(program)
            .map(|span| Statement {
                span,
                kind: "rect".into(),
                regions: drawn(span).map(|e| e.region).collect(),
                ..Statement::default()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_painted_in_order_and_clipped() {
        let toy = ToyDomain::standard().unwrap();
        let render = toy.render("rect 0 0 40 2 #f00\nrect 1 1 1 1 #00f\n", Duration::MAX).unwrap();
        let image = render.image.unwrap();
        assert_eq!(
            [image.pixel(0, 0), image.pixel(1, 1), image.pixel(0, 2)],
            [[255, 0, 0], [0, 0, 255], [255; 3]]
        );
        assert_eq!(image.pixel(31, 1), [255, 0, 0]);
    }
}
