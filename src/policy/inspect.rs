//! What a model computes on its way, by name: for comparison with another implementation, in f32 on the CPU.
//!
//! Names are those of the goldens (`text.hidden.0`, `vision.merged`); rows are packed: `[tokens, width]` without padding.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use candle_core::{DType, Device, Tensor};
use galley_core::Random;

use super::{
    Encoded, Lora, LoraConfig, ModelConfig, Params, PolicyError, PreparedImage, Result, Row, SampleOptions,
    SampleRequest, Sampled,
    batch::{Batch, Images},
    decode::{self, DecodeWeights, PromptFeatures},
    dense::Source,
    model::Model,
    ops::Angles,
    rope,
    text::Trace,
};

/// A model that can be looked into.
pub struct Inspector {
    config: ModelConfig,
    params: Params,
    lora: Option<Lora>,
    model: Model,
}

/// What one pass over some sequences computed.
pub struct Inspection {
    /// `[Σ tokens, vocab]`.
    pub logits: Tensor,
    /// Time, height and width of every token, and the position that follows, by sequence.
    pub positions: Vec<(Vec<[u32; 3]>, u32)>,
    /// Everything between, floats by name.
    pub steps: BTreeMap<String, Tensor>,
    /// Rows of the learned grid that each patch mixes, `[patches · 4]`.
    pub taps: Vec<u32>,
}

/// A loss with its gradients by parameter; one that got none is absent.
pub struct Differentiated {
    pub loss: f32,
    pub gradients: BTreeMap<String, Tensor>,
}

impl Inspector {
    /// Reads a folder's `config.json` and weights; no tokenizer is needed.
    ///
    /// # Errors
    /// As of [`super::Policy::load`].
    pub fn load(dir: &Path) -> Result<Self> {
        let config = ModelConfig::load(dir)?;
        let params = Params::load(&config, dir, DType::F32, &Device::Cpu)?;
        Self::new(config, params, None)
    }

    fn new(config: ModelConfig, params: Params, lora: Option<Lora>) -> Result<Self> {
        let model = Model::new(&config, Source { params: &params, lora: lora.as_ref(), tracked: true })?;
        Ok(Self { config, params, lora, model })
    }

    /// The same model with adapters, whose values `value` gives by layer and side
    /// (`layers.0.self_attn.q_proj.lora_A`); the base is frozen.
    ///
    /// # Errors
    /// For an adapter without a value.
    pub fn adapted(self, config: LoraConfig, value: &dyn Fn(&str) -> Option<Tensor>) -> Result<Self> {
        let Self { config: model, mut params, .. } = self;
        params.set_trainable(|_| false);
        let lora = Lora::init(config, &params, &Random::new(0))?;
        for (name, var) in lora.vars() {
            let short = short(&name);
            let given = value(short)
                .ok_or_else(|| PolicyError::input(format!("the adapter `{short}` has no value")))?;
            var.set(&given.to_dtype(DType::F32)?)?;
        }
        Self::new(model, params, Some(lora))
    }

    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Everything that a pass over whole sequences computes.
    pub fn inspect(&self, rows: &[Encoded]) -> Result<Inspection> {
        let images = Images::of(rows.iter());
        let batch = Batch::whole(rows, self.config.tokens.image, &images)?;
        let mut vision = Vec::new();
        let features = self.model.features_traced(&images, Some(&mut vision))?;
        let mut trace = Trace::default();
        let logits = self.model.logits_traced(&batch, features.as_ref(), &mut trace)?;
        let mut steps = BTreeMap::new();
        add_text(&mut steps, trace);
        add_angles(&mut steps, "text", &rope::text_angles(&self.config.text, &batch.positions))?;
        let mut taps = Vec::new();
        if let (Some(features), Some(config)) = (features, &self.config.vision) {
            let grids: Vec<_> = images.list.iter().map(|image| (image.grid.1, image.grid.2)).collect();
            let mix = rope::position_taps(config, &grids);
            taps.clone_from(&mix.rows);
            if let Some(weights) = &mix.weights {
                let weights = Tensor::from_slice(weights, (weights.len() / 4, 4), &Device::Cpu)?;
                steps.insert("vision.pos_weights".into(), weights);
            }
            add_angles(&mut steps, "vision", &rope::vision_angles(config, &grids))?;
            steps.insert("vision.pos_embed".into(), (&vision[1] - &vision[0])?);
            steps.insert("vision.merged".into(), features.merged);
            let numbered = |name: &str, list: Vec<Tensor>| {
                list.into_iter()
                    .enumerate()
                    .map(|(i, x)| (format!("vision.{name}.{i}"), x))
                    .collect::<Vec<_>>()
            };
            steps.extend(numbered("deepstack", features.deepstack));
            steps.extend(numbered("block", vision.split_off(2)));
            steps.insert("vision.patch_embed".into(), vision.swap_remove(0));
        }
        Ok(Inspection { logits, positions: self.positions(rows)?, steps, taps })
    }

    /// Positions of some sequences, and what follows each.
    pub fn positions(&self, rows: &[Encoded]) -> Result<Vec<(Vec<[u32; 3]>, u32)>> {
        let of_row = |row: &Encoded| {
            let grids: Vec<_> = row.images.iter().map(|image| image.merged_grid()).collect();
            rope::positions(&row.tokens, self.config.tokens.image, &grids)
        };
        rows.iter().map(of_row).collect()
    }

    /// Greedy continuations by the sampler with its cache: all sequences in one batch, no token ends one.
    pub fn greedy(&self, rows: &[Encoded], tokens: usize) -> Result<Vec<Sampled>> {
        let weights = DecodeWeights::new(&self.config, &self.params, self.lora.as_ref())?;
        let request =
            |row: &Encoded| SampleRequest { prompt: Arc::new(row.clone()), seeds: vec![Random::new(0)] };
        let requests: Vec<SampleRequest> = rows.iter().map(request).collect();
        let options = SampleOptions { temperature: 0.0, max_tokens: tokens, ..SampleOptions::default() };
        let features = |request: usize| self.features(&requests[request].prompt.images);
        let image = self.config.tokens.image;
        let sampled = decode::sample(&weights, image, &requests, &options, None, &features, &mut |_, _| {})?;
        Ok(sampled.into_iter().flatten().collect())
    }

    fn features(&self, images: &[Arc<PreparedImage>]) -> Result<PromptFeatures> {
        let mut all = PromptFeatures { merged: Vec::new(), deepstack: Vec::new() };
        for features in self.model.features_each(images)? {
            all.merged.extend(super::gradients::host(&features.merged)?);
            all.deepstack.resize(features.deepstack.len(), Vec::new());
            for (all, feature) in all.deepstack.iter_mut().zip(&features.deepstack) {
                all.extend(super::gradients::host(feature)?);
            }
        }
        Ok(all)
    }

    /// The logits from which response tokens are drawn, `[Σ response length, vocab]`, with gradients.
    pub fn response_logits(&self, rows: &[Row]) -> Result<Tensor> {
        let images = Images::of(rows.iter().map(|row| row.prompt.as_ref()));
        let batch = Batch::pack(rows, self.config.tokens.image, &images)?;
        self.model.logits(&batch, self.model.features(&images)?.as_ref())
    }

    /// The mean cross-entropy of all response tokens and its gradients: by parameter, or by adapter where there are
    /// adapters.
    pub fn differentiate(&self, rows: &[Row]) -> Result<Differentiated> {
        let logits = self.response_logits(rows)?;
        let targets: Vec<u32> = rows.iter().flat_map(|row| row.response.iter().copied()).collect();
        let loss = log_probs(&logits, &targets)?.mean_all()?.neg()?;
        let store = loss.backward()?;
        let vars = match &self.lora {
            Some(lora) => lora.vars().into_iter().map(|(name, var)| (short(&name).to_owned(), var)).collect(),
            None => self.params.trainable(),
        };
        let found =
            vars.into_iter().filter_map(|(name, var)| Some((name, store.get(var.as_tensor())?.clone())));
        Ok(Differentiated { loss: loss.to_scalar()?, gradients: found.collect() })
    }
}

/// log p of one token at each row of logits `[n, vocab]` → `[n]`.
pub fn log_probs(logits: &Tensor, tokens: &[u32]) -> Result<Tensor> {
    let index = Tensor::new(tokens, logits.device())?.unsqueeze(1)?;
    Ok(candle_nn::ops::log_softmax(logits, 1)?.gather(&index, 1)?.flatten_all()?)
}

/// `base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight` → `layers.0.self_attn.q_proj.lora_A`.
fn short(name: &str) -> &str {
    name.trim_start_matches("base_model.model.model.language_model.").trim_end_matches(".weight")
}

fn add_text(steps: &mut BTreeMap<String, Tensor>, trace: Trace) {
    let whole = [("embeds", trace.embeds), ("final_norm", trace.norm)];
    steps.extend(whole.into_iter().filter_map(|(name, x)| Some((format!("text.{name}"), x?))));
    for (layer, (before, after)) in trace.layers.into_iter().enumerate() {
        steps.insert(format!("text.layer_out.{layer}"), before);
        steps.insert(format!("text.hidden.{layer}"), after);
    }
}

/// Cosines and sines with both halves of a head, `[tokens, head_dim]`.
fn add_angles(steps: &mut BTreeMap<String, Tensor>, part: &str, angles: &Angles) -> Result<()> {
    for (name, values) in [("cos", &angles.cos), ("sin", &angles.sin)] {
        let rows = values.len() / angles.half.max(1);
        let half = Tensor::from_slice(values, (rows, angles.half), &Device::Cpu)?;
        steps.insert(format!("{part}.rope_{name}"), Tensor::cat(&[&half, &half], 1)?);
    }
    Ok(())
}
