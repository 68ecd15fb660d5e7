//! The policy: configuration, parameters, tokenizer and image processor as one thing that samples and scores.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::{DType, Device, Tensor, Var};
use galley_core::{Image, Part, Prompt, Random};
use serde::{Deserialize, Serialize};

use super::{
    Encoded, Lora, LoraConfig, ModelConfig, Params, PolicyError, PreparedImage, Processor, ProcessorConfig,
    PromptPart, Result, SampleIndex, SampleOptions, SampleRequest, Sampled, Template, Tokenizer,
    decode::{self, DecodeWeights, PromptFeatures, TensorSampler},
    dense::Source,
    gguf,
    model::Model,
    tokenizer::{END_OF_TEXT, IM_END},
};

/// Deviation of fresh weights.
const INIT_STD: f64 = 0.02;

/// A vision-language model that can be sampled from, scored and trained. Methods take `&self`; an optimiser changes the
/// parameters in place, and every method sees the change.
pub struct Policy {
    pub(super) config: ModelConfig,
    pub(super) params: Params,
    lora: Option<Lora>,
    tokenizer: Tokenizer,
    processor: Processor,
    template: Template,
    /// Operands with gradients.
    pub(super) tracked: Model,
    /// The same without: leaves no graph behind.
    pub(super) plain: Model,
    /// Blocks are computed again in the backward pass.
    pub(super) checkpoints: bool,
}

/// What else a folder says, beside the official files.
#[derive(Serialize, Deserialize)]
struct Extras {
    template: Template,
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
        Ok(Self { config, params, lora, tokenizer, processor, template, tracked, plain, checkpoints: false })
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

    /// Reads a folder in the official layout (config.json, tokenizer.json, preprocessor_config.json, safetensors), or a
    /// text-only model in one GGUF file, given by its own path or by that of a folder which holds nothing else to load.
    /// Weights are f32 on the CPU and bf16 elsewhere.
    pub fn load(dir: &Path, device: &Device) -> Result<Self> {
        Self::load_as(dir, device, if device.is_cpu() { DType::F32 } else { DType::BF16 })
    }

    /// The same with weights of a chosen precision.
    pub fn load_as(dir: &Path, device: &Device, dtype: DType) -> Result<Self> {
        if let Some(file) = gguf_file(dir)? {
            let parts = gguf::load(&file, dtype, device)?;
            let processor = ProcessorConfig::default();
            return Self::new(parts.config, parts.params, parts.tokenizer, Template::Chat, processor);
        }
        let config = ModelConfig::load(dir)?;
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
                merged.save(&self.config, &dir.join("model.safetensors"))?;
            }
            None => self.params.save(&self.config, &dir.join("model.safetensors"))?,
        }
        self.tokenizer.save(&dir.join("tokenizer.json"))?;
        write_json(&dir.join("config.json"), &self.config.to_json())?;
        write_json(&dir.join("preprocessor_config.json"), &self.processor.config().to_json())?;
        write_json(&dir.join("galley.json"), &serde_json::json!(Extras { template: self.template }))
    }

    /// The same model, without its adapters, on a device and in a precision.
    pub fn moved(self, device: &Device, dtype: DType) -> Result<Self> {
        let Self { config, params, tokenizer, processor, template, .. } = self;
        Self::with_lora(config, params.moved(device, dtype)?, None, tokenizer, template, processor)
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

    /// The same model, which keeps only the input of each block in a forward pass with gradients and computes the block
    /// again in the backward pass: much less memory, a third more time, equal gradients.
    pub fn with_checkpoints(mut self, on: bool) -> Self {
        self.checkpoints = on;
        self
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

    /// A program as a whole response: its tokens and the token that ends a turn.
    pub fn encode_response(&self, program: &str) -> Result<Vec<u32>> {
        let mut tokens = self.tokenizer.encode(program)?;
        tokens.extend(self.stop_tokens().first());
        Ok(tokens)
    }

    /// Tokens that end a response.
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
        if !self.device().is_cpu() {
            let (model, image_token) = (&self.plain, self.config.tokens.image);
            let tokenizer = Some(&self.tokenizer);
            return TensorSampler { model, image_token, options, tokenizer }.sample(requests, on_finish);
        }
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

    /// A frozen copy that shares nothing: a teacher, or the best so far.
    pub fn snapshot(&self) -> Result<Policy> {
        let lora = self.lora.as_ref().map(Lora::snapshot).transpose()?;
        Self::with_lora(
            self.config.clone(),
            // With adapters the base is frozen: there is nothing of it to keep.
            if lora.is_some() { self.params.clone() } else { self.params.snapshot()? },
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

/// The GGUF file that a path means, if it means one.
fn gguf_file(path: &Path) -> Result<Option<PathBuf>> {
    let is_gguf = |path: &Path| path.extension().is_some_and(|kind| kind == "gguf");
    if is_gguf(path) && path.is_file() {
        return Ok(Some(path.to_path_buf()));
    }
    if !path.is_dir() || path.join("config.json").exists() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for entry in path.read_dir().map_err(PolicyError::io(path))? {
        found.push(entry.map_err(PolicyError::io(path))?.path());
    }
    found.retain(|path| is_gguf(path));
    match found.len() {
        0 | 1 => Ok(found.pop()),
        n => Err(PolicyError::input(format!("{} holds {n} GGUF files: name one", path.display()))),
    }
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
