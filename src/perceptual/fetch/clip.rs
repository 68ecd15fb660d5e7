//! CLIP from the hub.

use std::path::Path;

use super::super::{Clip, PerceptualError};

/// Brings `config.json` and `model.safetensors` of a hub model into `folder`, and loads them once to see that they fit.
///
/// # Errors
/// No connection, no such model, or a model that is no CLIP.
pub fn clip(id: &str, revision: &str, folder: &Path) -> Result<(), PerceptualError> {
    let failed = |error: String| PerceptualError::fetch(format!("hub model {id}"), error);
    let found = crate::policy::fetch(id, revision).map_err(|error| failed(error.to_string()))?;
    Clip::from_folder(&found)?;
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    for name in ["config.json", "model.safetensors"] {
        let part = folder.join(format!("{name}.part"));
        let copied =
            std::fs::copy(found.join(name), &part).and_then(|_| std::fs::rename(&part, folder.join(name)));
        copied.map_err(|error| failed(format!("{name}: {error}")))?;
    }
    Ok(())
}
