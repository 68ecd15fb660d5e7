//! LPIPS, where its weights are.

use std::sync::OnceLock;

use galley_core::Image;
use image::RgbImage;

use super::tally::Tally;
use crate::perceptual::{Backbone, Lpips, PerceptualError, Weights};

/// Relative: the goldens were made with another float32 convolution.
const TOLERANCE: f64 = 1e-4;

/// Compares the numbers `lpips_<net>` (native size) and `lpips_<net>_256_bilinear`; false for a key that is none of those.
pub fn check(key: &str, a: &RgbImage, b: &RgbImage, expected: f64, tally: &mut Tally) -> bool {
    let Some((backbone, small)) = number_of(key) else { return false };
    let Ok(network) = network(backbone) else {
        tally.absent(&format!("{key} (no weights: galley fetch lpips)"));
        return true;
    };
    let (a, b) = (picture(a), picture(b));
    let found = if small { network.distance_256(&a, &b) } else { network.distance(&a, &b) };
    // Relative to the golden, absolute where that is 0.
    let scale = if expected == 0.0 { 1.0 } else { expected };
    tally.number(&format!("{key}, relative"), found.unwrap_or(f64::NAN) / scale, expected / scale, TOLERANCE);
    true
}

fn number_of(key: &str) -> Option<(Backbone, bool)> {
    Some(match key {
        "lpips_alex" => (Backbone::Alex, false),
        "lpips_vgg" => (Backbone::Vgg, false),
        "lpips_alex_256_bilinear" => (Backbone::Alex, true),
        "lpips_vgg_256_bilinear" => (Backbone::Vgg, true),
        _ => return None,
    })
}

/// Loaded once.
fn network(backbone: Backbone) -> &'static Result<Lpips, PerceptualError> {
    static NETWORKS: [OnceLock<Result<Lpips, PerceptualError>>; 2] = [OnceLock::new(), OnceLock::new()];
    let index = usize::from(backbone == Backbone::Vgg);
    NETWORKS[index].get_or_init(|| Lpips::load(backbone, &Weights::default()))
}

fn picture(image: &RgbImage) -> Image {
    Image { width: image.width(), height: image.height(), rgb: image.as_raw().clone() }
}
