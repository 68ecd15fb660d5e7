//! The slides domain: python-pptx programs, turned into pictures by LibreOffice.
//!
//! A program runs in a jailed interpreter and saves a deck; an office process, jailed as well, lays it out, writes a PDF
//! and turns it into pixels. What was seen is a [`scene::Deck`]: slides, shapes, texts, and the place of the program that
//! made each. `python/` is what runs in the two: `deck.py` for programs, `office.py` for decks.

mod answer;
pub mod axes;
pub mod config;
pub mod detectors;
pub mod doctor;
pub mod domain;
pub mod environment;
pub mod html;
pub mod items;
pub mod mapper;
pub mod office;
mod renderer;
pub mod reward;
pub mod scene;
pub mod tasks;

pub use domain::ENTRY;
pub use renderer::{RendererOptions, Run, SlideRenderer};

/// Texts on what is no detector, for `galley explain`: name and Markdown, the first line of which is its title.
pub const PAGES: [(&str, &str); 2] = [
    ("slides/axes", include_str!("../docs/axes.md")),
    ("slides/rendering", include_str!("../docs/rendering.md")),
];
