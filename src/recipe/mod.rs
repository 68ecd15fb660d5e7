//! Recipes: TOML files that say completely what a run does.

mod config;
mod domain_config;

pub use config::{
    Advantage, Channel, DType, DeviceChoice, DistillNormalise, Divergence, EvalConfig, GrpoConfig, GrpoNormalise,
    GuardAction, GuardConfig, Importance, LoraConfig, MessageStyle, ObjectiveConfig, ObjectiveName, PolicyConfig,
    RenderConfig, RunConfig, SamplingConfig, Schedule, StoreConfig, TeacherConfig, TeacherKind, Template, TinyConfig,
    TrainConfig, Tune, VisualSdpoConfig, WarmStartConfig,
};
pub use domain_config::DomainConfig;
