//! Model folders from the hub.

use std::path::PathBuf;

use hf_hub::HFClientSync;

use super::{PolicyError, Result};

/// What a model folder consists of; everything else in a repository is left there.
const FILES: [&str; 2] = ["*.json", "*.safetensors"];

/// The local folder of a hub model (`owner/name` at a revision), downloaded into the hub's cache where it is not there yet.
/// `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME` and `HF_HUB_OFFLINE` are honoured.
///
/// # Errors
/// No connection, no such model, no permission: the hub client's own words.
pub fn fetch(id: &str, revision: &str) -> Result<PathBuf> {
    let hub = |error: hf_hub::HFError| PolicyError::Hub { id: id.to_owned(), message: error.to_string() };
    let (owner, name) = id.split_once('/').ok_or_else(|| PolicyError::Hub {
        id: id.to_owned(),
        message: "a model id has the form owner/name".to_owned(),
    })?;
    let client = HFClientSync::new().map_err(hub)?;
    let files = FILES.map(str::to_owned).to_vec();
    client.model(owner, name).snapshot_download().revision(revision).allow_patterns(files).send().map_err(hub)
}
