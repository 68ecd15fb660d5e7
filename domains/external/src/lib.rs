//! The external domain: tasks, pictures and judgement from a program in any language, over lines of JSON.
//!
//! `docs/wire.md` is the contract with that program. How the parts meet: [`config`] says which command; `worker` runs one
//! copy of it and `pool` a few, replacing those that fail; `wire` turns answers into the contract's types and refuses what
//! does not fit, naming the field; `media` is the folder of pictures that both sides share; `client` asks the questions;
//! [`domain`], `tasks`, `parts` and `response` put it behind galley's traits, with `mapper`'s and `perturb`'s answers where
//! the program leaves a part to us.

mod client;
pub mod config;
pub mod domain;
mod error;
mod interned;
mod mapper;
mod media;
mod parts;
mod perturb;
mod pool;
mod response;
mod tasks;
mod wire;
mod worker;

pub use config::ExternalConfig;
pub use domain::{ENTRY, ExternalDomain};

/// Texts on what is no detector, for `galley explain`: name and Markdown, the first line of which is its title.
pub const PAGES: [(&str, &str); 1] = [("external/wire", include_str!("../docs/wire.md"))];
