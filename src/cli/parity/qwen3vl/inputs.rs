//! The sequences and pictures of a case.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

use super::arrays::{Arrays, floats, integers};
use crate::policy::{Encoded, ModelConfig, PreparedImage, VisionConfig};

/// A case: its sequences without padding, and where their tokens stand in the padded layout.
pub struct Inputs {
    pub rows: Vec<Encoded>,
    /// `[rows · width]`: whether there is a token.
    pub mask: Vec<bool>,
    pub width: usize,
}

impl Inputs {
    /// # Errors
    /// Names an array that is missing or does not fit the others.
    pub fn read(arrays: &Arrays, config: &ModelConfig, case: &str) -> Result<Self> {
        let ids = arrays.need(&format!("{case}.input_ids"))?;
        let width = ids.dim(1)?;
        let ids = integers(ids)?;
        let mask = match arrays.integers(&format!("{case}.attention_mask"))? {
            Some(mask) => mask.iter().map(|&mask| mask == 1).collect(),
            None => vec![true; ids.len()],
        };
        ensure!(mask.len() == ids.len(), "`{case}.attention_mask` has another size than its tokens");
        let mut images = images(arrays, config, case)?.into_iter();
        let mut rows = Vec::new();
        for (ids, mask) in ids.chunks(width).zip(mask.chunks(width)) {
            let present = ids.iter().zip(mask).filter(|(_, mask)| **mask);
            let tokens: Vec<u32> = present.map(|(&id, _)| u32::try_from(id)).collect::<Result<_, _>>()?;
            let image = config.tokens.image;
            let starts = (0..tokens.len())
                .filter(|&at| tokens[at] == image && (at == 0 || tokens[at - 1] != image))
                .count();
            let images: Vec<_> = images.by_ref().take(starts).collect();
            ensure!(images.len() == starts, "`{case}` shows fewer pictures than its tokens say");
            rows.push(Encoded { tokens, images });
        }
        ensure!(images.next().is_none(), "`{case}` shows more pictures than its tokens say");
        Ok(Self { rows, mask, width })
    }

    /// Packed rows `[tokens, n]` in the padded layout, zero where there is no token.
    pub fn padded(&self, packed: &Tensor) -> Result<Vec<f64>> {
        let n = packed.dim(1)?;
        let values = floats(packed)?;
        let mut rows = values.chunks_exact(n);
        let mut out = Vec::with_capacity(self.mask.len() * n);
        for &present in &self.mask {
            match present {
                true => out.extend_from_slice(rows.next().context("there are too few rows")?),
                false => out.resize(out.len() + n, 0.0),
            }
        }
        Ok(out)
    }
}

/// Whose pictures a case shows: the right-padded batch those of the left-padded one.
fn shown<'a>(arrays: &Arrays, case: &'a str) -> std::borrow::Cow<'a, str> {
    match case.strip_suffix("_right") {
        Some(stem) if arrays.get(&format!("{case}.pixel_values")).is_none() => format!("{stem}_left").into(),
        _ => case.into(),
    }
}

/// A case's pictures from the reference's patch vectors.
pub fn images(arrays: &Arrays, config: &ModelConfig, case: &str) -> Result<Vec<Arc<PreparedImage>>> {
    let case = shown(arrays, case);
    let Some(pixels) = arrays.get(&format!("{case}.pixel_values")) else { return Ok(Vec::new()) };
    let vision = config.vision.as_ref().context("a text-only model is shown pictures")?;
    let grids = integers(arrays.need(&format!("{case}.image_grid_thw"))?)?;
    let frames = frames(pixels, vision)?;
    let mut patches = frames.chunks_exact(vision.patch_width());
    let mut images = Vec::new();
    for grid in grids.chunks_exact(3) {
        let (h, w) = (grid[1] as usize, grid[2] as usize);
        let own: Vec<f32> = patches.by_ref().take(h * w).flatten().copied().collect();
        ensure!(own.len() == h * w * vision.patch_width(), "`{case}.pixel_values` is too short");
        images.push(Arc::new(PreparedImage::new(h, w, vision.merge, own)));
    }
    ensure!(patches.next().is_none(), "`{case}.pixel_values` is longer than its grids");
    Ok(images)
}

/// Vectors of (channel, frame, patch²), all frames equal, to (channel, patch²).
pub fn frames(pixels: &Tensor, vision: &VisionConfig) -> Result<Vec<f32>> {
    let area = vision.patch * vision.patch;
    let flat = pixels.flatten_all()?.to_dtype(candle_core::DType::F32)?.to_vec1::<f32>()?;
    let mut one = Vec::with_capacity(flat.len() / vision.temporal_patch.max(1));
    for frames in flat.chunks(area * vision.temporal_patch) {
        let (first, rest) = frames.split_at(area.min(frames.len()));
        ensure!(rest.chunks(area).all(|frame| frame == first), "the frames of a picture differ");
        one.extend_from_slice(first);
    }
    Ok(one)
}
