//! A prompt as the model reads it.

use std::sync::Arc;

use super::PreparedImage;

/// Tokens with every image placeholder already repeated as often as its picture has merged patches, and the pictures in
/// order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    pub tokens: Vec<u32>,
    pub images: Vec<Arc<PreparedImage>>,
}

/// A part of a prompt whose pictures are prepared already (a task's picture serves many prompts).
#[derive(Clone, Debug)]
pub enum PromptPart {
    Text(String),
    Image(Arc<PreparedImage>),
}
