//! CLIP's picture encoder (Radford et al. 2021) with the weights of `openai/clip-vit-base-patch32`.

mod config;
mod encoder;
mod preprocess;

use std::path::Path;

use galley_core::{Image, Similarity};
use galley_measure::pillow::{Filter, resize};

use super::{PerceptualError, Weights, weights::tensors};
pub use config::ClipConfig;
use encoder::Encoder;
pub use preprocess::preprocess;

/// The encoder of pictures.
pub struct Clip {
    encoder: Encoder,
}

impl Clip {
    /// # Errors
    /// `Absent` with the file that was looked for, or `Damaged`.
    pub fn load(weights: &Weights) -> Result<Self, PerceptualError> {
        let path = weights.clip_file();
        if !path.is_file() {
            let help = "run `galley fetch clip`, or put config.json and model.safetensors of \
                        openai/clip-vit-base-patch32 into that folder";
            return Err(PerceptualError::Absent { name: "clip".into(), path, help: help.into() });
        }
        Self::from_folder(&weights.clip)
    }

    /// From `config.json` and `model.safetensors` in the layout of Hugging Face transformers; the text half is not read.
    ///
    /// # Errors
    /// `Damaged`, with what is missing.
    pub fn from_folder(folder: &Path) -> Result<Self, PerceptualError> {
        let config = ClipConfig::read(&folder.join("config.json"))?;
        let path = folder.join("model.safetensors");
        let wanted = |name: &str| name.starts_with("vision_model.") || name == "visual_projection.weight";
        let encoder = Encoder::new(config, tensors(&path, wanted)?)
            .map_err(|problem| PerceptualError::damaged(path, problem))?;
        Ok(Self { encoder })
    }

    /// The embedding of a picture of any size (Pillow's bicubic resize of the shorter side, then the centre).
    ///
    /// # Errors
    /// Of the network.
    pub fn embed(&self, image: &Image) -> Result<Vec<f32>, PerceptualError> {
        self.embed_square(&preprocess::centre(image, self.encoder.side()))
    }

    /// The embedding of the RGB pixels of a picture that already has 224×224 pixels; not normalised.
    ///
    /// # Errors
    /// Another size than the network's.
    pub fn embed_rgb224(&self, rgb: &[u8]) -> Result<Vec<f32>, PerceptualError> {
        self.embed_square(rgb)
    }

    fn embed_square(&self, rgb: &[u8]) -> Result<Vec<f32>, PerceptualError> {
        Ok(self.encoder.embed(preprocess::normalised(rgb))?)
    }
}

impl Similarity for Clip {
    fn name(&self) -> &str {
        "clip"
    }

    /// The cosine, at least 0, of the pictures after Design2Code's resize to a square; 0 if the network fails.
    fn similarity(&self, a: &Image, b: &Image) -> f64 {
        if a == b {
            return 1.0;
        }
        let embed = |image: &Image| self.embed(&square(image));
        let both = embed(a).and_then(|a| Ok((a, embed(b)?)));
        both.map_or(0.0, |(a, b)| cosine(&a, &b).clamp(0.0, 1.0))
    }
}

/// Cosine of two embeddings, in −1..=1 up to rounding; 0 where one is zero.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// Both sides become the shorter one (Lanczos), so that a tall page keeps its ends.
fn square(image: &Image) -> Image {
    let side = image.width.min(image.height);
    let size = (image.width as usize, image.height as usize);
    Image::new(side, side, resize::<3>(&image.rgb, size, (side as usize, side as usize), Filter::Lanczos))
}
