//! The language model: packed tokens → logits at the chosen ones.

use std::sync::Arc;

use candle_core::Tensor;

use super::{
    ModelConfig, Result, TextConfig,
    batch::Batch,
    dense::{Dense, Source},
    ops::{self, Angles, Gather, Segment},
    rope::text_angles,
    vision::Features,
};

pub(super) struct TextModel {
    config: TextConfig,
    embed: Tensor,
    layers: Vec<Layer>,
    norm: Tensor,
    head: Tensor,
}

struct Layer {
    input_norm: Tensor,
    q: Dense,
    k: Dense,
    v: Dense,
    q_norm: Tensor,
    k_norm: Tensor,
    o: Dense,
    post_norm: Tensor,
    gate: Dense,
    up: Dense,
    down: Dense,
}

/// What a pass computed on its way, for tests: asking for it makes the last layer compute every token.
#[derive(Default)]
pub struct Trace {
    pub embeds: Option<Tensor>,
    /// Output of each layer, before and after a deepstack feature is added.
    pub layers: Vec<(Tensor, Tensor)>,
    pub norm: Option<Tensor>,
}

impl TextModel {
    pub(super) fn new(config: &ModelConfig, source: Source<'_>) -> Result<Self> {
        let embed = source.tensor("model.language_model.embed_tokens.weight")?;
        Ok(Self {
            head: if config.tied { embed.clone() } else { source.tensor("lm_head.weight")? },
            embed,
            layers: (0..config.text.layers).map(|i| Layer::new(source, i)).collect::<Result<_>>()?,
            norm: source.tensor("model.language_model.norm.weight")?,
            config: config.text.clone(),
        })
    }

    /// `[batch.logits, vocab]`.
    pub(super) fn forward(
        &self,
        batch: &Batch,
        features: Option<&Features>,
        mut trace: Option<&mut Trace>,
    ) -> Result<Tensor> {
        let angles = text_angles(&self.config, &batch.positions);
        let mut x = self.embed(batch, features)?;
        if let Some(trace) = &mut trace {
            trace.embeds = Some(x.clone());
        }
        let select = Gather::rows(batch.select.clone());
        let mut selected = false;
        for (index, layer) in self.layers.iter().enumerate() {
            let last = index + 1 == self.layers.len();
            selected = last && trace.is_none() && batch.select.len() < batch.len();
            let (attended, rest) = match (layer.attend(&x, &angles, batch, &self.config)?, selected) {
                (attended, true) => (ops::gather(&attended, &select)?, ops::gather(&x, &select)?),
                (attended, false) => (attended, x),
            };
            let before = layer.feed(&attended, &rest, &self.config)?;
            x = add_deepstack(&before, batch, features, index, selected)?;
            if let Some(trace) = &mut trace {
                trace.layers.push((before, x.clone()));
            }
        }
        if !selected {
            x = ops::gather(&x, &select)?;
        }
        let x = ops::rms_norm(&x, &self.norm, self.config.rms_eps)?;
        if let Some(trace) = trace {
            trace.norm = Some(x.clone());
        }
        let x = ops::gather(&x, &Gather::rows(batch.logits.clone()))?;
        Ok(ops::linear(&x, &self.head, None)?)
    }

    fn embed(&self, batch: &Batch, features: Option<&Features>) -> Result<Tensor> {
        let text = ops::gather(&self.embed, &batch.embed)?;
        match features {
            Some(features) => Ok((text + ops::gather(&features.merged, &batch.image)?)?),
            None => Ok(text),
        }
    }
}

/// Adds the `layer`-th deepstack feature at the image tokens, if there is one.
fn add_deepstack(
    x: &Tensor,
    batch: &Batch,
    features: Option<&Features>,
    layer: usize,
    selected: bool,
) -> Result<Tensor> {
    let Some(feature) = features.and_then(|features| features.deepstack.get(layer)) else {
        return Ok(x.clone());
    };
    let plan = match selected {
        true => Gather::rows(batch.select.iter().map(|&token| batch.image.rows[token as usize]).collect()),
        false => batch.image.clone(),
    };
    Ok((x + ops::gather(feature, &plan)?)?)
}

impl Layer {
    fn new(source: Source<'_>, index: usize) -> Result<Self> {
        let name = |part: &str| format!("model.language_model.layers.{index}.{part}");
        let norm = |part: &str| source.tensor(&format!("{}.weight", name(part)));
        Ok(Self {
            input_norm: norm("input_layernorm")?,
            q: source.dense(&name("self_attn.q_proj"))?,
            k: source.dense(&name("self_attn.k_proj"))?,
            v: source.dense(&name("self_attn.v_proj"))?,
            q_norm: norm("self_attn.q_norm")?,
            k_norm: norm("self_attn.k_norm")?,
            o: source.dense(&name("self_attn.o_proj"))?,
            post_norm: norm("post_attention_layernorm")?,
            gate: source.dense(&name("mlp.gate_proj"))?,
            up: source.dense(&name("mlp.up_proj"))?,
            down: source.dense(&name("mlp.down_proj"))?,
        })
    }

    /// Attention before its output product.
    fn attend(&self, x: &Tensor, angles: &Arc<Angles>, batch: &Batch, config: &TextConfig) -> Result<Tensor> {
        let x = ops::rms_norm(x, &self.input_norm, config.rms_eps)?;
        let q = ops::norm_rotate(&self.q.forward(&x)?, &self.q_norm, config.rms_eps, angles)?;
        let k = ops::norm_rotate(&self.k.forward(&x)?, &self.k_norm, config.rms_eps, angles)?;
        let segments: &Arc<[Segment]> = &batch.segments;
        Ok(ops::attention(&q, &k, &self.v.forward(&x)?, segments, config.head_dim)?)
    }

    /// The output product and the feed-forward half, both with their residuals.
    fn feed(&self, attended: &Tensor, rest: &Tensor, config: &TextConfig) -> Result<Tensor> {
        let x = self.o.forward_add(attended, rest)?;
        let inner = ops::rms_norm(&x, &self.post_norm, config.rms_eps)?;
        let inner = ops::swiglu(&self.gate.forward(&inner)?, &self.up.forward(&inner)?)?;
        self.down.forward_add(&inner, &x)
    }
}
