//! The slides domain: python-pptx programs, turned into pictures by LibreOffice.
//!
//! A program runs in a jailed interpreter and saves a deck; an office process, jailed as well, lays it out and writes a
//! PDF; the PDF becomes pixels in a jailed worker. What was seen is a [`scene::Deck`]: slides, shapes, texts, and the
//! place of the program that made each.

pub mod axes;
pub mod detectors;
pub mod html;
pub mod items;
pub mod reward;
pub mod scene;
pub mod tasks;

/// Texts on what is no detector, for `galley explain`: name and Markdown, the first line of which is its title.
pub const PAGES: [(&str, &str); 1] = [("slides/axes", include_str!("../docs/axes.md"))];
