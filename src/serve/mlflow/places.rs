//! Where artifacts are on disk, and which paths may be named.
//!
//! `mlflow-artifacts:/<experiment>/<run>/artifacts/…` is the run's own folder; anything else under the proxied root
//! (the files of models, of other clients) is in `runs/.store/artifacts/`.

use std::path::{Component, Path, PathBuf};

use galley_store::{artifacts_dir, run_dir};

use super::{error::ApiError, tracking::Tracking};

fn refused() -> ApiError {
    ApiError::invalid("Invalid path")
}

/// A relative path without a way out. Encoded once more than needed, it is judged as what it could become.
pub(crate) fn checked(path: &str) -> Result<&Path, ApiError> {
    let mut decoded = path.to_owned();
    for _ in 0..8 {
        let bad = |c: char| matches!(c, '\\' | '#' | '\0');
        let parts = Path::new(&decoded)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !parts || decoded.contains(bad) || decoded.split('/').any(|part| part == "..") {
            return Err(refused());
        }
        let next = percent_encoding::percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
        if next == decoded {
            return Ok(Path::new(path));
        }
        decoded = next;
    }
    Err(refused())
}

/// The file or folder that a path under the proxied root means.
pub(crate) fn proxied(tracking: &Tracking, path: &str) -> Result<PathBuf, ApiError> {
    let path = checked(path.trim_matches('/'))?;
    let mut parts = path.components();
    let (experiment, run, kind) = (parts.next(), parts.next(), parts.next());
    let name = |part: Option<Component>| part.map(|part| part.as_os_str().to_string_lossy().into_owned());
    if experiment.is_some()
        && kind == Some(Component::Normal("artifacts".as_ref()))
        && let Ok(dir) = run_dir(&tracking.runs_dir, &name(run).unwrap_or_default())
    {
        let base = artifacts_dir(&dir);
        return inside(&base, &base.join(parts.as_path()));
    }
    let base = tracking.runs_dir.join(".store").join("artifacts");
    inside(&base, &base.join(path))
}

/// The file or folder at `path` of what is kept at `uri`.
///
/// # Errors
/// Where that is a place which this server does not read.
pub(crate) fn at(tracking: &Tracking, uri: &str, path: &str) -> Result<PathBuf, ApiError> {
    if let Some(root) = uri.strip_prefix("mlflow-artifacts:") {
        checked(path)?;
        return proxied(tracking, &format!("{root}/{path}"));
    }
    let local =
        |uri: &str| uri.strip_prefix("file://").filter(|path| path.starts_with('/')).map(PathBuf::from);
    let root = local(&tracking.artifact_root);
    let own = local(uri).zip(root).filter(|(own, root)| own.starts_with(root));
    let Some((own, root)) = own else {
        return Err(ApiError::invalid(format!("the artifacts at {uri} are not kept by this server")));
    };
    checked(uri.trim_start_matches("file:///"))?;
    inside(&root, &own.join(checked(path)?))
}

/// Follows links as far as the path exists: none may lead out of `base`.
fn inside(base: &Path, path: &Path) -> Result<PathBuf, ApiError> {
    let Ok(base) = base.canonicalize() else { return Ok(path.to_owned()) };
    let existing = path.ancestors().find_map(|known| known.canonicalize().ok());
    match existing.is_some_and(|existing| existing.starts_with(&base) || base.starts_with(&existing)) {
        true => Ok(path.to_owned()),
        false => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_leads_out() {
        for good in ["a.txt", "dir/b c.txt", "dog%step%100%timestamp%1.png", "a%20b", "", "a/./b", "ü/%"] {
            assert!(checked(good).is_ok(), "{good}");
        }
        let bad = [
            "..",
            "../a",
            "a/../../b",
            "/etc/passwd",
            "%2e%2e/a",
            "%252e%252e%252fa",
            "a\\..\\b",
            "..%5c",
            "a\0b",
            "%00",
            "#a",
            "a/%2e%2e/%2e%2e/b",
            "%2fetc",
        ];
        for bad in bad {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn links_out_of_the_folder_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("base");
        std::fs::create_dir_all(base.join("in")).unwrap();
        std::os::unix::fs::symlink("/etc", base.join("out")).unwrap();
        assert!(inside(&base, &base.join("in/new/file")).is_ok());
        assert!(inside(&base, &base.join("out/passwd")).is_err());
    }
}
