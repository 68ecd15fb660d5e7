//! The whole evaluation of one predicted page against its reference.

use serde::Serialize;

use super::{
    blocks::{Block, find_blocks},
    clip_view::{View, clip_view},
    matching::find_possible_merge,
    merge::merge_blocks_by_bbox,
    pixels::{Raster, find_different_pixels},
    scores::{Pair, Scores, pairs},
};

/// The three screenshots of a page and what its recoloured source says of its texts.
#[derive(Clone, Copy, Debug)]
pub struct PageShots<'a> {
    /// Each text of the page with the colour that it has in `png_p`, in the order of the document.
    pub text_colors: &'a [(String, String)],
    /// The page as it is.
    pub png: Raster<'a>,
    /// Recoloured.
    pub png_p: Raster<'a>,
    /// Recoloured, with all text colours moved by 50.
    pub png_p_1: Raster<'a>,
}

/// What is compared. The predicted page is shot after the official preprocessing.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    pub reference: PageShots<'a>,
    pub prediction: PageShots<'a>,
}

/// The scores and everything that led to them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    pub reference: Side,
    pub prediction: Side,
    /// `None` where a page has no block.
    pub merged: Option<Merged>,
    /// The matches that count.
    pub pairs: Vec<Pair>,
    pub clip_mask_boxes: MaskBoxes,
    pub scores: Scores,
}

/// The blocks of one page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// How many pixels are text; `None` if none, or if the recoloured screenshots differ in size.
    pub different_pixels: Option<usize>,
    /// One per text that shows.
    pub blocks_raw: Vec<Block>,
    /// Those of equal boxes joined.
    pub blocks_bbox_merged: Vec<Block>,
}

/// Both pages' blocks after the search for merges.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Merged {
    pub prediction: Vec<Block>,
    pub reference: Vec<Block>,
    /// `(predicted, reference)`, dissimilar ones included.
    pub matching: Vec<(usize, usize)>,
}

/// The boxes that are painted over before CLIP looks: left, top, width, height as fractions of the page.
///
/// The predicted ones are those after merging, the reference's those before: the original merges one list in place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskBoxes {
    pub prediction: Vec<[f64; 4]>,
    pub reference: Vec<[f64; 4]>,
}

/// Compares two pages. `clip` is given the masked views of prediction and reference and returns the cosine of their
/// CLIP embeddings; without one, or where it has no answer, the scores say that CLIP is absent.
pub fn evaluate(inputs: &Inputs<'_>, clip: Option<&dyn Fn(&View, &View) -> Option<f64>>) -> Evaluation {
    let (reference, prediction) = (Side::of(&inputs.reference), Side::of(&inputs.prediction));
    let visible = !prediction.blocks_raw.is_empty() && !reference.blocks_raw.is_empty();
    let search = visible.then(|| {
        find_possible_merge(prediction.blocks_bbox_merged.clone(), reference.blocks_bbox_merged.clone())
    });
    let clip_mask_boxes = MaskBoxes {
        prediction: boxes(search.as_ref().map_or(&prediction.blocks_raw, |search| &search.prediction)),
        reference: boxes(&reference.blocks_bbox_merged),
    };
    let clip = clip.and_then(|cosine| {
        let prediction = clip_view(inputs.prediction.png, &clip_mask_boxes.prediction);
        cosine(&prediction, &clip_view(inputs.reference.png, &clip_mask_boxes.reference))
    });
    let pairs = search.as_ref().map_or_else(Vec::new, pairs);
    let scores =
        search.as_ref().map_or_else(|| Scores::unmatched(clip), |found| Scores::of(found, &pairs, clip));
    let merged = search.map(|search| Merged {
        matching: search.matching.iter().map(|&(i, j, _)| (i, j)).collect(),
        prediction: search.prediction,
        reference: search.reference,
    });
    Evaluation { reference, prediction, merged, pairs, clip_mask_boxes, scores }
}

impl Side {
    fn of(shots: &PageShots<'_>) -> Self {
        let pixels = find_different_pixels(shots.png_p, shots.png_p_1);
        let blocks_raw = pixels
            .as_ref()
            .map_or_else(Vec::new, |pixels| find_blocks(shots.text_colors, shots.png_p, shots.png, pixels));
        Self {
            different_pixels: pixels.map(|pixels| pixels.len()),
            blocks_bbox_merged: merge_blocks_by_bbox(&blocks_raw),
            blocks_raw,
        }
    }
}

fn boxes(blocks: &[Block]) -> Vec<[f64; 4]> {
    blocks.iter().map(|block| block.bbox).collect()
}
