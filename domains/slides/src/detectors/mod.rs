//! The defect detectors of the slides domain: one file each, with its explanation (`domains/slides/docs/<name>.md`) and its
//! fixtures (`domains/slides/fixtures/<name>/{good,bad}*.json`, scenes).
//!
//! All look at the scene of a deck alone. Sizes are those of a slide 1280 pixels wide, in proportion for others.

mod aspect;
mod contrast;
mod distorted_picture;
mod empty_slide;
mod imbalance;
mod misaligned;
mod off_slide;
mod overlap;
mod text_overflow;
mod tiny_text;

use galley_core::{Defect, DefectDetector, Region, Render};
use galley_kit::defect;

use crate::scene::{Deck, Slide};

pub use aspect::Aspect;
pub use contrast::Contrast;
pub use distorted_picture::DistortedPicture;
pub use empty_slide::EmptySlide;
pub use imbalance::Imbalance;
pub use misaligned::Misaligned;
pub use off_slide::OffSlide;
pub use overlap::Overlap;
pub use text_overflow::TextOverflow;
pub use tiny_text::TinyText;

/// Every detector, in the order in which `galley explain` lists them.
pub fn all() -> Vec<Box<dyn DefectDetector>> {
    vec![
        Box::new(Overlap),
        Box::new(TextOverflow),
        Box::new(OffSlide),
        Box::new(TinyText),
        Box::new(Contrast),
        Box::new(Misaligned),
        Box::new(Imbalance),
        Box::new(EmptySlide),
        Box::new(DistortedPicture),
        Box::new(Aspect),
    ]
}

/// What is wrong on a slide: where on its own picture, and in words.
type Found = (Region, String);

/// What `find` sees on the slides of a deck, as defects of `detector` on the render.
fn on_slides(
    render: &Render,
    (detector, axis): (&str, &str),
    find: impl Fn(&Deck, &Slide) -> Vec<Found>,
) -> Vec<Defect> {
    let Some(deck) = Deck::of(render) else { return Vec::new() };
    let several = deck.slides.len() > 1;
    let defects = deck.slides.iter().flat_map(|slide| {
        let found = find(&deck, slide).into_iter();
        found.map(|(region, message)| {
            let message = if several { format!("slide {}: {message}", slide.index + 1) } else { message };
            defect(detector, axis, deck.on_render(slide.index, region), message)
        })
    });
    defects.collect()
}

/// Pixels of this deck for one pixel of a slide 1280 pixels wide.
fn pixel(deck: &Deck) -> f64 {
    f64::from(deck.width.max(1)) / 1280.0
}

/// Points of a slide that is 7.5 inches high, as most are, for points of this one.
fn points(deck: &Deck, own: f64) -> f64 {
    const HEIGHT: f64 = 540.0;
    own * deck.scale * HEIGHT / f64::from(deck.height.max(1))
}
