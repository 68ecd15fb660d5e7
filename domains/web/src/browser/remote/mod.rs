//! Browsers that others run, reached by DevTools over a websocket.
//!
//! The rest of the domain speaks to every browser as to one at the end of two pipes. For a remote one the far ends of the
//! pipes are held by a [`Bridge`], which makes each message a call of the `headless_chrome` crate's transport and each
//! answer a message. What only our own browsers understand ([`dialect`]) is said in words that any chromium knows;
//! [`Endpoints`] finds a browser that answers.
//!
//! The transport takes one call at a time per session and about 100 ms for each (a read timeout under its lock), and
//! ends a connection on which nothing was heard for [`bridge::IDLE`]; the pool then makes a new one.

mod bridge;
mod dialect;
mod endpoint;
mod endpoints;
mod methods;
mod request;

pub use bridge::Bridge;
pub use endpoint::Endpoint;
pub use endpoints::Endpoints;
