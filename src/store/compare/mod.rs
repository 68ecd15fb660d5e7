//! Honest comparison of runs and of groups of seeds: joined by task on the same evaluation set, with intervals, tests,
//! what differs in configuration and code, slices, curves and pictures. The same numbers for the terminal, a page and
//! `--json`: [`reports`] makes them all.

mod code;
mod evals;
mod gallery;
mod group;
mod logged;
mod recipes;
mod report;
mod seeds;
mod slices;
mod verdict;

pub use code::{CodeDifference, compare_code};
pub(crate) use evals::pairs;
pub use evals::{CompareError, Comparison, MetricComparison, Side, compare_evals};
pub use gallery::{GalleryItem, GallerySample};
pub use logged::{LoggedComparison, LoggedRow, compare_logged};
pub use recipes::{RecipeDifference, RecipeValue, compare_recipes, recipe_params, recipe_values};
pub use report::{Curve, CurvePoint, Report, letter, reports};
pub use seeds::{group_values, seeds_together};
pub use slices::Slice;
