//! The tasks of the slides domain: what to put on a slide, in words, without a picture of it.
//!
//! Two sources, one shape. [`Generator`] draws briefs of the [`Family`]s from a seed; a [`Listing`] reads prompts of a file.
//! Both end as [`Briefs`]. Which half of the data a brief belongs to is a function of its own words
//! ([`galley_kit::split_of`]), so no seed or set size can move a held-out one into training.
//!
//! **There is no reference.** A slide is judged by itself, so any program that says what was asked for and looks well is
//! right. What privileged context `opsd` would show, and what `sft` would learn, does not exist here, and both are refused.
//! A policy made from scratch has to learn the language somewhere: generated briefs have a *demonstration*, a short valid
//! program with the texts that were asked for in places drawn at random. The warm start learns from it how slides are
//! written, not how they should look; nothing is compared with it, and no teacher sees it.

mod brief;
mod draft;
mod families;
mod generator;
mod listing;
mod source;

pub use brief::{Brief, Briefs};
pub use families::Family;
pub use generator::Generator;
pub use listing::Listing;
pub use source::{Demonstrations, INSTRUCTION, Source};
