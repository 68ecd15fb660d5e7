//! Source positions for the browser: every element of a page gets an attribute with its number in the source.
//!
//! DevTools knows no source position of a parsed element, so it is written into the document before it is shown.
//! [`tokens`](self) come from `lol_html`, which knows raw text, foreign content and comments as browsers do;
//! [`outline()`] makes them a tree of elements with exact spans; [`inject()`] writes the numbers. All of it is pure.

mod loads;
mod outline;
mod rewrite;
mod rules;
mod tokens;

pub use loads::Loads;
pub use outline::{Outline, SourceElement, Unfinished, outline};
pub use rewrite::{Injected, inject, with_assets};
