//! What a domain gets of the outside world: similarities that need weights, and models that judge.

use std::{path::PathBuf, sync::Arc};

use galley_core::{DomainError, Endpoint, Judge, Similarities, Similarity};

use crate::{
    judge::{Answers, Chat},
    perceptual::{Perceptual, Weights},
    recipe::PerceptualConfig,
};

/// The similarity networks of the recipe's `[perceptual]`, and judges; nothing is read or asked before a domain asks.
pub struct Networks {
    pub perceptual: PerceptualConfig,
    /// Where judges' answers are kept.
    pub answers: PathBuf,
}

impl Similarities for Networks {
    fn named(&self, name: &str) -> Result<Arc<dyn Similarity>, DomainError> {
        let mut weights = Weights::default();
        if let Some(lpips) = &self.perceptual.lpips {
            weights.lpips = lpips.into();
        }
        match (&self.perceptual.clip, &self.perceptual.clip_hub) {
            (Some(clip), _) => weights.clip = clip.into(),
            (None, Some(id)) if name == "clip" => {
                let found = crate::policy::fetch(id, &self.perceptual.clip_revision);
                weights.clip = found.map_err(|error| DomainError::setup(error, "see perceptual.clip-hub"))?;
            }
            _ => {}
        }
        Perceptual { weights }.named(name)
    }

    fn judge(&self, endpoint: &Endpoint) -> Result<Arc<dyn Judge>, DomainError> {
        Ok(Arc::new(Chat::new(endpoint, Answers::new(self.answers.clone()))?))
    }
}
