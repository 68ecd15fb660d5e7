//! What an adapter folder's `adapter_config.json` says, as PEFT writes it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::policy::{PolicyError, Result, node::Node};

/// Switches of PEFT that change what an adapter computes.
const FLAGS: [&str; 5] = ["use_dora", "fan_in_fan_out", "use_qalora", "use_bdlora", "lora_bias"];

/// Settings of PEFT that do so where they hold anything.
const TABLES: [&str; 10] = [
    "rank_pattern",
    "alpha_pattern",
    "modules_to_save",
    "trainable_token_indices",
    "layer_replication",
    "alora_invocation_tokens",
    "target_parameters",
    "arrow_config",
    "kasa_config",
    "monteclora_config",
];

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
    /// Scaled by `alpha / √rank` instead (rank-stabilised, Kalajdzievski 2023).
    pub rslora: bool,
}

impl Default for LoraConfig {
    fn default() -> Self {
        let targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
        Self {
            rank: 16,
            alpha: 32.0,
            targets: targets.map(String::from).to_vec(),
            vision: false,
            rslora: false,
        }
    }
}

impl LoraConfig {
    /// Factor of an adapter's product.
    pub(super) fn scale(&self) -> f64 {
        let rank = self.rank as f64;
        self.alpha / if self.rslora { rank.sqrt() } else { rank }
    }

    pub(in crate::policy) fn binds(&self, layer: &str) -> bool {
        let inside = layer.starts_with("model.language_model.layers.")
            || (self.vision && layer.starts_with("model.visual."));
        inside && self.targets.iter().any(|target| layer.rsplit('.').next() == Some(target))
    }

    /// As PEFT reads it. Short names like `proj` would match more than linear layers in the vision tower, so there the
    /// adapted `layers` are spelt out.
    pub(super) fn to_json(&self, layers: &[String]) -> Value {
        json!({
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": self.rank, "lora_alpha": self.alpha, "lora_dropout": 0.0,
            "bias": "none", "target_modules": if self.vision { layers } else { &self.targets }, "base_model_name_or_path": "",
            "fan_in_fan_out": false, "inference_mode": true, "use_rslora": self.rslora,
        })
    }

    pub(super) fn load(dir: &Path) -> Result<Self> {
        let path = dir.join("adapter_config.json");
        Self::from_json(&std::fs::read_to_string(&path).map_err(PolicyError::io(&path))?)
    }

    /// Reads the text of an `adapter_config.json`; what would change the result and is not known here is refused.
    pub fn from_json(text: &str) -> Result<Self> {
        let root: Value = serde_json::from_str(text)
            .map_err(|source| PolicyError::Json { what: "adapter_config.json".into(), source })?;
        let node = Node { value: &root, path: "adapter_config.json: ".to_owned() };
        node.expect_text("peft_type", &["LORA"])?;
        for field in FLAGS {
            if node.optional_flag(field) == Some(true) {
                return Err(node.error(field, "is true, which is not known here"));
            }
        }
        for field in TABLES {
            let value = root.get(field).unwrap_or(&Value::Null);
            let empty = value.is_null()
                || value.as_object().is_some_and(serde_json::Map::is_empty)
                || value.as_array().is_some_and(Vec::is_empty);
            if !empty {
                return Err(node.error(field, format!("is {value}, which is not known here")));
            }
        }
        let ways = ["gaussian", "eva", "orthogonal"];
        if let Some(way) = node.optional_text("init_lora_weights").filter(|way| !ways.contains(way)) {
            return Err(node.error("init_lora_weights", format!("is `{way}`, which changes the base model")));
        }
        if let Some(bias) = node.optional_text("bias").filter(|bias| *bias != "none") {
            return Err(node.error("bias", format!("is `{bias}`; only `none` is known")));
        }
        let (rank, alpha) = (node.number("r")?, node.real("lora_alpha")?);
        if rank == 0 || rank > 1 << 16 {
            return Err(node.error("r", format!("is {rank}, not a rank")));
        }
        // A regular expression, or a word like `all-linear`: the tensors say which layers it meant.
        let targets = root.get("target_modules").and_then(Value::as_array);
        let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
        let mut targets: Vec<String> =
            targets.into_iter().flatten().filter_map(Value::as_str).map(last).collect();
        targets.sort();
        targets.dedup();
        let rslora = node.optional_flag("use_rslora").unwrap_or(false);
        Ok(Self { rank, alpha, targets, vision: false, rslora })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_the_result_is_refused_by_name() {
        let json = LoraConfig::default().to_json(&[]);
        assert_eq!(LoraConfig::from_json(&json.to_string()).unwrap().rank, 16);
        for (field, value) in [
            ("r", json!(0)),
            ("lora_alpha", json!("much")),
            ("use_dora", json!(true)),
            ("modules_to_save", json!(["lm_head"])),
            ("rank_pattern", json!({"q_proj": 4})),
            ("bias", json!("all")),
            ("init_lora_weights", json!("pissa")),
            ("alora_invocation_tokens", json!([1, 2])),
            ("peft_type", json!("IA3")),
        ] {
            let mut json = json.clone();
            json[field] = value;
            let error = LoraConfig::from_json(&json.to_string()).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
    }
}
