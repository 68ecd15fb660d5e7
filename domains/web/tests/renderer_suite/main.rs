//! The renderer with a real browser.

mod common;
mod isolation;
mod pages;
mod survival;
