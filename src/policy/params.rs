//! A model's parameters by name.

use std::{collections::BTreeMap, path::Path};

use candle_core::{DType, Device, Tensor, Var};
use galley_core::Random;

use super::{ModelConfig, PolicyError, Result, names, weights};

/// All parameters of a model in a fixed order, under their official names.
///
/// Each is a `Var`, so that it can be changed in place; a frozen one is handed out detached and gets no gradient.
#[derive(Clone)]
pub struct Params {
    entries: Vec<Param>,
    index: BTreeMap<String, usize>,
}

#[derive(Clone)]
struct Param {
    name: String,
    var: Var,
    trainable: bool,
}

impl Params {
    /// Fresh weights: norms 1, biases 0, everything else normal with deviation `std`, divided by `√(2 · layers)` for
    /// the products that close a residual branch (GPT-2 §2.3). A function of the seed and the names.
    pub fn init(config: &ModelConfig, random: &Random, std: f64, device: &Device) -> Result<Self> {
        let depth = (2.0 * config.text.layers as f64).sqrt();
        let tensors = names::shapes(config).into_iter().map(|(name, shape)| {
            let count = shape.iter().product();
            let mut draw = random.named(&name);
            let scale = if closes_a_branch(&name) { std / depth } else { std };
            let data: Vec<f32> = match kind(&name) {
                Kind::Norm => vec![1.0; count],
                Kind::Bias => vec![0.0; count],
                Kind::Matrix => (0..count).map(|_| (draw.normal() * scale) as f32).collect(),
            };
            Ok((name, Tensor::from_vec(data, shape, device)?))
        });
        Self::of(tensors.collect::<Result<_>>()?, true)
    }

    /// Reads a model folder's weights (one safetensors file, or shards with their index).
    pub fn load(config: &ModelConfig, dir: &Path, dtype: DType, device: &Device) -> Result<Self> {
        Self::of(weights::load(&names::shapes(config), dir, dtype, device)?, true)
    }

    /// From named tensors, copied.
    pub fn of(tensors: Vec<(String, Tensor)>, trainable: bool) -> Result<Self> {
        let mut entries = Vec::with_capacity(tensors.len());
        for (name, tensor) in tensors {
            let var = Var::from_tensor(&tensor.detach().copy()?)?;
            entries.push(Param { name, var, trainable });
        }
        let index = entries.iter().enumerate().map(|(at, param)| (param.name.clone(), at)).collect();
        Ok(Self { entries, index })
    }

    /// Copies on a device and in a precision, trainable.
    pub fn moved(&self, device: &Device, dtype: DType) -> Result<Self> {
        let there = |param: &Param| -> Result<(String, Tensor)> {
            let tensor = param.var.as_detached_tensor().to_device(device)?.to_dtype(dtype)?;
            Ok((param.name.clone(), tensor))
        };
        Self::of(self.entries.iter().map(there).collect::<Result<_>>()?, true)
    }

    /// Writes all as f32 safetensors, under the names of the model's own kind; equal parameters give equal bytes.
    pub fn save(&self, config: &ModelConfig, path: &Path) -> Result<()> {
        let named: Vec<(String, &Tensor)> = self
            .entries
            .iter()
            .map(|param| (names::stored(config, &param.name), param.var.as_tensor()))
            .collect();
        weights::save(named.iter().map(|(name, tensor)| (name.as_str(), *tensor)), path)
    }

    /// A frozen copy that shares nothing.
    pub fn snapshot(&self) -> Result<Self> {
        Self::of(self.tensors().map(|(name, tensor)| (name.to_string(), tensor.clone())).collect(), false)
    }

    /// Those that get gradients.
    pub fn trainable(&self) -> Vec<(String, Var)> {
        let wanted = self.entries.iter().filter(|param| param.trainable);
        wanted.map(|param| (param.name.clone(), param.var.clone())).collect()
    }

    /// Freezes or thaws every parameter for which `choose` answers.
    pub fn set_trainable(&mut self, choose: impl Fn(&str) -> bool) {
        for param in &mut self.entries {
            param.trainable = choose(&param.name);
        }
    }

    /// All of them, without gradient.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, Tensor)> {
        self.entries.iter().map(|param| (param.name.as_str(), param.var.as_detached_tensor()))
    }

    /// One of them, without gradient.
    pub fn get(&self, name: &str) -> Option<Tensor> {
        self.index.get(name).map(|&at| self.entries[at].var.as_detached_tensor())
    }

    /// One of them for a forward pass: with gradient where `tracked` and trainable.
    pub(super) fn operand(&self, name: &str, tracked: bool) -> Result<Tensor> {
        let at = *self
            .index
            .get(name)
            .ok_or_else(|| PolicyError::Names { missing: vec![name.to_string()], unexpected: Vec::new() })?;
        let param = &self.entries[at];
        let with_gradient = tracked && param.trainable;
        Ok(if with_gradient { param.var.as_tensor().clone() } else { param.var.as_detached_tensor() })
    }

    /// Adds `change` to one of them, in place.
    pub(super) fn add_to(&self, name: &str, change: &Tensor) -> Result<()> {
        let at = self
            .index
            .get(name)
            .ok_or_else(|| PolicyError::Names { missing: vec![name.to_string()], unexpected: Vec::new() })?;
        let var = &self.entries[*at].var;
        Ok(var.set(&(var.as_detached_tensor() + change)?)?)
    }

    /// Takes over the values of `other`, in place.
    pub fn copy_from(&self, other: &Params) -> Result<()> {
        self.lerp_from(other, 1.0)
    }

    /// `self ← (1 − t) · self + t · other`, in place (the moving average of a teacher).
    pub fn lerp_from(&self, other: &Params, t: f64) -> Result<()> {
        for param in &self.entries {
            let new = other.get(&param.name).ok_or_else(|| PolicyError::Names {
                missing: vec![param.name.clone()],
                unexpected: Vec::new(),
            })?;
            let mixed = if t == 1.0 {
                new.copy()?
            } else {
                ((param.var.as_detached_tensor() * (1.0 - t))? + (new * t)?)?
            };
            param.var.set(&mixed)?;
        }
        Ok(())
    }

    /// Number of scalars.
    pub fn count(&self) -> usize {
        self.entries.iter().map(|param| param.var.elem_count()).sum()
    }

    pub fn device(&self) -> Device {
        self.entries.first().map_or(Device::Cpu, |param| param.var.device().clone())
    }
}

enum Kind {
    Norm,
    Bias,
    Matrix,
}

fn kind(name: &str) -> Kind {
    match name {
        _ if name.ends_with(".bias") => Kind::Bias,
        _ if name.contains("norm") => Kind::Norm,
        _ => Kind::Matrix,
    }
}

fn closes_a_branch(name: &str) -> bool {
    ["o_proj.weight", "down_proj.weight", "attn.proj.weight"].iter().any(|end| name.ends_with(end))
        || (name.contains(".blocks.") && name.ends_with("linear_fc2.weight"))
}
