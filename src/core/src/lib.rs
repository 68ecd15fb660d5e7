//! The contract between galley and its domains: traits and plain data.
//!
//! A domain turns programs into pictures and judges them; galley samples programs and learns from the judgement.
//! Everything that crosses that line is defined here, and nothing else is.
//!
//! **Architecture invariant.** This package holds no tensors, opens no file, reads no clock, no environment variable
//! and no network. It is what a domain in another repository depends on, so it stays small.
//!
//! How the parts meet (one rollout): [`Renderer::render`] → [`Render`]; [`DefectDetector::detect`] → [`Defect`]s;
//! [`RegionMapper::map`] → [`Statement`]s; [`Reward::score`] → [`Score`]; [`assess()`] runs the four in order;
//! [`credit()`] turns statements and defects into one weight per token.

mod assess;
mod credit;
mod defect;
mod domain;
mod error;
mod image;
mod judge;
mod perturb;
mod random;
mod region;
mod registry;
mod render;
mod score;
mod span;
mod statement;
mod task;
pub mod testing;

pub use assess::{Assessment, assess};
pub use credit::{Credit, StatementCredit, credit};
pub use defect::{Defect, DefectDetector};
pub use domain::{Check, Domain, Judgement, Similarities, Similarity};
pub use error::DomainError;
pub use image::Image;
pub use judge::{Endpoint, Judge};
pub use perturb::{Edit, Perturbed};
pub use random::Random;
pub use region::Region;
pub use registry::{BuildContext, DomainEntry, Registry, UnknownDomain};
pub use render::{Element, Fault, FaultKind, Render, Renderer};
pub use score::{Axis, Reward, Score};
pub use span::Span;
pub use statement::{RegionMapper, Shares, Statement, parents};
pub use task::{Part, Prompt, Reference, Skipped, Split, Task, TaskSet};
