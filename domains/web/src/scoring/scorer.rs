//! The browser behind the scores.

use std::{collections::BTreeMap, sync::Arc};

use galley_core::{DomainError, Similarity};
use parking_lot::Mutex;

use super::{ClipCosine, Official, OfficialError, Sound};
use crate::{
    RewardConfig, WebReward,
    renderer::{OfficialShots, RendererOptions, WebRenderer},
};

/// Files that pages may show, by the name that they use.
pub type Assets = BTreeMap<String, Vec<u8>>;

/// Judges pairs of pages. Browsers start with the first pair.
#[derive(Default)]
pub struct Scorer {
    reward: WebReward,
    /// One for each set of files; they are few.
    renderers: Mutex<Vec<(Assets, Arc<WebRenderer>)>>,
    shots: Mutex<Vec<(Assets, Arc<OfficialShots>)>>,
}

impl Scorer {
    /// `similarity` computes and names the visual axis of the sound mode, SSIM without one.
    pub fn new(config: RewardConfig, similarity: Option<Arc<dyn Similarity>>) -> Self {
        let reward = match similarity {
            Some(similarity) => WebReward::with_similarity(config, similarity),
            None => WebReward::new(config),
        };
        Self { reward, renderers: Mutex::default(), shots: Mutex::default() }
    }

    /// The reward's axes.
    ///
    /// # Errors
    /// Faults of the harness, and a reference that shows nothing.
    pub fn sound(&self, prediction: &str, reference: &str, assets: &Assets) -> Result<Sound, DomainError> {
        Sound::of(&*self.renderer(assets)?, &self.reward, prediction, reference)
    }

    /// The published evaluator; takes the bytes of the files, as it does. Without `clip` that axis is absent.
    ///
    /// # Errors
    /// A page on which the original raises as well, and faults of the harness.
    pub fn official(
        &self,
        prediction: &[u8],
        reference: &[u8],
        assets: &Assets,
        clip: Option<&ClipCosine<'_>>,
    ) -> Result<Official, OfficialError> {
        let start =
            || OfficialShots::start(RendererOptions { assets: assets.clone(), ..RendererOptions::default() });
        Official::of(&*known(&self.shots, assets, start)?, prediction, reference, clip)
    }

    fn renderer(&self, assets: &Assets) -> Result<Arc<WebRenderer>, DomainError> {
        known(&self.renderers, assets, || {
            WebRenderer::start(RendererOptions {
                full_page: true,
                assets: assets.clone(),
                ..RendererOptions::default()
            })
        })
    }
}

/// What was started for these files, or a new one.
fn known<T>(
    all: &Mutex<Vec<(Assets, Arc<T>)>>,
    assets: &Assets,
    start: impl FnOnce() -> Result<T, DomainError>,
) -> Result<Arc<T>, DomainError> {
    let mut all = all.lock();
    if let Some((_, one)) = all.iter().find(|(other, _)| other == assets) {
        return Ok(one.clone());
    }
    let one = Arc::new(start()?);
    all.push((assets.clone(), one.clone()));
    Ok(one)
}
