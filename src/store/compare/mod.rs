//! Honest comparison of two evaluations: joined by task on the same evaluation set, with intervals, tests and what
//! differs in configuration and code. The same numbers for the terminal, a page and `--json`.

mod code;
mod evals;
mod recipes;
mod verdict;

pub use code::{CodeDifference, compare_code};
pub(crate) use evals::pairs;
pub use evals::{CompareError, Comparison, MetricComparison, Side, compare_evals};
pub use recipes::{RecipeDifference, RecipeValue, compare_recipes, recipe_params, recipe_values};
