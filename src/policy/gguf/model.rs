//! Configuration and parameters of the decoder in a GGUF file.

use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::{
    file::{Field, Gguf},
    vocabulary::vocabulary,
};
use crate::policy::{
    ModelConfig, Params, PolicyError, Result, SpecialIds, Stretch, TextConfig, Tokenizer, names, weights,
};

/// What a file holds.
pub(crate) struct Parts {
    pub(crate) config: ModelConfig,
    pub(crate) params: Params,
    pub(crate) tokenizer: Tokenizer,
}

/// Reads a Llama or Qwen3 decoder with its tokenizer.
///
/// # Errors
/// Names the field or tensor that is missing, damaged, or of a kind that is not known here; lists missing and unexpected
/// tensors.
pub(crate) fn load(path: &Path, dtype: DType, device: &Device) -> Result<Parts> {
    let file = Gguf::open(path)?;
    let config = config(&file)?;
    let tokenizer = vocabulary(&file)?;
    let wanted = names::shapes(&config);
    let known: Vec<(String, String)> = wanted.iter().map(|(name, _)| (short(name), name.clone())).collect();
    let missing = known.iter().filter(|(short, _)| !file.tensors.contains_key(short));
    let missing: Vec<String> = missing.map(|(short, _)| short.clone()).collect();
    let unexpected = file.tensors.keys().filter(|name| known.iter().all(|(short, _)| short != *name));
    let unexpected: Vec<String> = unexpected.cloned().collect();
    if !missing.is_empty() || !unexpected.is_empty() {
        return Err(PolicyError::Names { missing, unexpected });
    }
    let mut tensors = Vec::with_capacity(wanted.len());
    for ((name, shape), (short, _)) in wanted.iter().zip(&known) {
        let tensor = weight(&file, &config, short, shape)?;
        tensors.push((name.clone(), tensor.to_dtype(dtype)?.to_device(device)?));
    }
    Ok(Parts { params: Params::of(tensors, true)?, config, tokenizer })
}

fn weight(file: &Gguf, config: &ModelConfig, short: &str, shape: &[usize]) -> Result<Tensor> {
    let found = file.tensors.get(short).map(|place| place.shape.as_slice());
    if found != Some(shape) {
        let problem =
            format!("`{short}` has shape {:?}, the fields say {shape:?}", found.unwrap_or_default());
        return Err(file.error(problem));
    }
    let tensor = file.tensor(short)?;
    if !weights::finite(&tensor)? {
        return Err(file.error(format!("`{short}` holds NaN or infinity")));
    }
    // Llama's files interleave the two halves of every query and key head.
    match !config.text.qk_norm && [".attn_q.weight", ".attn_k.weight"].iter().any(|end| short.ends_with(end))
    {
        true => halves_apart(&tensor, config.text.head_dim),
        false => Ok(tensor),
    }
}

/// Row `2i + p` of every head becomes row `p · dim/2 + i`.
fn halves_apart(tensor: &Tensor, dim: usize) -> Result<Tensor> {
    let (rows, columns) = tensor.dims2()?;
    let pairs = tensor.reshape((rows / dim, dim / 2, 2, columns))?;
    Ok(pairs.transpose(1, 2)?.contiguous()?.reshape((rows, columns))?)
}

fn config(file: &Gguf) -> Result<ModelConfig> {
    let arch = file.text("general.architecture")?.to_owned();
    if !["llama", "qwen3"].contains(&arch.as_str()) {
        return Err(file.error(format!("`general.architecture` is `{arch}`; known: llama, qwen3")));
    }
    let key = |name: &str| format!("{arch}.{name}");
    let scaling = key("rope.scaling.type");
    if let Some(Field::Text(kind)) = file.field(&scaling).filter(|kind| **kind != Field::Text("none".into()))
    {
        return Err(file.error(format!("`{scaling}` is `{kind}`; only `none` is known")));
    }
    let (hidden, heads) = (file.count(&key("embedding_length"))?, file.count(&key("attention.head_count"))?);
    let optional = |name: &str, otherwise: f64| match file.field(&key(name)) {
        Some(_) => file.real(&key(name)),
        None => Ok(otherwise),
    };
    let head_dim = optional("attention.key_length", (hidden / heads.max(1)) as f64)? as usize;
    let config = ModelConfig {
        text: TextConfig {
            vocab: file.texts("tokenizer.ggml.tokens")?.len(),
            hidden,
            intermediate: file.count(&key("feed_forward_length"))?,
            layers: file.count(&key("block_count"))?,
            heads,
            kv_heads: optional("attention.head_count_kv", heads as f64)? as usize,
            head_dim,
            rms_eps: file.real(&key("attention.layer_norm_rms_epsilon"))?,
            rope_theta: optional("rope.freq_base", 10_000.0)?,
            stretch: Stretch::None,
            mrope_section: [head_dim / 2, 0, 0],
            max_positions: file.count(&key("context_length"))?,
            qk_norm: arch == "qwen3",
        },
        vision: None,
        tied: !file.tensors.contains_key("output.weight"),
        tokens: SpecialIds {
            bos: id(file, "tokenizer.ggml.bos_token_id")?,
            eos: id(file, "tokenizer.ggml.eos_token_id")?,
            image: u32::MAX,
            video: u32::MAX,
            vision_start: u32::MAX,
            vision_end: u32::MAX,
        },
    };
    config.validate()?;
    Ok(config)
}

fn id(file: &Gguf, name: &str) -> Result<u32> {
    if file.field(name).is_some() { Ok(file.count(name)? as u32) } else { Ok(0) }
}

/// A parameter's name in GGUF files.
fn short(name: &str) -> String {
    let inner = name.strip_prefix("model.language_model.").unwrap_or(name);
    let Some((layer, part)) = inner.strip_prefix("layers.").and_then(|rest| rest.split_once('.')) else {
        return match inner {
            "embed_tokens.weight" => "token_embd.weight",
            "norm.weight" => "output_norm.weight",
            "lm_head.weight" => "output.weight",
            other => other,
        }
        .to_owned();
    };
    let part = match part.trim_end_matches(".weight") {
        "input_layernorm" => "attn_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.q_norm" => "attn_q_norm",
        "self_attn.k_norm" => "attn_k_norm",
        "self_attn.o_proj" => "attn_output",
        "post_attention_layernorm" => "ffn_norm",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        other => other,
    };
    format!("blk.{layer}.{part}.weight")
}
