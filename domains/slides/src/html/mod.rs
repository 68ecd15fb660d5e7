//! Slides that are HTML pages, as AeSlides trains on them.
//!
//! A page is shown twice by the web domain's browsers, without scripts. Once in a window 1280 pixels wide and 10 high: how
//! high the document is there is its height, and the picture of all of it is what [whitespace](crate::axes::whitespace) is
//! measured on. Once in a window of 1280 x 720: that is its render, and [its boxes](crate::axes::tree) are those that the
//! [centre of weight](crate::axes::centroid) is computed from. Both follow the published code (`render_height_norm.py`,
//! `render_rich_semantic.py`), which takes JPEGs, waits two seconds and resizes its window to the height before it takes the
//! picture; a page whose height hangs on that of the window looks otherwise there.
//!
//! As scene a page is one slide: its elements are shapes, so the detectors of decks work on pages too.

mod page;
mod renderer;
mod scene;

pub use renderer::{HtmlOptions, HtmlRenderer};
