//! LPIPS v0.1 (Zhang et al. 2018): a distance between the features of two pictures, each feature weighted as people do.

mod backbone;
mod distance;

use std::path::Path;

use candle_core::{Device, Tensor};
use galley_core::{Image, Similarity};
use galley_measure::pillow::{Filter, resize};

use super::{PerceptualError, Weights, weights::tensors};
pub use backbone::Backbone;
use backbone::Network;

/// The side of the square at which [`Similarity`] compares pictures, as Image2Struct does.
const SIDE: usize = 256;

/// One network with its linear heads.
pub struct Lpips {
    backbone: Backbone,
    network: Network,
}

impl Lpips {
    /// # Errors
    /// `Absent` with the file that was looked for, or `Damaged`.
    pub fn load(backbone: Backbone, weights: &Weights) -> Result<Self, PerceptualError> {
        let path = weights.lpips_file(backbone);
        if !path.is_file() {
            let (name, help) = (backbone.name().to_owned(), "run `galley fetch lpips`".to_owned());
            return Err(PerceptualError::Absent { name, path, help });
        }
        Self::from_file(backbone, &path)
    }

    /// # Errors
    /// `Damaged` when a tensor is missing or the file cannot be read.
    pub fn from_file(backbone: Backbone, path: &Path) -> Result<Self, PerceptualError> {
        let network = Network::new(backbone, tensors(path, |_| true)?)
            .map_err(|problem| PerceptualError::damaged(path, problem))?;
        Ok(Self { backbone, network })
    }

    /// The distance, 0 for equal pictures, of two pictures of the same size.
    ///
    /// # Errors
    /// Sizes that differ, or a side too short for the network.
    pub fn distance(&self, a: &Image, b: &Image) -> Result<f64, PerceptualError> {
        Ok(self.network.distance(&scaled(a)?, &scaled(b)?)?)
    }
}

impl Lpips {
    /// The distance of pictures of any size after both became 256×256 (Pillow, bilinear), as Image2Struct compares them.
    ///
    /// # Errors
    /// Of the tensor library.
    pub fn distance_256(&self, a: &Image, b: &Image) -> Result<f64, PerceptualError> {
        self.distance(&square(a), &square(b))
    }
}

impl Similarity for Lpips {
    fn name(&self) -> &str {
        self.backbone.name()
    }

    /// `1 − LPIPS`, at least 0, of both pictures at 256×256 (Pillow, bilinear); 0 if the network fails.
    fn similarity(&self, a: &Image, b: &Image) -> f64 {
        if a == b {
            return 1.0;
        }
        let distance = self.distance_256(a, b);
        distance.map_or(0.0, |distance| (1.0 - distance).clamp(0.0, 1.0))
    }
}

/// A picture at 256×256.
pub(super) fn square(image: &Image) -> Image {
    let size = (image.width as usize, image.height as usize);
    Image::new(SIDE as u32, SIDE as u32, resize::<3>(&image.rgb, size, (SIDE, SIDE), Filter::Bilinear))
}

/// Pixels in −1..=1, then less LPIPS's own mean and by its own deviation: `1 × 3 × height × width`.
fn scaled(image: &Image) -> candle_core::Result<Tensor> {
    const SHIFT: [f32; 3] = [-0.030, -0.088, -0.188];
    const SCALE: [f32; 3] = [0.458, 0.448, 0.450];
    let channel = |at: usize| {
        let values = image.rgb.iter().skip(at).step_by(3);
        values.map(move |byte| (f32::from(*byte) / 127.5 - 1.0 - SHIFT[at]) / SCALE[at])
    };
    let planes: Vec<f32> = (0..3).flat_map(channel).collect();
    Tensor::from_vec(planes, (1, 3, image.height as usize, image.width as usize), &Device::Cpu)
}
