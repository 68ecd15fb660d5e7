//! The renderer of the web domain: HTML in, picture and elements out.
//!
//! A program is read ([`crate::inject`]), refused where it does not parse ([`crate::faults`]), numbered, shown in a tab
//! ([`crate::browser`]) and what comes back is made a [`Render`](galley_core::Render): [`elements`] from the boxes,
//! [`picture`] from the screenshot, spans of what scripts made from [`statements`]. [`cache`] remembers.

mod elements;
mod official;
mod options;
mod picture;
mod pools;
mod statements;
mod web;

pub use elements::{SOURCE, STYLE_KEYS};
pub use official::{OfficialShots, PATIENCE, blank, official_shots};
pub use options::{RendererOptions, Scripts};
pub use web::{REPORT, WebRenderer};
