//! The policy: configuration, parameters, tokenizer and image processor as one thing that samples and scores.

use std::{path::Path, sync::Arc};

use candle_core::{DType, Device, Tensor, Var};
use galley_core::{Image, Part, Prompt, Random};
use serde::{Deserialize, Serialize};

use super::{
    Encoded, Lora, LoraConfig, ModelConfig, Params, PolicyError, PreparedImage, Processor, ProcessorConfig,
    PromptPart, Result, Row, SampleIndex, SampleOptions, SampleRequest, Sampled, Template, Tokenizer,
    batch::{Batch, Images},
    decode::{self, DecodeWeights, PromptFeatures},
    dense::Source,
    model::Model,
    tokenizer::{END_OF_TEXT, IM_END},
    vision::Features,
};

/// Deviation of fresh weights.
const INIT_STD: f64 = 0.02;

/// A vision-language model that can be sampled from, scored and trained. Methods take `&self`; an optimiser changes the
/// parameters in place, and every method sees the change.
pub struct Policy {
    config: ModelConfig,
    params: Params,
    lora: Option<Lora>,
    tokenizer: Tokenizer,
    processor: Processor,
    template: Template,
    /// Operands with gradients.
    tracked: Model,
    /// The same without: leaves no graph behind.
    plain: Model,
}

/// What else a folder says, beside the official files.
#[derive(Serialize, Deserialize)]
struct Extras {
    template: Template,
}

/// Logits of the responses of some rows.
pub struct RowLogits {
    /// `[Σ response length, vocab]`: row by row, the distribution from which each response token was drawn.
    pub logits: Tensor,
    /// Where each row begins, and the end: one entry more than rows.
    pub offsets: Vec<usize>,
}

impl RowLogits {
    /// One row's logits, `[response length, vocab]`.
    pub fn row(&self, index: usize) -> Result<Tensor> {
        let (from, to) = (self.offsets[index], self.offsets[index + 1]);
        Ok(self.logits.narrow(0, from, to - from)?)
    }
}

/// Image features computed once for several passes (student, teacher, base).
pub struct SharedFeatures {
    images: Images,
    features: Option<Features>,
}

impl Policy {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When they do not fit: another patch size, a tokenizer larger than the vocabulary, missing parameters.
    pub fn new(
        config: ModelConfig,
        params: Params,
        tokenizer: Tokenizer,
        template: Template,
        processor: ProcessorConfig,
    ) -> Result<Self> {
        Self::with_lora(config, params, None, tokenizer, template, Processor::new(processor)?)
    }

    fn with_lora(
        config: ModelConfig,
        params: Params,
        lora: Option<Lora>,
        tokenizer: Tokenizer,
        template: Template,
        processor: Processor,
    ) -> Result<Self> {
        config.validate()?;
        fit(&config, &tokenizer, processor.config())?;
        let source = |tracked| Source { params: &params, lora: lora.as_ref(), tracked };
        let (tracked, plain) = (Model::new(&config, source(true))?, Model::new(&config, source(false))?);
        Ok(Self { config, params, lora, tokenizer, processor, template, tracked, plain })
    }

    /// A fresh model on the CPU; a function of its arguments.
    pub fn tiny(
        config: ModelConfig,
        tokenizer: Tokenizer,
        template: Template,
        processor: ProcessorConfig,
        random: &Random,
    ) -> Result<Self> {
        let params = Params::init(&config, random, INIT_STD, &Device::Cpu)?;
        Self::new(config, params, tokenizer, template, processor)
    }

    /// Reads a folder in the official layout (config.json, tokenizer.json, preprocessor_config.json, safetensors).
    pub fn load(dir: &Path, device: &Device) -> Result<Self> {
        let config = ModelConfig::load(dir)?;
        let dtype = if device.is_cpu() { DType::F32 } else { DType::BF16 };
        let params = Params::load(&config, dir, dtype, device)?;
        let tokenizer = Tokenizer::load(&dir.join("tokenizer.json"))?;
        let processor = match config.vision {
            Some(_) => ProcessorConfig::load(dir)?,
            None => ProcessorConfig::default(),
        };
        Self::new(config, params, tokenizer, extras(dir)?.template, processor)
    }

    /// Writes a folder that [`Policy::load`] and the official library read; adapters are merged in.
    pub fn save(&self, dir: &Path) -> Result<()> {
        std::fs::create_dir_all(dir).map_err(PolicyError::io(dir))?;
        match &self.lora {
            Some(lora) => {
                let merged = self.params.snapshot()?;
                lora.merge_into(&merged)?;
                merged.save(&dir.join("model.safetensors"))?;
            }
            None => self.params.save(&dir.join("model.safetensors"))?,
        }
        self.tokenizer.save(&dir.join("tokenizer.json"))?;
        write_json(&dir.join("config.json"), &self.config.to_json())?;
        write_json(&dir.join("preprocessor_config.json"), &self.processor.config().to_json())?;
        write_json(&dir.join("galley.json"), &serde_json::json!(Extras { template: self.template }))
    }

    /// The same model with fresh adapters; the base is frozen.
    pub fn adapted(self, config: LoraConfig, random: &Random) -> Result<Self> {
        let lora = Lora::init(config, &self.params, random)?;
        self.with_adapters(lora)
    }

    /// The same model with these adapters; the base is frozen.
    pub fn with_adapters(self, lora: Lora) -> Result<Self> {
        let Self { config, mut params, tokenizer, processor, template, .. } = self;
        params.set_trainable(|_| false);
        Self::with_lora(config, params, Some(lora), tokenizer, template, processor)
    }

    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    pub fn params(&self) -> &Params {
        &self.params
    }

    pub fn lora(&self) -> Option<&Lora> {
        self.lora.as_ref()
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub fn processor(&self) -> &Processor {
        &self.processor
    }

    pub fn template(&self) -> Template {
        self.template
    }

    pub fn device(&self) -> Device {
        self.params.device()
    }

    /// The parameters that get gradients: all, or the adapters.
    pub fn trainable(&self) -> Vec<(String, Var)> {
        self.lora.as_ref().map_or_else(|| self.params.trainable(), Lora::trainable)
    }

    /// A picture, ready for prompts.
    pub fn prepare(&self, image: &Image) -> Result<Arc<PreparedImage>> {
        Ok(Arc::new(self.processor.prepare(image)?))
    }

    /// A prompt's tokens, up to where the response begins.
    pub fn encode(&self, prompt: &Prompt) -> Result<Encoded> {
        let part = |part: &Part| match part {
            Part::Text(text) => Ok(PromptPart::Text(text.clone())),
            Part::Image(image) => self.prepare(image).map(PromptPart::Image),
        };
        self.encode_parts(&prompt.parts.iter().map(part).collect::<Result<Vec<_>>>()?)
    }

    /// The same for parts whose pictures are prepared.
    pub fn encode_parts(&self, parts: &[PromptPart]) -> Result<Encoded> {
        self.template.encode(parts, &self.tokenizer)
    }

    /// Tokens that end a response.
    /// A program as a whole response: its tokens and the token that ends a turn.
    pub fn encode_response(&self, program: &str) -> Result<Vec<u32>> {
        let mut tokens = self.tokenizer.encode(program)?;
        tokens.extend(self.stop_tokens().first());
        Ok(tokens)
    }

    pub fn stop_tokens(&self) -> Vec<u32> {
        [IM_END, END_OF_TEXT].iter().filter_map(|token| self.tokenizer.special(token).ok()).collect()
    }

    /// Samples responses; `on_finish` is called on this thread as each is complete. Results by request and sample.
    pub fn sample(
        &self,
        requests: &[SampleRequest],
        options: &SampleOptions,
        on_finish: &mut dyn FnMut(SampleIndex, &Sampled),
    ) -> Result<Vec<Vec<Sampled>>> {
        let weights = DecodeWeights::new(&self.config, &self.params, self.lora.as_ref())?;
        let features = |request: usize| self.prompt_features(&requests[request].prompt);
        let image = self.config.tokens.image;
        decode::sample(&weights, image, requests, options, Some(&self.tokenizer), &features, on_finish)
    }

    /// The features of a prompt's pictures as plain floats; a picture's do not depend on what stands beside it.
    fn prompt_features(&self, prompt: &Encoded) -> Result<PromptFeatures> {
        let floats = |tensor: &Tensor| tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>();
        let mut all = PromptFeatures { merged: Vec::new(), deepstack: Vec::new() };
        for features in self.plain.features_each(&prompt.images)? {
            all.merged.extend(floats(&features.merged)?);
            all.deepstack.resize(features.deepstack.len(), Vec::new());
            for (all, feature) in all.deepstack.iter_mut().zip(&features.deepstack) {
                all.extend(floats(feature)?);
            }
        }
        Ok(all)
    }

    /// Logits at every response token of some rows. Rows with equal prompts share the prompt's computation.
    ///
    /// # Errors
    /// When a gradient is wanted of a policy that has nothing trainable (a snapshot).
    pub fn logits(&self, rows: &[Row], requires_grad: bool) -> Result<RowLogits> {
        let features = self.features(rows, requires_grad)?;
        self.logits_with(rows, &features, requires_grad)
    }

    /// Features of every picture that the rows show.
    pub fn features(&self, rows: &[Row], requires_grad: bool) -> Result<SharedFeatures> {
        let images = Images::of(rows.iter().map(|row| row.prompt.as_ref()));
        let features = self.model(requires_grad)?.features(&images)?;
        Ok(SharedFeatures { images, features })
    }

    /// As [`Policy::logits`], with features computed before.
    pub fn logits_with(
        &self,
        rows: &[Row],
        features: &SharedFeatures,
        requires_grad: bool,
    ) -> Result<RowLogits> {
        let model = self.model(requires_grad)?;
        self.run(model, rows, features)
    }

    /// Logits of the model without its adapters; never with gradient.
    pub fn base_logits(&self, rows: &[Row]) -> Result<RowLogits> {
        let base = Model::new(&self.config, Source { params: &self.params, lora: None, tracked: false })?;
        let images = Images::of(rows.iter().map(|row| row.prompt.as_ref()));
        let features = base.features(&images)?;
        self.run(&base, rows, &SharedFeatures { images, features })
    }

    fn run(&self, model: &Model, rows: &[Row], features: &SharedFeatures) -> Result<RowLogits> {
        let mut offsets = vec![0];
        for row in rows {
            offsets.push(offsets[offsets.len() - 1] + row.response.len());
        }
        if offsets.last() == Some(&0) {
            return Err(PolicyError::input("no row has a response"));
        }
        let batch = Batch::pack(rows, self.config.tokens.image, &features.images)?;
        let logits = model.logits(&batch, features.features.as_ref())?;
        Ok(RowLogits { logits, offsets })
    }

    fn model(&self, requires_grad: bool) -> Result<&Model> {
        match requires_grad {
            true if self.trainable().is_empty() => {
                Err(PolicyError::input("a frozen policy has no gradients"))
            }
            true => Ok(&self.tracked),
            false => Ok(&self.plain),
        }
    }

    /// Log-probability of every response token; no gradient.
    pub fn log_probs(&self, rows: &[Row]) -> Result<Vec<Vec<f32>>> {
        let out = self.logits(rows, false)?;
        let tokens: Vec<u32> = rows.iter().flat_map(|row| row.response.iter().copied()).collect();
        let count = tokens.len();
        let index = Tensor::from_vec(tokens, (count, 1), out.logits.device())?;
        let logits = out.logits.to_dtype(DType::F32)?;
        let picked =
            candle_nn::ops::log_softmax(&logits, 1)?.gather(&index, 1)?.flatten_all()?.to_vec1::<f32>()?;
        Ok(out.offsets.windows(2).map(|ends| picked[ends[0]..ends[1]].to_vec()).collect())
    }

    /// A frozen copy that shares nothing: a teacher, or the best so far.
    pub fn snapshot(&self) -> Result<Policy> {
        let lora = self.lora.as_ref().map(Lora::snapshot).transpose()?;
        Self::with_lora(
            self.config.clone(),
            self.params.snapshot()?,
            lora,
            self.tokenizer.clone(),
            self.template,
            self.processor.clone(),
        )
    }

    /// Takes over the values of another policy of the same shape, in place.
    pub fn copy_from(&self, other: &Policy) -> Result<()> {
        self.lerp_from(other, 1.0)
    }

    /// `self ← (1 − t) · self + t · other`, in place: with adapters only those move.
    pub fn lerp_from(&self, other: &Policy, t: f64) -> Result<()> {
        match (&self.lora, &other.lora) {
            (Some(mine), Some(theirs)) => mine.lerp_from(theirs, t),
            (None, None) => self.params.lerp_from(&other.params, t),
            _ => Err(PolicyError::input("one policy has adapters and the other has none")),
        }
    }
}

fn fit(config: &ModelConfig, tokenizer: &Tokenizer, processor: &ProcessorConfig) -> Result<()> {
    if tokenizer.vocab_size() > config.text.vocab {
        let problem =
            format!("is {}, but the tokenizer has {} tokens", config.text.vocab, tokenizer.vocab_size());
        return Err(PolicyError::config("text_config.vocab_size", problem));
    }
    let Some(vision) = &config.vision else { return Ok(()) };
    for (field, mine, theirs) in [
        ("patch_size", vision.patch, processor.patch),
        ("spatial_merge_size", vision.merge, processor.merge),
        ("temporal_patch_size", vision.temporal_patch, processor.temporal_patch),
    ] {
        if mine != theirs {
            let problem = format!("is {mine}, but {theirs} in the image processor");
            return Err(PolicyError::config(format!("vision_config.{field}"), problem));
        }
    }
    Ok(())
}

fn extras(dir: &Path) -> Result<Extras> {
    let path = dir.join("galley.json");
    if !path.exists() {
        return Ok(Extras { template: Template::Chat });
    }
    let text = std::fs::read_to_string(&path).map_err(PolicyError::io(&path))?;
    serde_json::from_str(&text)
        .map_err(|source| PolicyError::Json { what: path.display().to_string(), source })
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<()> {
    std::fs::write(path, format!("{value:#}\n")).map_err(PolicyError::io(path))
}
