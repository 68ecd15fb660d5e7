//! The slides domain: python-pptx programs, turned into pictures by LibreOffice.
//!
//! A program runs in a jailed interpreter and saves a deck; an office process, jailed as well, lays it out, writes a PDF
//! and turns it into pixels. What was seen is a [`scene::Deck`]: slides, shapes, texts, and the place of the program that
//! made each. `python/` is what runs in the two: `deck.py` for programs, `office.py` for decks.

mod answer;
pub mod environment;
pub mod mapper;
pub mod office;
mod renderer;
pub mod scene;

pub use renderer::{RendererOptions, Run, SlideRenderer};
