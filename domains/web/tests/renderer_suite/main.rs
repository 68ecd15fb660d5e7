//! The renderer with a real browser.

mod cascade;
mod common;
mod isolation;
mod pages;
mod survival;
