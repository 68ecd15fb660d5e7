//! galley: train vision-language models to write programs for visual artifacts by learning from what they look like.
//!
//! `recipe` reads what to do, `policy` is the model, `teacher` builds privileged contexts, `objective` the losses, `train`
//! the loop, `perceptual` similarities of pictures that need a network, `judge` models that compare pictures in words, `store` the record of every run, `experiment`
//! studies of several runs, `domains` the list of built-in domains, `cli` the commands.

pub mod cli;
pub mod domains;
pub mod experiment;
pub mod judge;
pub mod objective;
pub mod perceptual;
pub mod policy;
pub mod recipe;
pub mod teacher;
pub mod train;

pub use galley_store as store;
