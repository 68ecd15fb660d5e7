//! What is measured of a page.

use galley_core::{Image, Render};
use galley_web::renderer::REPORT;

use crate::{
    axes::{
        aspect::shown_height,
        centroid::{self, Centroid},
        collision,
        tree::Node,
        whitespace::content,
    },
    reward::Measures,
    scene::Deck,
};

/// What is read of a page in the tall picture: its height.
pub const HEIGHT: &str = include_str!("height.js");
/// What is read of it in a window of a slide: its boxes.
pub const TREE: &str = include_str!("tree.js");

/// What the first element carries of the script's answer.
fn report(render: &Render) -> &str {
    render.elements.first().and_then(|first| first.style.get(REPORT)).map_or("", String::as_str)
}

/// Where the weight of a page lies; `None` where it has none.
pub fn centre(screen: &Render) -> Option<Centroid> {
    let nodes: Vec<Node> = serde_json::from_str(report(screen)).ok()?;
    let canvas = screen.canvas();
    let view = (canvas.width, canvas.height);
    centroid::centroid(&centroid::items(&nodes, view), view)
}

/// The measures of a page as a slide: `tall` is the picture of the whole page, `screen` that of a slide's window.
pub fn measures(tall: &Render, screen: &Render, deck: &Deck) -> Measures {
    let full: f64 = report(tall).parse().unwrap_or(1.0);
    let picture = tall.image.as_ref().map(|image| shown(image, full)).unwrap_or_default();
    let collided = deck.slides.first().map_or(1.0, |slide| collision::reward(deck, slide));
    let size = (f64::from(screen.canvas().width as u32), shown_height(full));
    Measures::new(size, content(&picture), centre(screen).as_ref(), collided)
}

/// The rows that AeSlides' picture has; what the page has not is not there.
fn shown(image: &Image, full: f64) -> Image {
    let rows = (shown_height(full) as u32).min(image.height);
    Image::new(image.width, rows, image.rgb[..(image.width * rows * 3) as usize].to_vec())
}
