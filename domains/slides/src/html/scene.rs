//! A page as a deck of one slide.

use galley_core::{Element, Region, Render};

use crate::scene::{Deck, Shape, ShapeKind, Slide};

/// CSS pixels in a point.
const SCALE: f64 = 96.0 / 72.0;

/// Every element as a shape, with the same index.
pub fn deck(render: &Render) -> Deck {
    let canvas = render.canvas();
    let shapes = render.elements.iter().enumerate().map(|(at, element)| shape(at, element));
    let slide = Slide {
        index: 0,
        image: render.image.clone().unwrap_or_default(),
        background: None,
        shapes: shapes.collect(),
        span: None,
    };
    let slides = if render.ok() { vec![slide] } else { Vec::new() };
    Deck { width: canvas.width as u32, height: canvas.height as u32, scale: SCALE, slides }
}

fn shape(at: usize, element: &Element) -> Shape {
    let Region { x, y, width, height } = element.region;
    let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
    let style = |name: &str| element.style.get(name).map_or("", String::as_str);
    let frame = ["html", "body"].contains(&element.kind.as_str());
    Shape {
        id: at as u32,
        kind: kind(element),
        name: element.kind.clone(),
        parent: element.parent.filter(|parent| *parent < at),
        frame: element.region,
        corners,
        rotation: 0.0,
        ink: element.text_region.filter(|_| !element.text.is_empty()),
        text: element.text.clone(),
        font_pt: style("font-size")
            .strip_suffix("px")
            .and_then(|size| size.parse::<f64>().ok())
            .map(|px| px / SCALE),
        text_color: color(style("color")).map(|[r, g, b, _]| [r, g, b]),
        fill: color(style("background-color")).filter(|[.., alpha]| *alpha > 0 && !frame),
        picture_aspect: None,
        span: element.span,
    }
}

fn kind(element: &Element) -> ShapeKind {
    match element.kind.as_str() {
        "img" | "svg" | "canvas" | "video" | "picture" => ShapeKind::Picture,
        "table" => ShapeKind::Table,
        "td" | "th" => ShapeKind::Cell,
        _ if !element.text.is_empty() => ShapeKind::TextBox,
        _ => ShapeKind::AutoShape,
    }
}

/// `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.5)`.
fn color(text: &str) -> Option<[u8; 4]> {
    let inside = text.strip_prefix("rgb")?.trim_start_matches('a').strip_prefix('(')?.strip_suffix(')')?;
    let mut numbers = inside.split(',').map(|number| number.trim().parse::<f64>());
    let mut channel = || numbers.next()?.ok();
    let (r, g, b) = (channel()?, channel()?, channel()?);
    let alpha = channel().unwrap_or(1.0);
    Some([r as u8, g as u8, b as u8, (alpha * 255.0).round() as u8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_the_browser_writes_them() {
        assert_eq!(color("rgb(1, 2, 3)"), Some([1, 2, 3, 255]));
        assert_eq!(color("rgba(1, 2, 3, 0)"), Some([1, 2, 3, 0]));
        assert_eq!(["", "red", "rgb(1, 2)"].map(color), [None; 3]);
    }
}
