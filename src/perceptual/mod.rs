//! Similarities of pictures that a network computes: LPIPS (AlexNet, VGG16) and CLIP (ViT-B/32).
//!
//! Weights are files ([`Weights`] says where); without them a similarity is absent and says so, it is never replaced by
//! another. [`Perceptual`] gives them out by name to domains; [`fetch`] gets the files. Everything runs on the CPU in
//! float32, so that a number does not depend on the machine's accelerator.

mod clip;
mod error;
pub mod fetch;
mod lpips;
mod source;
mod weights;

pub use clip::{Clip, ClipConfig, cosine, preprocess};
pub use error::PerceptualError;
pub use lpips::{Backbone, Lpips};
pub use source::Perceptual;
pub use weights::{Weights, cache_folder};
