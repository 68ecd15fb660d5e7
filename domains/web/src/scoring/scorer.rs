//! The browser behind the scores.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use galley_core::{DomainError, Similarity};
use parking_lot::Mutex;

use super::{Official, OfficialError, Sound};
use crate::{
    RewardConfig, WebReward,
    renderer::{OfficialShots, RendererOptions, WebRenderer},
};

/// Files that pages may show, by the name that they use.
pub type Assets = BTreeMap<String, Vec<u8>>;

/// How long a page may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Judges pairs of pages. Browsers start with the first pair.
#[derive(Default)]
pub struct Scorer {
    reward: WebReward,
    /// One for each set of files; they are few.
    renderers: Mutex<Vec<(Assets, Arc<WebRenderer>)>>,
    cameras: Mutex<Vec<(Assets, Arc<OfficialShots>)>>,
}

impl Scorer {
    /// `similarity` computes and names the visual axis of the sound mode, SSIM without one.
    pub fn new(config: RewardConfig, similarity: Option<Arc<dyn Similarity>>) -> Self {
        let reward = match similarity {
            Some(similarity) => WebReward::with_similarity(config, similarity),
            None => WebReward::new(config),
        };
        Self { reward, renderers: Mutex::default(), cameras: Mutex::default() }
    }

    /// The reward's axes.
    ///
    /// # Errors
    /// Faults of the harness, and a reference that shows nothing.
    pub fn sound(&self, prediction: &str, reference: &str, assets: &Assets) -> Result<Sound, DomainError> {
        Sound::of(&*self.renderer(assets)?, &self.reward, prediction, reference)
    }

    /// The published evaluator; takes the bytes of the files, as it does.
    ///
    /// # Errors
    /// A page on which the original raises as well, and faults of the harness.
    pub fn official(
        &self,
        prediction: &[u8],
        reference: &[u8],
        assets: &Assets,
    ) -> Result<Official, OfficialError> {
        Official::of(&*self.camera(assets)?, prediction, reference)
    }

    fn camera(&self, assets: &Assets) -> Result<Arc<OfficialShots>, DomainError> {
        let mut known = self.cameras.lock();
        if let Some((_, camera)) = known.iter().find(|(other, _)| other == assets) {
            return Ok(camera.clone());
        }
        let options = RendererOptions { assets: assets.clone(), ..RendererOptions::default() };
        let camera = Arc::new(OfficialShots::start(options)?);
        known.push((assets.clone(), camera.clone()));
        Ok(camera)
    }

    fn renderer(&self, assets: &Assets) -> Result<Arc<WebRenderer>, DomainError> {
        let mut known = self.renderers.lock();
        if let Some((_, renderer)) = known.iter().find(|(other, _)| other == assets) {
            return Ok(renderer.clone());
        }
        let options =
            RendererOptions { full_page: true, assets: assets.clone(), ..RendererOptions::default() };
        let renderer = Arc::new(WebRenderer::start(options)?);
        known.push((assets.clone(), renderer.clone()));
        Ok(renderer)
    }
}
