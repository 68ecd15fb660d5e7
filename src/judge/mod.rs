//! Models that judge pictures in words, over the network: what a domain asks through [`galley_core::Judge`].
//!
//! [`Chat`] speaks the chat protocol; [`Answers`] keeps on disk what was answered to what, so that nothing is asked (and
//! paid for) twice and a repeated evaluation says the same.

mod answers;
mod chat;

pub use answers::Answers;
pub use chat::Chat;
