//! Vision tower and language model together.

use std::sync::Arc;

use candle_core::Tensor;

use super::{
    ModelConfig, PolicyError, PreparedImage, Result,
    batch::{Batch, Images},
    dense::Source,
    ops,
    text::TextModel,
    vision::{Features, VisionTower},
};

/// A model whose operands were taken from parameters, with gradients or without.
pub struct Model {
    pub(super) text: TextModel,
    pub(super) vision: Option<VisionTower>,
}

impl Model {
    pub fn new(config: &ModelConfig, source: Source<'_>) -> Result<Self> {
        let vision = config.vision.as_ref().map(|vision| VisionTower::new(vision, source)).transpose()?;
        Ok(Self { text: TextModel::new(config, source)?, vision })
    }

    /// Features of some pictures; `None` of none.
    ///
    /// # Errors
    /// For pictures shown to a text-only model.
    pub fn features(&self, images: &Images) -> Result<Option<Features>> {
        self.features_traced(images, None)
    }

    /// Features of pictures, each computed alone.
    pub fn features_each(&self, images: &[Arc<PreparedImage>]) -> Result<Vec<Features>> {
        match &self.vision {
            Some(vision) => vision.each(images),
            None if images.is_empty() => Ok(Vec::new()),
            None => Err(PolicyError::input("a text-only model was given an image")),
        }
    }

    pub(super) fn features_traced(
        &self,
        images: &Images,
        trace: Option<&mut Vec<Tensor>>,
    ) -> Result<Option<Features>> {
        if images.list.is_empty() {
            return Ok(None);
        }
        let vision = self.vision.as_ref();
        let vision = vision.ok_or_else(|| PolicyError::input("a text-only model was given an image"))?;
        vision.forward(images, trace).map(Some)
    }

    /// Normed states at the wanted places of a batch, `[batch.logits, hidden]`.
    pub fn states(&self, batch: &Batch, features: Option<&Features>) -> Result<Tensor> {
        self.text.states(batch, features, None)
    }

    /// Logits of some states, `[n, vocab]`.
    pub fn head(&self, states: &Tensor) -> Result<Tensor> {
        Ok(ops::linear(states, self.text.head(), None)?)
    }

    /// Logits at the wanted places of a batch, `[batch.logits, vocab]`.
    pub fn logits(&self, batch: &Batch, features: Option<&Features>) -> Result<Tensor> {
        self.head(&self.states(batch, features)?)
    }

    /// The same, noting what is computed on the way.
    pub(super) fn logits_traced(
        &self,
        batch: &Batch,
        features: Option<&Features>,
        trace: &mut super::text::Trace,
    ) -> Result<Tensor> {
        self.head(&self.text.states(batch, features, Some(trace))?)
    }
}
