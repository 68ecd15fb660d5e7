//! The adapters themselves: made, read, written, mixed, merged.

use std::{collections::BTreeMap, path::Path};

use candle_core::{DType, Device, Tensor, Var};
use galley_core::Random;

use super::LoraConfig;
use crate::policy::{
    Params, PolicyError, Result,
    names::{is_flat, official, stored_in},
    weights,
};

/// The adapters of a model, by layer name.
#[derive(Clone)]
pub struct Lora {
    config: LoraConfig,
    layers: BTreeMap<String, (Var, Var)>,
    trainable: bool,
    /// The model has no vision tower, so its own folder spells names without `language_model`.
    flat: bool,
}

const PREFIX: &str = "base_model.model.";

impl Lora {
    /// Fresh adapters: A normal with deviation 1/√in, B zero, so that nothing changes at first.
    ///
    /// # Errors
    /// When no layer of the model is a target.
    pub fn init(config: LoraConfig, params: &Params, random: &Random) -> Result<Self> {
        let mut layers = BTreeMap::new();
        for (name, weight) in params.tensors() {
            let Some(layer) = name.strip_suffix(".weight").filter(|layer| config.binds(layer)) else {
                continue;
            };
            let Ok((out, width)) = weight.dims2() else { continue };
            let mut draw = random.named(layer);
            let scale = 1.0 / (width as f64).sqrt();
            let a: Vec<f32> = (0..config.rank * width).map(|_| (draw.normal() * scale) as f32).collect();
            let a = Tensor::from_vec(a, (config.rank, width), weight.device())?.to_dtype(weight.dtype())?;
            let b = Tensor::zeros((out, config.rank), weight.dtype(), weight.device())?;
            layers.insert(layer.to_string(), (Var::from_tensor(&a)?, Var::from_tensor(&b)?));
        }
        Self::of(config, layers, params)
    }

    fn of(config: LoraConfig, layers: BTreeMap<String, (Var, Var)>, params: &Params) -> Result<Self> {
        if layers.is_empty() {
            return Err(PolicyError::config(
                "lora.targets",
                format!("{:?} name no layer of this model", config.targets),
            ));
        }
        Ok(Self { config, layers, trainable: true, flat: is_flat(params.tensors().map(|(name, _)| name)) })
    }

    pub fn config(&self) -> &LoraConfig {
        &self.config
    }

    /// Number of adapted layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// A, B and the scale of a layer.
    pub(in crate::policy) fn adapter(&self, layer: &str, tracked: bool) -> Option<(Tensor, Tensor, f64)> {
        let (a, b) = self.layers.get(layer)?;
        let part = |var: &Var| {
            if tracked && self.trainable { var.as_tensor().clone() } else { var.as_detached_tensor() }
        };
        Some((part(a), part(b), self.config.scale()))
    }

    /// All adapter weights under PEFT's names.
    pub fn vars(&self) -> Vec<(String, Var)> {
        let both = |(layer, (a, b)): (&String, &(Var, Var))| {
            let layer = stored_in(self.flat, layer);
            [
                (format!("{PREFIX}{layer}.lora_A.weight"), a.clone()),
                (format!("{PREFIX}{layer}.lora_B.weight"), b.clone()),
            ]
        };
        self.layers.iter().flat_map(both).collect()
    }

    /// The adapter weights, unless frozen.
    pub fn trainable(&self) -> Vec<(String, Var)> {
        if self.trainable { self.vars() } else { Vec::new() }
    }

    /// A frozen copy that shares nothing.
    pub fn snapshot(&self) -> Result<Self> {
        let mut layers = BTreeMap::new();
        for (layer, (a, b)) in &self.layers {
            let copy = |var: &Var| Ok::<_, PolicyError>(Var::from_tensor(&var.as_detached_tensor().copy()?)?);
            layers.insert(layer.clone(), (copy(a)?, copy(b)?));
        }
        Ok(Self { config: self.config.clone(), layers, trainable: false, flat: self.flat })
    }

    /// `self ← (1 − t) · self + t · other`, in place.
    pub fn lerp_from(&self, other: &Lora, t: f64) -> Result<()> {
        for ((name, mine), (other_name, theirs)) in self.vars().into_iter().zip(other.vars()) {
            if name != other_name {
                return Err(PolicyError::Names { missing: vec![name], unexpected: vec![other_name] });
            }
            let mixed = ((mine.as_detached_tensor() * (1.0 - t))? + (theirs.as_detached_tensor() * t)?)?;
            mine.set(&mixed)?;
        }
        Ok(())
    }

    /// Adds every adapter's product to its layer's weight, in place.
    pub fn merge_into(&self, params: &Params) -> Result<()> {
        for (layer, (a, b)) in &self.layers {
            let name = format!("{layer}.weight");
            let change = (b.as_detached_tensor().matmul(&a.as_detached_tensor())? * self.config.scale())?;
            params.add_to(&name, &change)?;
        }
        Ok(())
    }

    /// The adapted layers as the model's own folder spells them.
    fn names(&self) -> Vec<String> {
        self.layers.keys().map(|layer| stored_in(self.flat, layer)).collect()
    }

    /// Writes an adapter folder.
    pub fn save(&self, dir: &Path) -> Result<()> {
        std::fs::create_dir_all(dir).map_err(PolicyError::io(dir))?;
        let vars = self.vars();
        weights::save(
            vars.iter().map(|(name, var)| (name.as_str(), var.as_tensor())),
            &dir.join("adapter_model.safetensors"),
        )?;
        let text = format!("{:#}\n", self.config.to_json(&self.names()));
        let path = dir.join("adapter_config.json");
        std::fs::write(&path, text).map_err(PolicyError::io(&path))
    }

    /// Reads an adapter folder for a model.
    ///
    /// # Errors
    /// Names the field of `adapter_config.json` that is damaged or asks for what is not known here, and the tensor that
    /// does not fit its layer; lists adapters of layers that the model does not have, and layers with half an adapter.
    pub fn load(dir: &Path, params: &Params, dtype: DType, device: &Device) -> Result<Self> {
        let mut config = LoraConfig::load(dir)?;
        let path = dir.join("adapter_model.safetensors");
        let mut tensors = weights::load_file(&path, dtype, device)?;
        let mut layers = BTreeMap::new();
        let mut missing = Vec::new();
        let names: Vec<String> = tensors.keys().cloned().collect();
        for name in names {
            let Some(stem) = name.strip_suffix(".lora_A.weight").filter(|stem| stem.starts_with(PREFIX))
            else {
                continue;
            };
            let layer = official(&stem[PREFIX.len()..]);
            let Some(weight) = params.get(&format!("{layer}.weight")) else { continue };
            let partner = format!("{stem}.lora_B.weight");
            match (tensors.remove(&name), tensors.remove(&partner)) {
                (Some(a), Some(b)) => {
                    fit(&weight, &a, &b, config.rank).map_err(|problem| PolicyError::Weights {
                        path: path.clone(),
                        problem: format!("`{stem}` {problem}"),
                    })?;
                    layers.insert(layer, (Var::from_tensor(&a)?, Var::from_tensor(&b)?));
                }
                _ => missing.push(partner),
            }
        }
        if !tensors.is_empty() || !missing.is_empty() {
            return Err(PolicyError::Names { missing, unexpected: tensors.into_keys().collect() });
        }
        config.vision |= layers.keys().any(|layer| layer.starts_with("model.visual."));
        Self::of(config, layers, params)
    }
}

/// Whether `a [rank, in]` and `b [out, rank]` belong to `weight [out, in]`.
fn fit(weight: &Tensor, a: &Tensor, b: &Tensor, rank: usize) -> Result<(), String> {
    let Ok((out, width)) = weight.dims2() else { return Err("adapts what is no matrix".to_owned()) };
    match a.dims() == [rank, width] && b.dims() == [out, rank] {
        true => Ok(()),
        false => Err(format!(
            "has shapes {:?} and {:?}; rank {rank} of a layer {out} x {width} needs [{rank}, {width}] and [{out}, {rank}]",
            a.dims(),
            b.dims()
        )),
    }
}
