//! The typed recipe: every key, its meaning and its vetted default.
//!
//! Field names are kebab-case in TOML. `Default` is the lowest layer of every recipe and, serialised, the schema
//! against which recipe keys are checked, so a new key is added in one place: here. The Visual-SDPO paper gives no value
//! for α, β, K, learning rate, group size or teacher update: those defaults are our choice.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::DomainConfig;

/// One run, completely. [`super::Recipe::config`] holds the resolved one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RunConfig {
    /// Human name of the run; the recipe file's stem where empty.
    pub name: String,
    /// The one seed; split by name for tasks, initialisation, sampling and the bootstrap.
    pub seed: u64,
    /// Where tensors live; also chooses the profile (`cpu` or `gpu`) unless `--profile` names one.
    pub device: DeviceChoice,
    pub domain: DomainConfig,
    pub policy: PolicyConfig,
    pub sampling: SamplingConfig,
    pub warm_start: WarmStartConfig,
    pub teacher: TeacherConfig,
    pub objective: ObjectiveConfig,
    pub train: TrainConfig,
    pub eval: EvalConfig,
    pub guard: GuardConfig,
    pub render: RenderConfig,
    pub store: StoreConfig,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            seed: 1,
            device: DeviceChoice::Auto,
            domain: DomainConfig::default(),
            policy: PolicyConfig::default(),
            sampling: SamplingConfig::default(),
            warm_start: WarmStartConfig::default(),
            teacher: TeacherConfig::default(),
            objective: ObjectiveConfig::default(),
            train: TrainConfig::default(),
            eval: EvalConfig::default(),
            guard: GuardConfig::default(),
            render: RenderConfig::default(),
            store: StoreConfig::default(),
        }
    }
}

/// `auto` is CUDA when the program was built with it and a device answers, otherwise the CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    #[default]
    Auto,
    Cpu,
    Cuda,
}

/// Which weights, how they are read, and which of them learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// A built-in architecture, initialised from the seed. Used when neither `path` nor `hub` is given.
    pub preset: String,
    /// A folder with `config.json`, safetensors and `tokenizer.json`.
    pub path: Option<String>,
    /// A model id on the hub.
    pub hub: Option<String>,
    /// Branch, tag or commit of `hub`.
    pub revision: String,
    /// `full` trains every weight, `lora` only the adapters of `[policy.lora]`.
    pub tune: Tune,
    pub lora: LoraConfig,
    /// Dimensions of the tiny preset; ignored with `path` or `hub`.
    pub tiny: TinyConfig,
    /// Images smaller than this many pixels are enlarged; 0 = what the checkpoint says.
    pub min_pixels: usize,
    /// Images larger than this many pixels are shrunk; 0 = what the checkpoint says.
    pub max_pixels: usize,
    /// How prompts are laid out: `qwen` is the official chat template, `compact` spends as few tokens as possible.
    pub template: Template,
    /// Precision of the weights; `auto` is f32 on the CPU and bf16 on CUDA.
    pub dtype: DType,
    /// Recompute block activations in the backward pass: less memory, a third more time.
    pub gradient_checkpointing: bool,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            preset: "tiny-web".into(),
            path: None,
            hub: None,
            revision: "main".into(),
            tune: Tune::Full,
            lora: LoraConfig::default(),
            tiny: TinyConfig::default(),
            min_pixels: 0,
            max_pixels: 0,
            template: Template::Compact,
            dtype: DType::Auto,
            gradient_checkpointing: false,
        }
    }
}

impl PolicyConfig {
    /// Where the weights come from: `path`, else `hub`, else `preset`.
    pub fn source(&self) -> PolicySource<'_> {
        match (self.path.as_deref(), self.hub.as_deref()) {
            (Some(path), _) => PolicySource::Folder(Path::new(path)),
            (None, Some(id)) => PolicySource::Hub { id, revision: &self.revision },
            (None, None) => PolicySource::Preset(&self.preset),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicySource<'a> {
    Preset(&'a str),
    Folder(&'a Path),
    Hub { id: &'a str, revision: &'a str },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tune {
    #[default]
    Full,
    Lora,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    Qwen,
    #[default]
    Compact,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DType {
    #[default]
    Auto,
    F32,
    Bf16,
}

/// Low-rank adapters (LoRA): ΔW = (alpha / rank) · B A.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LoraConfig {
    pub rank: usize,
    pub alpha: f64,
    /// Names of linear layers, matched as the last part of the weight's path.
    pub targets: Vec<String>,
}

impl Default for LoraConfig {
    fn default() -> Self {
        let targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
        Self { rank: 16, alpha: 32.0, targets: targets.map(String::from).to_vec() }
    }
}

/// The embedded Qwen3-VL of a few million parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TinyConfig {
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub intermediate: usize,
    pub vision_hidden: usize,
    pub vision_layers: usize,
    pub vision_heads: usize,
    pub patch: usize,
    /// Size that the byte-level BPE is trained to, special tokens included.
    pub vocab: usize,
    /// Standard deviation of the initial weights.
    pub init_std: f64,
}

impl Default for TinyConfig {
    fn default() -> Self {
        Self {
            hidden: 192,
            layers: 4,
            heads: 6,
            kv_heads: 2,
            head_dim: 32,
            intermediate: 512,
            vision_hidden: 96,
            vision_layers: 2,
            vision_heads: 4,
            patch: 16,
            vocab: 1024,
            init_std: 0.02,
        }
    }
}

/// Sampling for training. A filter (top-p < 1 or top-k > 0) biases importance ratios, see
/// [`GrpoConfig::allow_biased_ratios`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SamplingConfig {
    /// Also divides the logits of student and teacher in every loss.
    pub temperature: f64,
    pub top_p: f64,
    /// 0 = no limit.
    pub top_k: usize,
    /// Longest response in tokens.
    pub max_tokens: usize,
    /// Sequences that are decoded together.
    pub concurrency: usize,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self { temperature: 1.0, top_p: 1.0, top_k: 0, max_tokens: 256, concurrency: 64 }
    }
}

/// Supervised training that makes the teacher's context readable, before the objective starts. Stops at the first of
/// `steps`, `seconds`, and `min-gain` reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WarmStartConfig {
    /// Optimiser steps at most; 0 = no warm start.
    pub steps: u64,
    /// Rows per step.
    pub batch: usize,
    pub lr: f64,
    pub weight_decay: f64,
    /// Steps of linear rise of the learning rate.
    pub warmup: u64,
    /// Stop when the teacher gain of the messages on own rollouts exceeds this many nats per reference; 0 = never.
    pub min_gain: f64,
    /// With `min-gain`: stop only while the sampled reward is at most this (room to improve is left); 1 = always.
    pub max_reward: f64,
    /// Share of rows that carry a privileged context (a worsened attempt's render, rubric and messages).
    pub context_fraction: f64,
    /// From this share of the steps on, attempts are the policy's own rollouts instead of perturbed references.
    pub own_rollouts_from: f64,
    /// Share of context rows whose attempt failed to render, so that the error context is familiar.
    pub failed_fraction: f64,
    /// Fewest places in which a reference is worsened.
    pub perturb_min: usize,
    /// Most places.
    pub perturb_max: usize,
    /// Wall-clock budget; 0 = none.
    pub seconds: f64,
}

impl Default for WarmStartConfig {
    fn default() -> Self {
        Self {
            steps: 0,
            batch: 32,
            lr: 1e-3,
            weight_decay: 0.01,
            warmup: 50,
            min_gain: 5.0,
            max_reward: 1.0,
            context_fraction: 0.5,
            own_rollouts_from: 0.6,
            failed_fraction: 0.1,
            perturb_min: 1,
            perturb_max: 14,
            seconds: 0.0,
        }
    }
}

/// The privileged second reader of the same response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TeacherConfig {
    /// Whose weights the teacher has. A live teacher collapses a policy that was trained from scratch.
    pub kind: TeacherKind,
    /// Step of the moving average, `ema` only; 5 % is known to collapse.
    pub ema_rate: f64,
    /// What the privileged context holds.
    pub channels: Vec<Channel>,
    /// What messages say: the target's value (close to `opsd`, the only thing a tiny policy can use), the signed
    /// difference, or both.
    pub message_style: MessageStyle,
    /// Longest privileged context in tokens; feedback is shortened in its middle to fit.
    pub max_context_tokens: usize,
}

impl Default for TeacherConfig {
    fn default() -> Self {
        Self {
            kind: TeacherKind::Frozen,
            ema_rate: 0.01,
            channels: vec![Channel::Image, Channel::Rubric, Channel::Messages, Channel::Traceback],
            message_style: MessageStyle::Target,
            max_context_tokens: 512,
        }
    }
}

/// `live`: current weights; `frozen`: a snapshot taken when the objective starts; `base`: adapter off; `ema`: a moving
/// average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherKind {
    Live,
    #[default]
    Frozen,
    Base,
    Ema,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The picture of the student's own program.
    Image,
    /// The table of axes.
    Rubric,
    /// The defects in words.
    Messages,
    /// The error of a program that failed (replaces the image).
    Traceback,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageStyle {
    #[default]
    Target,
    Signed,
    Both,
}

/// What is minimised; only the table of the chosen name is used (`visual-sdpo` uses `grpo` too when its β > 0;
/// `uniform-distill` and `opsd` use the `visual-sdpo` table with α = 1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ObjectiveConfig {
    pub name: ObjectiveName,
    pub visual_sdpo: VisualSdpoConfig,
    pub grpo: GrpoConfig,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectiveName {
    /// Cross-entropy on reference programs.
    Sft,
    /// Policy gradient with group-relative advantages.
    Grpo,
    /// Distillation from the self-teacher, weighted by visual credit, plus β · GRPO.
    #[default]
    VisualSdpo,
    /// The control: the same with α = 1.
    UniformDistill,
    /// The teacher sees the reference program.
    Opsd,
}

/// Visual-SDPO §2.3–2.4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct VisualSdpoConfig {
    /// Weight of a fully responsible statement (eq. 5); 1 = uniform.
    pub alpha: f64,
    /// Share of GRPO in the loss (eq. 8).
    pub beta: f64,
    pub kl: Divergence,
    /// Tokens of the student's distribution that are compared, the rest in one tail bucket; 0 = the whole vocabulary.
    pub top_k: usize,
    pub importance: Importance,
    /// `sequence` divides by Σw of each response, `global` by Σw of the batch.
    pub normalise: DistillNormalise,
    /// Largest KL of one token; 0 = no limit.
    pub kl_clamp: f64,
}

impl Default for VisualSdpoConfig {
    fn default() -> Self {
        Self {
            alpha: 2.0,
            beta: 0.0,
            kl: Divergence::Reverse,
            top_k: 100,
            importance: Importance::Tis,
            normalise: DistillNormalise::Sequence,
            kl_clamp: 0.0,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Divergence {
    /// KL(student ‖ teacher).
    #[default]
    Reverse,
    /// KL(teacher ‖ student).
    Forward,
    /// Jensen–Shannon, mixture ½.
    Jsd,
}

/// Token ratios ρ: staleness and engine mismatch (`tis`), the literal context ratio (`ctx-ratio`), or `iw-opd`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Importance {
    None,
    #[default]
    Tis,
    CtxRatio,
    IwOpd,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DistillNormalise {
    #[default]
    Sequence,
    Global,
}

/// Group-relative policy optimisation (VS eq. 7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GrpoConfig {
    pub advantage: Advantage,
    pub clip_low: f64,
    pub clip_high: f64,
    pub normalise: GrpoNormalise,
    /// Permit top-p or top-k sampling together with importance ratios, although every ratio is then biased.
    pub allow_biased_ratios: bool,
}

impl Default for GrpoConfig {
    fn default() -> Self {
        Self {
            advantage: Advantage::Grpo,
            clip_low: 0.2,
            clip_high: 0.28,
            normalise: GrpoNormalise::Token,
            allow_biased_ratios: false,
        }
    }
}

/// `grpo`: (r − mean) / (std + 1e-4); `dr-grpo`: r − mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advantage {
    #[default]
    Grpo,
    DrGrpo,
}

/// `token`: over all tokens of the batch; `sequence`: mean of means; `dr-grpo`: by `sampling.max-tokens`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrpoNormalise {
    #[default]
    Token,
    Sequence,
    DrGrpo,
}

/// The optimiser loop of the objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Steps of sampling and learning; 0 = only warm start and evaluation.
    pub steps: u64,
    /// Distinct tasks per step.
    pub prompts: usize,
    /// Rollouts per task.
    pub group: usize,
    pub lr: f64,
    /// Adam's β₁, β₂.
    pub betas: [f64; 2],
    pub eps: f64,
    pub weight_decay: f64,
    /// Largest gradient norm; 0 = no limit.
    pub clip: f64,
    /// Course of the learning rate after the warm-up.
    pub schedule: Schedule,
    /// Steps of linear rise of the learning rate.
    pub warmup: u64,
    /// Optimiser steps per batch of rollouts.
    pub minibatches: usize,
    /// Sequences in one forward and backward pass (gradients are accumulated); bounds memory.
    pub micro_batch: usize,
    /// Steps between checkpoints; 0 = only the last.
    pub checkpoint_every: u64,
    /// Checkpoints that are kept beside the best one.
    pub keep: usize,
    /// Steps between evaluations; 0 = only before and after.
    pub eval_every: u64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            steps: 60,
            prompts: 64,
            group: 1,
            lr: 1e-3,
            betas: [0.9, 0.95],
            eps: 1e-8,
            weight_decay: 0.0,
            clip: 1.0,
            schedule: Schedule::Constant,
            warmup: 0,
            minibatches: 1,
            micro_batch: 16,
            checkpoint_every: 20,
            keep: 2,
            eval_every: 20,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    #[default]
    Constant,
    Linear,
    Cosine,
}

/// Judging on held-out tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct EvalConfig {
    /// Held-out tasks, at most.
    pub tasks: usize,
    /// Responses per task when not greedy.
    pub samples: usize,
    /// The likeliest token each time; one response per task.
    pub greedy: bool,
    /// Tasks decoded together.
    pub batch: usize,
    /// The number that picks the best checkpoint; empty = the domain's primary metric.
    pub primary: String,
    /// Resamples for confidence intervals.
    pub bootstrap: usize,
}

impl Default for EvalConfig {
    fn default() -> Self {
        Self { tasks: 256, samples: 1, greedy: true, batch: 64, primary: String::new(), bootstrap: 10_000 }
    }
}

/// What happens when a run goes wrong in a known way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GuardConfig {
    /// The teacher predicts references no better than the student.
    pub teacher_gain: GuardAction,
    /// KL and disagreement vanish while the reward falls, or sampled failures double.
    pub collapse: GuardAction,
    /// Largest mean |log-probability at sampling − at training| on the same tokens; above it the run stops. 0 = no check.
    pub mismatch: f64,
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self { teacher_gain: GuardAction::Warn, collapse: GuardAction::Warn, mismatch: 1e-3 }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardAction {
    Off,
    #[default]
    Warn,
    Stop,
}

/// Running programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RenderConfig {
    /// Wall-clock limit of one render.
    pub deadline_ms: u64,
    /// Renders at once; 0 = one per core.
    pub workers: usize,
}

impl Default for RenderConfig {
    fn default() -> Self {
        Self { deadline_ms: 10_000, workers: 0 }
    }
}

/// The record of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Folder of run directories.
    pub root: String,
    /// Rollouts kept with picture and text per step; the numbers of all are kept.
    pub samples_per_step: usize,
    /// Force every journal entry to the disk; off, an entry can be lost with the machine but not with the process.
    pub fsync: bool,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { root: "runs".into(), samples_per_step: 4, fsync: false }
    }
}
