//! A model's language parameters, packed for sampling.

use candle_core::{DType, Tensor};
use rayon::prelude::*;

use super::panel::Panels;
use crate::policy::{Lora, ModelConfig, Params, PolicyError, Result, TextConfig};

/// Everything that decoding reads; a copy, so later updates of the parameters do not show.
pub struct DecodeWeights {
    pub(super) config: TextConfig,
    /// `[vocab, hidden]`.
    pub(super) embed: Vec<f32>,
    pub(super) layers: Vec<LayerWeights>,
    pub(super) norm: Vec<f32>,
    pub(super) head: Panels,
}

pub(super) struct LayerWeights {
    pub(super) input_norm: Vec<f32>,
    /// Queries, keys and values, one below the other.
    pub(super) qkv: Panels,
    /// Norms of query and key heads; empty where the model has none.
    pub(super) q_norm: Vec<f32>,
    pub(super) k_norm: Vec<f32>,
    pub(super) o: Panels,
    pub(super) post_norm: Vec<f32>,
    /// Gate and up, one below the other.
    pub(super) gate_up: Panels,
    pub(super) down: Panels,
}

/// Reads parameters as plain floats, adapters added in.
struct Reader<'a> {
    params: &'a Params,
    lora: Option<&'a Lora>,
}

impl Reader<'_> {
    fn floats(&self, name: &str) -> Result<Vec<f32>> {
        let mut weight = self
            .params
            .get(name)
            .ok_or_else(|| PolicyError::Names { missing: vec![name.to_string()], unexpected: Vec::new() })?;
        let adapter = name.strip_suffix(".weight").and_then(|layer| self.lora?.adapter(layer, false));
        if let Some((a, b, scale)) = adapter {
            weight = (weight + (b.matmul(&a)? * scale)?)?;
        }
        Ok(host(&weight)?)
    }

    fn layer(&self, config: &TextConfig, index: usize) -> Result<LayerWeights> {
        let read = |part: &str| self.floats(&format!("model.language_model.layers.{index}.{part}.weight"));
        let (hidden, wide) = (config.hidden, config.heads * config.head_dim);
        let (q, k, v) = (read("self_attn.q_proj")?, read("self_attn.k_proj")?, read("self_attn.v_proj")?);
        Ok(LayerWeights {
            input_norm: read("input_layernorm")?,
            qkv: Panels::pack(&[&q, &k, &v], hidden),
            q_norm: if config.qk_norm { read("self_attn.q_norm")? } else { Vec::new() },
            k_norm: if config.qk_norm { read("self_attn.k_norm")? } else { Vec::new() },
            o: Panels::pack(&[&read("self_attn.o_proj")?], wide),
            post_norm: read("post_attention_layernorm")?,
            gate_up: Panels::pack(&[&read("mlp.gate_proj")?, &read("mlp.up_proj")?], hidden),
            down: Panels::pack(&[&read("mlp.down_proj")?], config.intermediate),
        })
    }
}

fn host(tensor: &Tensor) -> candle_core::Result<Vec<f32>> {
    tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1()
}

impl DecodeWeights {
    /// Packs parameters as they are now; adapters are added to their layers.
    pub fn new(config: &ModelConfig, params: &Params, lora: Option<&Lora>) -> Result<Self> {
        let reader = Reader { params, lora };
        let text = &config.text;
        let embed = reader.floats("model.language_model.embed_tokens.weight")?;
        let head = if config.tied {
            Panels::pack(&[&embed], text.hidden)
        } else {
            Panels::pack(&[&reader.floats("lm_head.weight")?], text.hidden)
        };
        let layers =
            (0..text.layers).into_par_iter().map(|index| reader.layer(text, index)).collect::<Result<_>>()?;
        let norm = reader.floats("model.language_model.norm.weight")?;
        Ok(Self { config: text.clone(), embed, layers, norm, head })
    }
}
