//! The typed recipe: every key, its meaning and its vetted default.
//!
//! Field names are kebab-case in TOML. `Default` is the lowest layer of every recipe and, serialised, the schema
//! against which recipe keys are checked, so a new key is added in one place: here. The Visual-SDPO paper gives no value
//! for α, β, K, learning rate, group size or teacher update: those defaults are our choice.

mod domain;
mod eval;
mod guard;
mod objective;
mod perceptual;
mod policy;
mod render;
mod sampling;
mod store;
mod teacher;
mod train;
mod warm_start;

use serde::{Deserialize, Serialize};

pub use domain::DomainConfig;
pub use eval::EvalConfig;
pub use guard::{GuardAction, GuardConfig};
pub use objective::{GrpoConfig, ObjectiveConfig, ObjectiveName, VisualSdpoConfig};
pub use perceptual::PerceptualConfig;
pub use policy::{LoraConfig, PolicyConfig, PolicySource, Precision, TinyConfig, Tune};
pub use render::RenderConfig;
pub use sampling::SamplingConfig;
pub use store::StoreConfig;
pub use teacher::{Channel, ContextOf, MessageStyle, TeacherConfig, TeacherKind};
pub use train::TrainConfig;
pub use warm_start::WarmStartConfig;

/// One run, completely. [`super::Recipe::config`] holds the resolved one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RunConfig {
    /// Human name of the run; the recipe file's stem where empty.
    pub name: String,
    /// The one seed of the run; split by name for initialisation, the order of tasks and sampling.
    pub seed: u64,
    /// What generated tasks are drawn from. Apart from `seed`, so that runs of several seeds are judged on the same
    /// held-out tasks.
    pub data_seed: u64,
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
    pub perceptual: PerceptualConfig,
    pub store: StoreConfig,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            seed: 1,
            data_seed: 1,
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
            perceptual: PerceptualConfig::default(),
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
