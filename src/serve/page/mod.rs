//! The pages, made on the server as HTML that works without script; the script adds tooltips, links between boxes and
//! code, keys and live updates.
//!
//! `layout` is the frame around all of them; `runs` the list of runs, `table` its rows; `run` one run, from `curves`, `config`,
//! `facts` and `artifacts`;
//! `samples` and `sample` its rollouts, `code` the program with its heat, `pictures` what it looks like; `compare` the
//! verdict and the tables, `gallery` the pictures of both sides, `changes` what differs in
//! their programs; `experiments` the studies and their graph.

pub(crate) mod artifacts;
pub(crate) mod changes;
pub(crate) mod code;
pub(crate) mod compare;
pub(crate) mod config;
pub(crate) mod curves;
pub(crate) mod experiments;
pub(crate) mod facts;
pub(crate) mod gallery;
pub(crate) mod layout;
pub(crate) mod pictures;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod sample;
pub(crate) mod samples;
pub(crate) mod table;
