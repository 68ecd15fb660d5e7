//! Scores of pages outside of a run: a prediction and its reference, both HTML.
//!
//! [`Scorer`] shows pages as the benchmark does (1280 × 720, the whole document) and judges them in two modes.
//!
//! * [`Sound`]: the axes of the reward, on the boxes that the browser laid out ([`crate::reward`]). A page that does not
//!   parse is shown all the same and its fault is told; in training it would earn nothing.
//! * [`Official`]: the published Design2Code evaluator, quirk by quirk ([`galley_measure::design2code`]): the prediction is
//!   preprocessed, both pages are recoloured twice, and the blocks are read back from the pixels.

mod official;
mod scorer;
mod sound;

pub use official::{ClipCosine, Official, OfficialError};
pub use scorer::{Assets, Scorer};
pub use sound::Sound;
