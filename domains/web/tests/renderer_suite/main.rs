//! The renderer with a real browser.

mod cascade;
mod common;
mod isolation;
mod official;
mod pages;
mod survival;
