//! The names and shapes of a model's parameters, as the official checkpoints spell them.

use super::ModelConfig;

/// Name and shape.
pub type Named = (String, Vec<usize>);

/// Every parameter in the order of computation. No `lm_head` when the embedding is tied.
pub fn shapes(config: &ModelConfig) -> Vec<Named> {
    let mut list = vision(config);
    list.extend(text(config));
    list
}

const INNER: &str = "model.language_model.";

/// The name as Qwen3-VL spells it: a text-only model lacks the `language_model` level.
pub fn official(name: &str) -> String {
    match name.strip_prefix("model.") {
        Some(rest) if ["layers.", "embed_tokens.", "norm."].iter().any(|part| rest.starts_with(part)) => {
            format!("{INNER}{rest}")
        }
        _ => name.to_string(),
    }
}

/// The name as a model's own folder spells it: the reverse of [`official`] for text-only models.
pub fn stored(config: &ModelConfig, name: &str) -> String {
    stored_in(config.vision.is_none(), name)
}

/// The same by whether the model is text-only (`flat`).
pub fn stored_in(flat: bool, name: &str) -> String {
    match name.strip_prefix(INNER) {
        Some(rest) if flat => format!("model.{rest}"),
        _ => name.to_string(),
    }
}

/// Whether parameters of these names are those of a text-only model.
pub fn is_flat<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.all(|name| !name.starts_with("model.visual."))
}

fn text(config: &ModelConfig) -> Vec<Named> {
    let t = &config.text;
    let (q, kv) = (t.heads * t.head_dim, t.kv_heads * t.head_dim);
    let mut list = vec![("model.language_model.embed_tokens.weight".into(), vec![t.vocab, t.hidden])];
    for layer in 0..t.layers {
        for (name, shape) in [
            ("input_layernorm", vec![t.hidden]),
            ("self_attn.q_proj", vec![q, t.hidden]),
            ("self_attn.k_proj", vec![kv, t.hidden]),
            ("self_attn.v_proj", vec![kv, t.hidden]),
            ("self_attn.q_norm", if t.qk_norm { vec![t.head_dim] } else { Vec::new() }),
            ("self_attn.k_norm", if t.qk_norm { vec![t.head_dim] } else { Vec::new() }),
            ("self_attn.o_proj", vec![t.hidden, q]),
            ("post_attention_layernorm", vec![t.hidden]),
            ("mlp.gate_proj", vec![t.intermediate, t.hidden]),
            ("mlp.up_proj", vec![t.intermediate, t.hidden]),
            ("mlp.down_proj", vec![t.hidden, t.intermediate]),
        ]
        .into_iter()
        .filter(|(_, shape)| !shape.is_empty())
        {
            list.push((format!("model.language_model.layers.{layer}.{name}.weight"), shape));
        }
    }
    list.push(("model.language_model.norm.weight".into(), vec![t.hidden]));
    if !config.tied {
        list.push(("lm_head.weight".into(), vec![t.vocab, t.hidden]));
    }
    list
}

fn vision(config: &ModelConfig) -> Vec<Named> {
    let Some(v) = &config.vision else { return Vec::new() };
    let (c, wide) = (v.hidden, v.hidden * v.merge * v.merge);
    let mut list = Vec::new();
    let mut both = |name: String, shape: Vec<usize>| {
        let rows = shape[0];
        list.push((format!("model.visual.{name}.weight"), shape));
        list.push((format!("model.visual.{name}.bias"), vec![rows]));
    };
    both("patch_embed.proj".into(), vec![c, v.channels, v.temporal_patch, v.patch, v.patch]);
    for block in 0..v.depth {
        both(format!("blocks.{block}.norm1"), vec![c]);
        both(format!("blocks.{block}.attn.qkv"), vec![3 * c, c]);
        both(format!("blocks.{block}.attn.proj"), vec![c, c]);
        both(format!("blocks.{block}.norm2"), vec![c]);
        both(format!("blocks.{block}.mlp.linear_fc1"), vec![v.intermediate, c]);
        both(format!("blocks.{block}.mlp.linear_fc2"), vec![c, v.intermediate]);
    }
    let mergers = (0..v.deepstack.len()).map(|i| (format!("deepstack_merger_list.{i}"), wide));
    for (name, norm) in std::iter::once(("merger".to_string(), c)).chain(mergers) {
        both(format!("{name}.norm"), vec![norm]);
        both(format!("{name}.linear_fc1"), vec![wide, wide]);
        both(format!("{name}.linear_fc2"), vec![config.text.hidden, wide]);
    }
    list.push(("model.visual.pos_embed.weight".into(), vec![v.position_side * v.position_side, c]));
    list
}
