//! The renderer with a real browser.

mod cascade;
mod common;
mod isolation;
mod made;
mod official;
mod pages;
mod remote;
mod survival;
