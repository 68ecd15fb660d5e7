//! Checkpoint directories: `checkpoints/<step, 8 digits>/` with the caller's files and a `manifest.json` that lists
//! them with size and BLAKE3. A directory with a matching manifest is complete; there is never half of one under its
//! final name.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{StoreError, durable};

pub(crate) const CHECKPOINTS: &str = "checkpoints";
const MANIFEST: &str = "manifest.json";
const TEMPORARY: &str = ".tmp-";

/// A checkpoint that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsableCheckpoint {
    pub step: u64,
    pub path: PathBuf,
}

/// Size and checksum of every file of a checkpoint, by relative path.
#[derive(Serialize, Deserialize)]
struct Manifest {
    step: u64,
    files: BTreeMap<String, ManifestFile>,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct ManifestFile {
    bytes: u64,
    blake3: String,
}

/// What a publication put in place.
pub(crate) struct Published {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) hash: String,
}

/// Relative path of the checkpoint of `step`.
pub(crate) fn relative_path(step: u64) -> String {
    format!("{CHECKPOINTS}/{step:08}")
}

/// Lets `write` fill a temporary directory, seals and syncs it and moves it to its final name. A directory that is
/// there already under that name (a step that was rewound and trained again) is replaced.
pub(crate) fn publish<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    run_dir: &Path,
    step: u64,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<Published, StoreError> {
    let temporary = run_dir.join(CHECKPOINTS).join(format!("{TEMPORARY}{step:08}"));
    clear(&temporary)
        .and_then(|()| fs::create_dir_all(&temporary))
        .map_err(StoreError::io("create", &temporary))?;
    let written = write(&temporary)
        .map_err(|error| StoreError::Checkpoint { step, source: error.into() })
        .and_then(|()| seal(&temporary, step).map_err(StoreError::io("seal", &temporary)))
        .and_then(|(bytes, hash)| Ok(Published { path: place(run_dir, &temporary, step)?, bytes, hash }));
    if written.is_err() {
        // Frees the space at once; what is left is cleared by the next publication.
        drop(clear(&temporary));
    }
    written
}

/// Whether the directory is complete: every file of the manifest is there with its checksum. `hash`, where not empty,
/// is what the journal announced.
pub(crate) fn verify(path: &Path, step: u64, hash: &str) -> Result<(), StoreError> {
    let bad = |reason: String| StoreError::BadCheckpoint { path: path.to_owned(), reason };
    let text = fs::read(path.join(MANIFEST)).map_err(|error| bad(format!("no manifest: {error}")))?;
    if !hash.is_empty() && blake3::hash(&text).to_hex().as_str() != hash {
        return Err(bad("its manifest is not the one that was announced".into()));
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
    if manifest.step != step {
        return Err(bad(format!("its manifest is of step {}", manifest.step)));
    }
    for (name, expected) in &manifest.files {
        match describe(&path.join(name)) {
            Ok(found) if found == *expected => {}
            Ok(found) if found.bytes != expected.bytes => {
                return Err(bad(format!("{name} has {} bytes instead of {}", found.bytes, expected.bytes)));
            }
            Ok(_) => return Err(bad(format!("the contents of {name} have changed"))),
            Err(error) => return Err(bad(format!("{name}: {error}"))),
        }
    }
    Ok(())
}

/// Removes the checkpoints of the run that are not in `keep`, and leftovers of unfinished ones.
pub(crate) fn retain(run_dir: &Path, keep: &[u64]) -> io::Result<()> {
    let folder = run_dir.join(CHECKPOINTS);
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kept = match name.parse::<u64>() {
            Ok(step) => keep.contains(&step),
            Err(_) => !name.starts_with(TEMPORARY),
        };
        if !kept {
            remove(&folder, &entry.path())?;
        }
    }
    Ok(())
}

/// First takes the directory away from its final name, so that a kill in between leaves no half checkpoint there.
fn remove(folder: &Path, path: &Path) -> io::Result<()> {
    let away = folder.join(format!("{TEMPORARY}remove"));
    clear(&away)?;
    fs::rename(path, &away)?;
    clear(&away)
}

fn seal(folder: &Path, step: u64) -> io::Result<(u64, String)> {
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files)?;
    let bytes = files.values().map(|file: &ManifestFile| file.bytes).sum();
    let text = serde_json::to_vec_pretty(&Manifest { step, files })?;
    fs::write(folder.join(MANIFEST), &text)?;
    durable::sync_tree(folder)?;
    Ok((bytes, blake3::hash(&text).to_hex().to_string()))
}

fn place(run_dir: &Path, temporary: &Path, step: u64) -> Result<PathBuf, StoreError> {
    let path = run_dir.join(relative_path(step));
    let folder = run_dir.join(CHECKPOINTS);
    let old = folder.join(format!("{TEMPORARY}old"));
    let move_in = || {
        clear(&old)?;
        if path.exists() {
            fs::rename(&path, &old)?;
        }
        fs::rename(temporary, &path)?;
        durable::sync_directory(&folder)?;
        clear(&old)
    };
    move_in().map_err(StoreError::io("put in place", &path))?;
    Ok(path)
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, ManifestFile>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, describe(&entry.path())?);
        }
    }
    Ok(())
}

fn describe(path: &Path) -> io::Result<ManifestFile> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(ManifestFile { bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() })
}

fn clear(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
