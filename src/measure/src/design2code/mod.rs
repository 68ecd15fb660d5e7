//! The official Design2Code evaluator, step by step, quirk by quirk.
//!
//! What happens to the pages before anything is looked at: [`preprocess`] rewrites a prediction, [`recolor`] gives each
//! text tag a colour of its own, [`text_colors`] lists which text carries which colour. All three stand on [`soup`], which
//! reads and writes HTML exactly as `html.parser` with Beautiful Soup does.
//!
//! A page is then shot three times: as it is, and twice recoloured, the second time with all colours moved by 50
//! ([`PageShots`]). `pixels` finds the pixels that moved with the colour: text. `blocks` turns them and the list of
//! (text, colour) into boxes; `merge` joins boxes, `matching` searches the merges and the assignment of predicted to
//! reference blocks; `scores` turns pairs into the four numbers; `clip_view` makes the masked picture that the fifth,
//! CLIP, looks at. [`evaluate()`] is all of it.
//!
//! Source: NoviScl/Design2Code at 7a575e4, `Design2Code/metrics/{visual_score,ocr_free_utils}.py` (paper: Si et al.,
//! "Design2Code", 2024). Every quirk that moves a number is kept and named where it happens.

mod blocks;
mod clip_view;
mod costs;
mod evaluate;
mod inpaint;
mod march;
mod matching;
mod merge;
mod pixels;
pub mod preprocess;
pub mod recolor;
mod scores;
mod similarity;
pub mod soup;
pub mod text_colors;

pub use blocks::{Block, find_blocks};
pub use clip_view::{View, clip_view};
pub use costs::adjust_cost_for_context;
pub use evaluate::{Evaluation, Inputs, MaskBoxes, Merged, PageShots, Side, evaluate};
pub use inpaint::{inpaint, mask};
pub use matching::{Search, difference_of_means, find_possible_merge};
pub use merge::{merge_blocks_by_bbox, merge_two};
pub use pixels::{PixelSet, Raster, find_different_pixels};
pub use scores::{Pair, Scores};
