//! The official Design2Code evaluator, step by step, quirk by quirk.
//!
//! What happens to the pages before anything is looked at is here: [`preprocess`] rewrites a prediction, [`recolor`] gives
//! each text tag a colour of its own, [`text_colors`] lists which text carries which colour. All three stand on
//! [`soup`], which reads and writes HTML exactly as `html.parser` with Beautiful Soup does.

pub mod preprocess;
pub mod recolor;
pub mod soup;
pub mod text_colors;
