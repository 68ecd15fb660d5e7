//! The language model: packed tokens → logits at the chosen ones.

use std::sync::Arc;

use candle_core::Tensor;

use super::{
    ModelConfig, Result, TextConfig,
    batch::Batch,
    dense::{Dense, Source},
    ops::{self, Angles, Gather},
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
    /// Norms of query and key heads, where the model has them.
    qk_norm: Option<[Tensor; 2]>,
    o: Dense,
    post_norm: Tensor,
    gate: Dense,
    up: Dense,
    down: Dense,
}

/// What a pass computed on its way: asking for it makes the last layer compute every token.
#[derive(Default)]
pub struct Trace {
    pub embeds: Option<Tensor>,
    /// Output of each layer, before and after a deepstack feature is added.
    pub layers: Vec<(Tensor, Tensor)>,
    pub norm: Option<Tensor>,
}

/// What a layer computes.
pub(super) struct LayerOutput {
    /// Before and after the deepstack feature is added.
    pub(super) before: Tensor,
    pub(super) after: Tensor,
    /// `[tokens, kv_heads · dim]`, rotated.
    pub(super) key: Tensor,
    pub(super) value: Tensor,
}

impl TextModel {
    pub(super) fn new(config: &ModelConfig, source: Source<'_>) -> Result<Self> {
        let embed = source.tensor("model.language_model.embed_tokens.weight")?;
        Ok(Self {
            head: if config.tied { embed.clone() } else { source.tensor("lm_head.weight")? },
            embed,
            layers: (0..config.text.layers)
                .map(|i| Layer::new(source, &config.text, i))
                .collect::<Result<_>>()?,
            norm: source.tensor("model.language_model.norm.weight")?,
            config: config.text.clone(),
        })
    }

    /// Normed states at the wanted places of a batch, `[batch.logits, hidden]`.
    pub(super) fn states(
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
        for index in 0..self.layers.len() {
            let selects = trace.is_none() && self.selects(index, batch);
            let out = self.layer(index, &x, &angles, batch, features, selects)?;
            x = out.after;
            if let Some(trace) = &mut trace {
                trace.layers.push((out.before, x.clone()));
            }
        }
        self.finish(&x, batch, trace)
    }

    pub(super) fn depth(&self) -> usize {
        self.layers.len()
    }

    pub(super) fn angles(&self, batch: &Batch) -> Arc<Angles> {
        text_angles(&self.config, &batch.positions)
    }

    /// Whether layer `index` goes on with the selected tokens only behind its attention: the last does, where some are
    /// not wanted.
    pub(super) fn selects(&self, index: usize, batch: &Batch) -> bool {
        index + 1 == self.layers.len() && batch.select.len() < batch.len()
    }

    /// One layer.
    pub(super) fn layer(
        &self,
        index: usize,
        x: &Tensor,
        angles: &Arc<Angles>,
        batch: &Batch,
        features: Option<&Features>,
        selects: bool,
    ) -> Result<LayerOutput> {
        let layer = &self.layers[index];
        let [query, key, value] = layer.project(x, angles, &self.config)?;
        let attended = ops::attention(&query, &key, &value, &batch.segments, self.config.head_dim)?;
        let before = if selects {
            let select = Gather::rows(batch.select.clone());
            layer.feed(&ops::gather(&attended, &select)?, &ops::gather(x, &select)?, &self.config)?
        } else {
            layer.feed(&attended, x, &self.config)?
        };
        let after = add_deepstack(&before, batch, features, index, selects)?;
        Ok(LayerOutput { before, after, key, value })
    }

    /// One layer over a new token of each of some sequences, whose earlier tokens are in a cache: `attend` gets queries,
    /// keys and values `[n, heads · dim]` and gives `[n, heads · dim]`.
    pub(super) fn layer_cached(
        &self,
        index: usize,
        x: &Tensor,
        angles: &Arc<Angles>,
        attend: impl FnOnce([Tensor; 3]) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let layer = &self.layers[index];
        layer.feed(&attend(layer.project(x, angles, &self.config)?)?, x, &self.config)
    }

    /// Embeddings of some tokens.
    pub(super) fn embed_tokens(&self, tokens: &[u32]) -> Result<Tensor> {
        Ok(ops::gather(&self.embed, &Gather::rows(tokens.to_vec()))?)
    }

    /// The norm behind the last layer.
    pub(super) fn norm(&self, x: &Tensor) -> Result<Tensor> {
        Ok(ops::rms_norm(x, &self.norm, self.config.rms_eps)?)
    }

    pub(super) fn config(&self) -> &TextConfig {
        &self.config
    }

    /// From the last layer's output to the normed states at the wanted places.
    pub(super) fn finish(&self, x: &Tensor, batch: &Batch, trace: Option<&mut Trace>) -> Result<Tensor> {
        let picked;
        let x = if x.dim(0)? == batch.select.len() {
            x
        } else {
            picked = ops::gather(x, &Gather::rows(batch.select.clone()))?;
            &picked
        };
        let x = self.norm(x)?;
        if let Some(trace) = trace {
            trace.norm = Some(x.clone());
        }
        Ok(ops::gather(&x, &Gather::rows(batch.logits.clone()))?)
    }

    /// The output layer, `[vocab, hidden]`.
    pub(super) fn head(&self) -> &Tensor {
        &self.head
    }

    pub(super) fn embed(&self, batch: &Batch, features: Option<&Features>) -> Result<Tensor> {
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
    fn new(source: Source<'_>, config: &TextConfig, index: usize) -> Result<Self> {
        let name = |part: &str| format!("model.language_model.layers.{index}.{part}");
        let norm = |part: &str| source.tensor(&format!("{}.weight", name(part)));
        Ok(Self {
            input_norm: norm("input_layernorm")?,
            q: source.dense(&name("self_attn.q_proj"))?,
            k: source.dense(&name("self_attn.k_proj"))?,
            v: source.dense(&name("self_attn.v_proj"))?,
            qk_norm: match config.qk_norm {
                true => Some([norm("self_attn.q_norm")?, norm("self_attn.k_norm")?]),
                false => None,
            },
            o: source.dense(&name("self_attn.o_proj"))?,
            post_norm: norm("post_attention_layernorm")?,
            gate: source.dense(&name("mlp.gate_proj"))?,
            up: source.dense(&name("mlp.up_proj"))?,
            down: source.dense(&name("mlp.down_proj"))?,
        })
    }

    /// Queries, keys and values, the first two rotated.
    fn project(&self, x: &Tensor, angles: &Arc<Angles>, config: &TextConfig) -> Result<[Tensor; 3]> {
        let x = ops::rms_norm(x, &self.input_norm, config.rms_eps)?;
        let (q, k) = (self.q.forward(&x)?, self.k.forward(&x)?);
        let (q, k) = match &self.qk_norm {
            Some([of_q, of_k]) => (
                ops::norm_rotate(&q, of_q, config.rms_eps, angles)?,
                ops::norm_rotate(&k, of_k, config.rms_eps, angles)?,
            ),
            None => (ops::rotate(&q, angles)?, ops::rotate(&k, angles)?),
        };
        Ok([q, k, self.v.forward(&x)?])
    }

    /// The output product and the feed-forward half, both with their residuals.
    fn feed(&self, attended: &Tensor, rest: &Tensor, config: &TextConfig) -> Result<Tensor> {
        let x = self.o.forward_add(attended, rest)?;
        let inner = ops::rms_norm(&x, &self.post_norm, config.rms_eps)?;
        let inner = ops::swiglu(&self.gate.forward(&inner)?, &self.up.forward(&inner)?)?;
        self.down.forward_add(&inner, &x)
    }
}
