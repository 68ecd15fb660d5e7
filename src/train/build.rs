//! From a recipe to the parts of a run.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use galley_core::{BuildContext, Domain, Part, Random, Registry, Split, TaskSet};

use super::{
    assessor::Assessor,
    data::{left_out, local},
    networks::Networks,
};
use crate::{
    objective::{Grpo, Objective, Privilege, Sft, Surrogate, VisualSdpo},
    policy::{
        AdamW, AdamWConfig, DType, Device, LearningRate, LoraConfig, ModelConfig, Policy, PolicyError,
        PreTokenizer, ProcessorConfig, Tokenizer, copying_init, cuda,
    },
    recipe::{DeviceChoice, ObjectiveName, PolicySource, Precision, Recipe, RunConfig, Tune},
    teacher::Wording,
};

/// How many training programs the tokenizer of a from-scratch policy is made from.
const CORPUS: usize = 512;

/// Words of reports that a tiny policy should know as one token; twice, because the trainer wants pairs it sees twice.
const FAMILIAR: [&str; 2] =
    ["error block text position color ssim visual", "error block text position color ssim visual"];

/// How text is cut for a from-scratch policy: every value that a correction may quote is one token or one token a digit
/// (hex digits behind `#`, numbers with their unit, words behind `>`, and the full stops that stand for elided ones), and
/// the fixed text between values merges to as few tokens as the corpus permits. Copying is then one constant offset.
const COPYABLE: &str = r"(?<=#)[0-9a-f.]|(?<=#[0-9a-f.])[0-9a-f.]|(?<=#[0-9a-f.]{2})[0-9a-f.]|\d+%?|(?<=>)[A-Za-z]+|\.|(?:[^#0-9>.]|>(?=<))+[#>]?|[#>]";

/// Threads that render and judge.
pub fn workers(config: &RunConfig) -> usize {
    match config.render.workers {
        0 => std::thread::available_parallelism().map_or(2, |n| n.get()) * 2,
        n => n,
    }
}

pub fn deadline(config: &RunConfig) -> Duration {
    Duration::from_millis(config.render.deadline_ms)
}

/// The domain of the recipe, its two task sets, and the threads that judge for it.
pub fn domain(
    recipe: &Recipe,
    registry: &Registry,
) -> Result<(Arc<dyn Domain>, [Arc<dyn TaskSet>; 2], Arc<Assessor>)> {
    let config = &recipe.config;
    let entry = registry.get(&config.domain.name)?;
    let blamed = |error| recipe.blame(error).map_or_else(anyhow::Error::new, anyhow::Error::new);
    let context = BuildContext {
        seed: config.data_seed,
        cache: PathBuf::from(&config.store.root).join(".store/cache").join(entry.name),
        workers: workers(config),
        similarity: Some(Arc::new(Networks {
            perceptual: config.perceptual.clone(),
            answers: PathBuf::from(&config.store.root).join(".store/cache/judge"),
        })),
    };
    let domain: Arc<dyn Domain> =
        Arc::from((entry.build)(local(config.domain.settings())?, &context).map_err(blamed)?);
    let train = domain.tasks(Split::Train).map_err(blamed)?;
    let held_out = domain.tasks(Split::HeldOut).map_err(blamed)?;
    for (set, what) in [(&train, "training"), (&held_out, "held-out")] {
        left_out(what, set.len(), &set.skipped()).iter().for_each(|line| eprintln!("{line}"));
    }
    if train.is_empty() {
        bail!("domain `{}` has no training task left", entry.name);
    }
    references(recipe, &*domain, &*train)?;
    let assessor = Arc::new(Assessor::new(domain.clone(), workers(config), deadline(config)));
    Ok((domain, [train, held_out], assessor))
}

/// Refuses an objective that needs reference programs where the first task has none.
fn references(recipe: &Recipe, domain: &dyn Domain, train: &dyn TaskSet) -> Result<()> {
    let what = match recipe.config.objective.name {
        ObjectiveName::Opsd => "shows the teacher the reference program",
        ObjectiveName::Sft => "learns the reference programs",
        _ => return Ok(()),
    };
    let task = train.get(0)?;
    if domain.reference_program(&task).is_some() {
        return Ok(());
    }
    let why = format!(
        "this objective {what}, and the tasks of domain `{}` have none (task {}); choose `grpo` or `visual-sdpo`",
        domain.name(),
        task.id
    );
    Err(recipe.mistake("objective.name", why).into())
}

/// The policy that the recipe names: a folder, a hub model, or the tiny preset made from the seed; with fresh adapters
/// where the recipe tunes those.
pub fn policy(recipe: &Recipe, domain: &dyn Domain, train: &dyn TaskSet, random: &Random) -> Result<Policy> {
    let config = &recipe.config;
    let policy = match config.policy.source() {
        PolicySource::Preset(_) => {
            // A model so small stays on the CPU unless a GPU is asked for by name.
            let device = if config.device == DeviceChoice::Cuda { cuda::open()? } else { Device::Cpu };
            let policy = tiny(config, domain, train, random)?;
            if device.is_cpu() { policy } else { policy.moved(&device, precision(config, &device))? }
        }
        PolicySource::Folder(path) => {
            load(path, config)?.map_err(|error| recipe.mistake("policy.path", error))?
        }
        PolicySource::Hub { id, revision } => {
            let path = crate::policy::fetch(id, revision)?;
            load(&path, config)?.with_context(|| format!("hub model {id}"))?
        }
    };
    let checkpoints = config.policy.gradient_checkpointing;
    if config.policy.tune == Tune::Full {
        return Ok(policy.with_checkpoints(checkpoints));
    }
    let lora = &config.policy.lora;
    let adapters = LoraConfig {
        rank: lora.rank,
        alpha: lora.alpha,
        targets: lora.targets.clone(),
        ..LoraConfig::default()
    };
    let policy = policy.adapted(adapters, &random.named("adapters"))?.with_checkpoints(checkpoints);
    every_target_binds(&policy, &lora.targets)?;
    Ok(policy)
}

/// A target that names no layer is a mistake even beside others that do.
fn every_target_binds(policy: &Policy, targets: &[String]) -> Result<()> {
    let names: Vec<String> = policy.trainable().into_iter().map(|(name, _)| name).collect();
    let bound = |target: &&String| names.iter().any(|name| name.contains(&format!(".{target}.lora_")));
    match targets.iter().find(|target| !bound(target)) {
        Some(target) => bail!("policy.lora.targets: `{target}` names no layer of this model"),
        None => Ok(()),
    }
}

fn load(path: &Path, config: &RunConfig) -> Result<Result<Policy, PolicyError>> {
    let device = device(config)?;
    let dtype = precision(config, &device);
    Ok(Policy::load_as(path, &device, dtype))
}

/// f32 on the CPU and bf16 elsewhere, where the recipe does not choose.
fn precision(config: &RunConfig, device: &Device) -> DType {
    match config.policy.dtype {
        Precision::Auto if device.is_cpu() => DType::F32,
        Precision::Auto | Precision::Bf16 => DType::BF16,
        Precision::F32 => DType::F32,
    }
}

fn device(config: &RunConfig) -> Result<Device> {
    match config.device {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Auto if !cuda::answers() => Ok(Device::Cpu),
        DeviceChoice::Cuda | DeviceChoice::Auto => Ok(cuda::open()?),
    }
}

fn tiny(config: &RunConfig, domain: &dyn Domain, train: &dyn TaskSet, random: &Random) -> Result<Policy> {
    let tiny = &config.policy.tiny;
    let mut corpus = Vec::new();
    for index in 0..train.len().min(CORPUS) {
        let task = train.get(index)?;
        corpus.push(
            domain.demonstration(&task).with_context(|| {
                format!("task {} has no program: a policy from scratch needs one", task.id)
            })?,
        );
    }
    let texts = corpus.iter().map(String::as_str).chain(FAMILIAR);
    let tokenizer = Tokenizer::train(texts, tiny.vocab, PreTokenizer::Regex(COPYABLE.to_owned()))?;
    let mut model = ModelConfig::tiny(tokenizer.vocab_size(), tokenizer.special_ids()?);
    model.text.hidden = tiny.hidden;
    model.text.layers = tiny.layers;
    model.text.heads = tiny.heads;
    model.text.kv_heads = tiny.kv_heads;
    model.text.head_dim = tiny.head_dim;
    model.text.intermediate = tiny.intermediate;
    if let Some(vision) = &mut model.vision {
        vision.hidden = tiny.vision_hidden;
        vision.depth = tiny.vision_layers;
        vision.heads = tiny.vision_heads;
        vision.patch = tiny.patch;
    }
    let (width, height) = picture(train)?;
    let mut processor = ProcessorConfig { patch: tiny.patch, ..ProcessorConfig::tiny(width, height) };
    if config.policy.min_pixels > 0 {
        processor.min_pixels = config.policy.min_pixels;
    }
    if config.policy.max_pixels > 0 {
        processor.max_pixels = config.policy.max_pixels;
    }
    let random = random.named("weights");
    let policy = Policy::tiny(model, tokenizer, config.policy.template, processor, &random)?;
    copying_init(policy.params(), policy.config(), &random)?;
    Ok(policy)
}

/// Width and height of the first task's picture: a tiny policy sees pictures as they are.
fn picture(train: &dyn TaskSet) -> Result<(usize, usize)> {
    let task = train.get(0)?;
    let image = task.prompt.parts.iter().find_map(|part| match part {
        Part::Image(image) => Some(image.clone()),
        Part::Text(_) => None,
    });
    Ok(image.map_or((128, 96), |image| (image.width as usize, image.height as usize)))
}

/// A fresh optimiser over the trainable weights.
pub fn optimiser(policy: &Policy, config: &RunConfig) -> Result<AdamW> {
    let train = &config.train;
    let settings = AdamWConfig {
        beta1: train.betas[0],
        beta2: train.betas[1],
        eps: train.eps,
        weight_decay: train.weight_decay,
        max_grad_norm: (train.clip > 0.0).then_some(train.clip),
    };
    Ok(AdamW::new(policy.trainable(), settings)?)
}

/// Learning rate of the objective over its steps.
pub fn schedule(config: &RunConfig) -> LearningRate {
    let train = &config.train;
    LearningRate {
        peak: train.lr,
        schedule: train.schedule,
        warmup: train.warmup as usize,
        total: train.steps as usize,
        floor: 0.05,
    }
}

/// The objective that the recipe names.
pub fn objective(config: &RunConfig) -> Box<dyn Objective> {
    let grpo = || {
        let table = &config.objective.grpo;
        Grpo { clip: Surrogate { low: table.clip_low, high: table.clip_high }, normalise: table.normalise }
    };
    let table = &config.objective.visual_sdpo;
    let distil = |name, privilege| {
        Box::new(VisualSdpo {
            name,
            privilege,
            divergence: table.kl,
            top_k: table.top_k,
            importance: table.importance,
            normalise: table.normalise,
            clamp: table.kl_clamp,
            grpo: (table.beta > 0.0).then(|| (table.beta, grpo())),
        })
    };
    match config.objective.name {
        ObjectiveName::Sft => Box::new(Sft),
        ObjectiveName::Grpo => Box::new(grpo()),
        ObjectiveName::VisualSdpo => distil("visual-sdpo", Privilege::Feedback),
        ObjectiveName::UniformDistill => distil("uniform-distill", Privilege::Feedback),
        ObjectiveName::Opsd => distil("opsd", Privilege::Reference),
    }
}

/// α of the credit weights: 1 wherever tokens are not weighted.
pub fn alpha(config: &RunConfig) -> f64 {
    match config.objective.name {
        ObjectiveName::VisualSdpo => config.objective.visual_sdpo.alpha,
        _ => 1.0,
    }
}

/// The token that the teacher is made to prefer wrongly, and by how much.
pub fn teacher_bias(config: &RunConfig, policy: &Policy) -> Result<Option<(u32, f64)>> {
    let teacher = &config.teacher;
    if teacher.bias == 0.0 {
        return Ok(None);
    }
    match policy.tokenizer().encode(&teacher.bias_token)?[..] {
        [token] => Ok(Some((token, teacher.bias))),
        ref tokens => {
            bail!("teacher.bias-token {:?} is {} tokens, not one", teacher.bias_token, tokens.len())
        }
    }
}

/// How the teacher is spoken to.
pub fn wording(config: &RunConfig) -> Wording {
    match config.policy.template {
        crate::policy::Template::Compact => Wording::Terse,
        crate::policy::Template::Chat => Wording::Sentences,
    }
}
