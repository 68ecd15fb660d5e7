//! LoRA: small trainable products beside frozen linear layers, in PEFT's layout.
//!
//! A saved adapter is a folder with `adapter_config.json` and `adapter_model.safetensors`, whose tensors are called
//! `base_model.model.<layer>.lora_A.weight` `[rank, in]` and `….lora_B.weight` `[out, rank]`.

use std::{collections::BTreeMap, path::Path};

use candle_core::{DType, Device, Tensor, Var};
use galley_core::Random;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Params, PolicyError, Result, weights};

/// Which layers get an adapter, and how large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoraConfig {
    pub rank: usize,
    /// The adapter's product is scaled by `alpha / rank`.
    pub alpha: f64,
    /// Last part of the names of linear layers (`q_proj`).
    pub targets: Vec<String>,
    /// Also inside the vision tower.
    pub vision: bool,
}

impl Default for LoraConfig {
    fn default() -> Self {
        let targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
        Self { rank: 16, alpha: 32.0, targets: targets.map(String::from).to_vec(), vision: false }
    }
}

/// The adapters of a model, by layer name.
#[derive(Clone)]
pub struct Lora {
    config: LoraConfig,
    layers: BTreeMap<String, (Var, Var)>,
    trainable: bool,
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
        Self::of(config, layers)
    }

    fn of(config: LoraConfig, layers: BTreeMap<String, (Var, Var)>) -> Result<Self> {
        if layers.is_empty() {
            return Err(PolicyError::config(
                "lora.targets",
                format!("{:?} name no layer of this model", config.targets),
            ));
        }
        Ok(Self { config, layers, trainable: true })
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
    pub(super) fn adapter(&self, layer: &str, tracked: bool) -> Option<(Tensor, Tensor, f64)> {
        let (a, b) = self.layers.get(layer)?;
        let part = |var: &Var| {
            if tracked && self.trainable { var.as_tensor().clone() } else { var.as_detached_tensor() }
        };
        Some((part(a), part(b), self.scale()))
    }

    fn scale(&self) -> f64 {
        self.config.alpha / self.config.rank as f64
    }

    /// All adapter weights under PEFT's names.
    pub fn vars(&self) -> Vec<(String, Var)> {
        let both = |(layer, (a, b)): (&String, &(Var, Var))| {
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
        Ok(Self { config: self.config.clone(), layers, trainable: false })
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
            let change = (b.as_detached_tensor().matmul(&a.as_detached_tensor())? * self.scale())?;
            params.add_to(&name, &change)?;
        }
        Ok(())
    }

    /// Writes an adapter folder.
    pub fn save(&self, dir: &Path) -> Result<()> {
        std::fs::create_dir_all(dir).map_err(PolicyError::io(dir))?;
        let vars = self.vars();
        weights::save(
            vars.iter().map(|(name, var)| (name.as_str(), var.as_tensor())),
            &dir.join("adapter_model.safetensors"),
        )?;
        let text = format!("{:#}\n", self.config.to_json());
        let path = dir.join("adapter_config.json");
        std::fs::write(&path, text).map_err(PolicyError::io(&path))
    }

    /// Reads an adapter folder for a model.
    ///
    /// # Errors
    /// Lists adapters of layers that the model does not have, and layers with half an adapter.
    pub fn load(dir: &Path, params: &Params, dtype: DType, device: &Device) -> Result<Self> {
        let config = LoraConfig::load(dir)?;
        let mut tensors = weights::load_file(&dir.join("adapter_model.safetensors"), dtype, device)?;
        let mut layers = BTreeMap::new();
        let mut missing = Vec::new();
        let names: Vec<String> = tensors.keys().cloned().collect();
        for name in names {
            let Some(layer) = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(".lora_A.weight"))
            else {
                continue;
            };
            let partner = format!("{PREFIX}{layer}.lora_B.weight");
            if params.get(&format!("{layer}.weight")).is_none() {
                continue;
            }
            match (tensors.remove(&name), tensors.remove(&partner)) {
                (Some(a), Some(b)) => {
                    drop(layers.insert(layer.to_string(), (Var::from_tensor(&a)?, Var::from_tensor(&b)?)))
                }
                _ => missing.push(partner),
            }
        }
        if !tensors.is_empty() || !missing.is_empty() {
            return Err(PolicyError::Names { missing, unexpected: tensors.into_keys().collect() });
        }
        Self::of(config, layers)
    }
}

impl LoraConfig {
    fn binds(&self, layer: &str) -> bool {
        let inside = layer.starts_with("model.language_model.layers.")
            || (self.vision && layer.starts_with("model.visual."));
        inside && self.targets.iter().any(|target| layer.rsplit('.').next() == Some(target))
    }

    fn to_json(&self) -> Value {
        json!({
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": self.rank, "lora_alpha": self.alpha, "lora_dropout": 0.0,
            "bias": "none", "target_modules": self.targets, "base_model_name_or_path": "", "fan_in_fan_out": false,
            "inference_mode": true, "galley_vision": self.vision,
        })
    }

    fn load(dir: &Path) -> Result<Self> {
        let path = dir.join("adapter_config.json");
        let text = std::fs::read_to_string(&path).map_err(PolicyError::io(&path))?;
        let json: Value = serde_json::from_str(&text)
            .map_err(|source| PolicyError::Json { what: path.display().to_string(), source })?;
        let rank = json.get("r").and_then(Value::as_u64).filter(|rank| *rank > 0);
        let targets = json.get("target_modules").and_then(Value::as_array);
        Ok(Self {
            rank: rank.ok_or_else(|| PolicyError::config("r", "is not a rank in adapter_config.json"))?
                as usize,
            alpha: json
                .get("lora_alpha")
                .and_then(Value::as_f64)
                .ok_or_else(|| PolicyError::config("lora_alpha", "is not a number in adapter_config.json"))?,
            targets: targets.into_iter().flatten().filter_map(Value::as_str).map(String::from).collect(),
            vision: json.get("galley_vision").and_then(Value::as_bool).unwrap_or(false),
        })
    }
}
