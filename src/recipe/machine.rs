//! What the process and its machine contribute to a recipe.

use super::Sources;
use crate::policy::cuda;

impl Sources {
    /// The sources of this process: its environment, and whether CUDA can be used.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader: recipes record which variable set a value"
    )]
    pub fn of_process(profile: Option<String>, overrides: Vec<String>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("GALLEY__"))
            .collect();
        Self { profile, cuda: cuda::answers(), environment, overrides }
    }
}
