//! The image processor: a picture becomes patches in the order that the vision tower reads.

use std::path::Path;

use galley_core::Image;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PolicyError, Result, resize::resize, rope::patch_order};

/// The settings of an image processor; [`Default`] = the official ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessorConfig {
    /// Side of a patch in pixels.
    pub patch: usize,
    /// Frames of a patch; a picture counts as that many equal frames.
    pub temporal_patch: usize,
    /// `merge × merge` patches make one token.
    pub merge: usize,
    /// Pictures are scaled to at least so many pixels,
    pub min_pixels: usize,
    /// and at most so many.
    pub max_pixels: usize,
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

impl Default for ProcessorConfig {
    fn default() -> Self {
        Self {
            patch: 16,
            temporal_patch: 2,
            merge: 2,
            min_pixels: 65_536,
            max_pixels: 16_777_216,
            mean: [0.5; 3],
            std: [0.5; 3],
        }
    }
}

impl ProcessorConfig {
    /// The preset for tiny models: every picture is brought to about `width × height` pixels.
    pub fn tiny(width: usize, height: usize) -> Self {
        Self { min_pixels: width * height, max_pixels: width * height, ..Self::default() }
    }

    /// Reads `preprocessor_config.json` in a model folder.
    pub fn load(dir: &Path) -> Result<Self> {
        let path = dir.join("preprocessor_config.json");
        let text = std::fs::read_to_string(&path).map_err(PolicyError::io(&path))?;
        let json: Value = serde_json::from_str(&text)
            .map_err(|source| PolicyError::Json { what: path.display().to_string(), source })?;
        let number = |value: Option<&Value>, field: &str| {
            let number = value.and_then(Value::as_u64).map(|n| n as usize);
            number.ok_or_else(|| {
                PolicyError::config(field, "is not a whole number in preprocessor_config.json")
            })
        };
        let size = |old: &str, new: &str| {
            let inside = json.get("size").and_then(|size| size.get(new));
            number(json.get(old).filter(|value| !value.is_null()).or(inside), new)
        };
        let triple = |field: &str| {
            let list =
                json.get(field).and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_f64));
            let list: Vec<f32> = list.into_iter().flatten().map(|x| x as f32).collect();
            <[f32; 3]>::try_from(list).map_err(|_| PolicyError::config(field, "does not have three numbers"))
        };
        Ok(Self {
            patch: number(json.get("patch_size"), "patch_size")?,
            temporal_patch: number(json.get("temporal_patch_size"), "temporal_patch_size")?,
            merge: number(json.get("merge_size"), "merge_size")?,
            min_pixels: size("min_pixels", "shortest_edge")?,
            max_pixels: size("max_pixels", "longest_edge")?,
            mean: triple("image_mean")?,
            std: triple("image_std")?,
        })
    }

    /// The official layout.
    pub fn to_json(&self) -> Value {
        json!({
            "size": {"longest_edge": self.max_pixels, "shortest_edge": self.min_pixels},
            "patch_size": self.patch, "temporal_patch_size": self.temporal_patch, "merge_size": self.merge,
            "image_mean": self.mean, "image_std": self.std,
            "processor_class": "Qwen3VLProcessor", "image_processor_type": "Qwen2VLImageProcessorFast",
        })
    }
}

/// A picture as the vision tower reads it.
#[derive(Clone, PartialEq)]
pub struct PreparedImage {
    /// Frames, rows, columns, in patches.
    pub grid: (usize, usize, usize),
    /// One frame of each patch, `[rows · columns, 3 · patch · patch]`, channel first, in blocks of `merge × merge`. The
    /// official vectors repeat the frame `temporal_patch` times; the tower sums its weights over time instead.
    pub patches: Vec<f32>,
    merge: usize,
    key: String,
}

impl PreparedImage {
    /// From patches in the official order (one frame).
    pub fn new(rows: usize, columns: usize, merge: usize, patches: Vec<f32>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for size in [rows, columns, merge] {
            hasher.update(&(size as u64).to_le_bytes());
        }
        patches.chunks(1024).for_each(|chunk| {
            let bytes: Vec<u8> = chunk.iter().flat_map(|x| x.to_le_bytes()).collect();
            hasher.update(&bytes);
        });
        let key = hasher.finalize().to_hex()[..32].to_string();
        Self { grid: (1, rows, columns), patches, merge, key }
    }

    /// How many tokens it takes in a prompt.
    pub fn tokens(&self) -> usize {
        self.grid.1 * self.grid.2 / (self.merge * self.merge)
    }

    /// Rows and columns of tokens.
    pub fn merged_grid(&self) -> (usize, usize) {
        (self.grid.1 / self.merge, self.grid.2 / self.merge)
    }

    /// Number of patches.
    pub fn len(&self) -> usize {
        self.grid.1 * self.grid.2
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Equal for equal content.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl std::fmt::Debug for PreparedImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PreparedImage({}x{} patches, {})", self.grid.2, self.grid.1, self.key)
    }
}

/// Turns pictures into patches.
#[derive(Clone, Debug)]
pub struct Processor {
    config: ProcessorConfig,
}

impl Processor {
    pub fn new(config: ProcessorConfig) -> Result<Self> {
        for (field, value) in
            [("patch_size", config.patch), ("merge_size", config.merge), ("max_pixels", config.max_pixels)]
        {
            if value == 0 {
                return Err(PolicyError::config(field, "must be at least 1"));
            }
        }
        if config.min_pixels > config.max_pixels {
            return Err(PolicyError::config("min_pixels", "is above max_pixels"));
        }
        Ok(Self { config })
    }

    pub fn config(&self) -> &ProcessorConfig {
        &self.config
    }

    /// The size (height, width) to which a picture is brought: both multiples of `patch · merge`, the area within the
    /// limits, the shape kept as well as that allows (Qwen2-VL's `smart_resize`).
    ///
    /// # Errors
    /// For a picture that is more than 200 times as long as wide.
    pub fn smart_resize(&self, height: usize, width: usize) -> Result<(usize, usize)> {
        let factor = (self.config.patch * self.config.merge) as f64;
        let (h, w) = (height as f64, width as f64);
        if height.min(width) == 0 || h.max(w) / h.min(w) > 200.0 {
            return Err(PolicyError::Image(format!(
                "{width} x {height} pixels: the aspect ratio is above 200"
            )));
        }
        let round = |x: f64| (x / factor).round_ties_even() * factor;
        let (rh, rw) = (round(h), round(w));
        let (min, max) = (self.config.min_pixels as f64, self.config.max_pixels as f64);
        let (rh, rw) = if rh * rw > max {
            let beta = (h * w / max).sqrt();
            let shrink = |x: f64| ((x / beta / factor).floor() * factor).max(factor);
            (shrink(h), shrink(w))
        } else if rh * rw < min {
            let beta = (min / (h * w)).sqrt();
            let grow = |x: f64| (x * beta / factor).ceil() * factor;
            (grow(h), grow(w))
        } else {
            (rh, rw)
        };
        Ok((rh as usize, rw as usize))
    }

    /// Resizes, normalises and cuts into patches.
    pub fn prepare(&self, image: &Image) -> Result<PreparedImage> {
        let from = (image.height as usize, image.width as usize);
        let (height, width) = self.smart_resize(from.0, from.1)?;
        let pixels = resize(&image.rgb, from, (height, width));
        Ok(self.patches(&pixels, height, width))
    }

    /// Cuts pixels of a size that [`Processor::smart_resize`] gave.
    fn patches(&self, pixels: &[u8], height: usize, width: usize) -> PreparedImage {
        let (side, merge) = (self.config.patch, self.config.merge);
        let (rows, columns) = (height / side, width / side);
        let table: Vec<[f32; 256]> = (0..3).map(|c| self.normalised(c)).collect();
        let mut patches = Vec::with_capacity(rows * columns * 3 * side * side);
        for (y, x) in patch_order(rows, columns, merge) {
            for (channel, table) in table.iter().enumerate() {
                for line in y * side..(y + 1) * side {
                    let start = (line * width + x * side) * 3 + channel;
                    patches.extend((0..side).map(|i| table[usize::from(pixels[start + i * 3])]));
                }
            }
        }
        PreparedImage::new(rows, columns, merge, patches)
    }

    /// `(x / 255 − mean) / std` as the official processor computes it: `(x − 255 · mean) / (255 · std)`.
    fn normalised(&self, channel: usize) -> [f32; 256] {
        let (mean, std) = (self.config.mean[channel] * 255.0, self.config.std[channel] * 255.0);
        std::array::from_fn(|x| (x as f32 - mean) / std)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tiny_processor_makes_twelve_tokens_of_a_small_page() {
        let processor = Processor::new(ProcessorConfig::tiny(128, 96)).unwrap();
        let image = processor.prepare(&Image::filled(640, 480, [255, 0, 0])).unwrap();
        assert_eq!((image.grid, image.tokens()), ((1, 6, 8), 12));
        assert_eq!(image.patches.len(), 48 * 768);
        assert_eq!((image.patches[0], image.patches[256]), (1.0, -1.0));
    }
}
