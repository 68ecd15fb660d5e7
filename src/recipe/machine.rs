//! What the process and its machine contribute to a recipe.

use std::path::Path;

use super::Sources;

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
        Self { profile, cuda: cuda_answers(), environment, overrides }
    }
}

/// Whether this program was built for CUDA and a driver is there.
pub fn cuda_answers() -> bool {
    cfg!(feature = "cuda") && ["/dev/nvidiactl", "/dev/dxg"].into_iter().any(|path| Path::new(path).exists())
}
