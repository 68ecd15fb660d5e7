//! Worsens pages: the rule-based half of VisRefiner's difference-aligned pairs (§4.2, §8.3).
//!
//! [`Source`] finds what can be edited in a page, with byte spans; each [`Kind`] (one file each) proposes one or more
//! edits for every place it knows; [`Perturber`] draws edits whose spans do not overlap and applies them. Works on any
//! HTML: inline styles, `<style>` blocks, attributes, elements, text.
//!
//! **Invariant.** Applying [`galley_core::Perturbed::edits`] to the original gives exactly the perturbed program; spans are
//! sorted and disjoint; no edit replaces a text by itself.

mod alignment;
mod color;
mod component;
mod css;
mod image;
mod kind;
mod layout;
mod length;
mod perturber;
mod selector;
mod source;
mod text;

pub use kind::Kind;
pub use perturber::{Perturber, apply, perturb};
pub use source::Source;
