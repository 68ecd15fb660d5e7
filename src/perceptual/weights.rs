//! Where the weights of the similarities lie.

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};

use super::{Backbone, PerceptualError};

/// The folders that are looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// With `lpips-alex.safetensors` and `lpips-vgg.safetensors`.
    pub lpips: PathBuf,
    /// With `config.json` and `model.safetensors`.
    pub clip: PathBuf,
}

impl Default for Weights {
    fn default() -> Self {
        Self::under(&cache_folder())
    }
}

impl Weights {
    pub fn under(cache: &Path) -> Self {
        Self { lpips: cache.join("lpips"), clip: cache.join("clip-vit-base-patch32") }
    }

    pub fn lpips_file(&self, backbone: Backbone) -> PathBuf {
        self.lpips.join(format!("{}.safetensors", backbone.name()))
    }

    pub fn clip_file(&self) -> PathBuf {
        self.clip.join("model.safetensors")
    }
}

/// `galley` in the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`).
#[expect(
    clippy::disallowed_methods,
    reason = "where downloads are kept is the user's setting, not the run's"
)]
pub fn cache_folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    cache.unwrap_or_else(|| PathBuf::from(".cache")).join("galley")
}

/// The tensors of one safetensors file whose name `wanted` accepts, by name. Mapped: what is not wanted is not read.
pub(super) fn tensors(
    path: &Path,
    wanted: fn(&str) -> bool,
) -> Result<std::collections::BTreeMap<String, Tensor>, PerceptualError> {
    let damaged = |error: candle_core::Error| PerceptualError::damaged(path, error);
    // SAFETY: the file is only read while it is mapped, and nothing of galley writes it in place (downloads are renamed).
    let file = unsafe { candle_core::safetensors::MmapedSafetensors::new(path) }.map_err(damaged)?;
    let names = file.tensors().into_iter().map(|(name, _)| name).filter(|name| wanted(name));
    names
        .map(|name| {
            let tensor =
                file.load(&name, &Device::Cpu).and_then(|tensor| tensor.to_dtype(candle_core::DType::F32));
            Ok((name, tensor.map_err(damaged)?))
        })
        .collect()
}
