//! Chromium as a pool of page renderers.
//!
//! [`Pipe`] speaks the DevTools protocol over two pipes; [`Browser`] is one running chromium with such a pipe; [`Tab`]
//! is one of its pages, reused for program after program; [`Pool`] lends tabs to callers, replaces what died and
//! enforces deadlines. [`find`] is the only place that looks at the environment.
//!
//! **Architecture invariant.** Programs never run script: a tab has scripting switched off for its whole life, because
//! a reused page keeps its window, and with it the globals and timers of the program before. The few documents that
//! leave other traces on the window (see [`crate::inject::Outline::taints`]) cost the tab its life.

pub mod find;
mod fonts;
mod pipe;
mod pool;
mod process;
mod tab;

pub use fonts::Fonts;
pub use pipe::{CallError, Pipe};
pub use pool::{Outcome, Pool, PoolOptions};
pub use process::{Browser, resolve, sweep};
pub use tab::{Page, Shot, Tab};
