//! Chromium as a pool of page renderers.
//!
//! [`Pipe`] speaks the DevTools protocol over two pipes; [`Browser`] is one running chromium with such a pipe; [`Tab`]
//! is one of its pages, reused for program after program; [`Pool`] lends tabs to callers, replaces what died and
//! enforces deadlines. [`find`] is the only place that looks at the environment; [`Endpoints`] are browsers that others
//! run, each behind a pipe like ours.
//!
//! **Architecture invariant.** A document never meets the window of another one that ran a script. A tab has scripting
//! switched off for its whole life, because a document that is written into a page keeps its window, and with it the
//! globals and timers of the program before; or it runs scripts, and gets a new window of a new opaque origin for every
//! document. So does a still document that comes after one of the few that leave other traces on the window (see
//! [`crate::inject::Outline::taints`]).
//!
//! Frames are drawn when they are asked for (`HeadlessExperimental.beginFrame`), one at a time in each browser. For a
//! whole page the *window* is made as high as the page; the viewport, and with it layout, stays.

pub mod find;
mod fonts;
mod pipe;
mod pool;
mod process;
mod remote;
mod replies;
mod tab;
mod traces;

pub use fonts::Fonts;
pub use pipe::{CallError, Pipe};
pub use pool::{Outcome, Pool, PoolOptions};
pub use process::{Browser, resolve, sweep};
pub use remote::{Endpoint, Endpoints};
pub use tab::{Extent, Page, Shot, Tab};
pub use traces::{Frame, Traces};
