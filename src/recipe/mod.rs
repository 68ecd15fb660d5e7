//! Recipes: TOML files that say completely what a run does.
//!
//! Layers, weakest first: built-in defaults, the recipe that `extends` names, the recipe, its `[profile.<name>]` table
//! (chosen by `--profile` or by the device), environment variables (`GALLEY__TRAIN__LR`), `key=value` arguments. Tables
//! merge; lists and values replace.
//!
//! How the parts meet: [`load()`] reads `files` and `overrides` into `document` nodes, which remember where they stand;
//! `schema` checks them against the tree of defaults (built from [`RunConfig`] and each domain's own defaults); `layer`
//! merges them with figment; `typed` makes the configuration, `validate` checks what types cannot say. All mistakes
//! are collected in [`RecipeErrors`]. The result is a [`Recipe`]: the configuration and the origin of every value.

mod annotate;
mod blame;
mod config;
mod document;
mod error;
mod files;
mod layer;
mod load;
mod machine;
mod origin;
mod overrides;
mod reference;
mod resolved;
mod schema;
mod source;
mod suggest;
#[cfg(test)]
mod tests;
mod typed;
mod validate;

pub use config::{
    Channel, ContextOf, DeviceChoice, DomainConfig, EvalConfig, GrpoConfig, GuardAction, GuardConfig,
    LoraConfig, MessageStyle, ObjectiveConfig, ObjectiveName, PerceptualConfig, PolicyConfig, PolicySource,
    Precision, RenderConfig, RunConfig, SamplingConfig, StoreConfig, TeacherConfig, TeacherKind, TinyConfig,
    TrainConfig, Tune, VisualSdpoConfig, WarmStartConfig,
};
pub use error::{RecipeError, RecipeErrors};
pub use load::{Sources, load, parse};
pub use origin::Origin;
pub use reference::reference;
pub use resolved::{Difference, Recipe, tree_difference};
pub use schema::defaults;
pub use suggest::help as did_you_mean;
