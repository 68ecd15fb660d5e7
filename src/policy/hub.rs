//! Model folders from the hub.

use std::path::{Path, PathBuf};

use hf_hub::{
    HFClientSync, HFError, HFRepositorySync,
    repository::{RepoTreeEntry, RepoType},
};

use super::{PolicyError, Result};

/// What a model folder consists of; everything else in a repository is left there.
const FILES: [&str; 2] = ["*.json", "*.safetensors"];

/// What the tasks of a dataset may lie in.
const DATA: [&str; 8] = ["*.parquet", "*.json", "*.jsonl", "*.py", "*.html", "*.png", "*.jpg", "*.jpeg"];

/// The local folder of a hub model (`owner/name` at a revision), downloaded into the hub's cache where it is not there yet;
/// of a repository that holds GGUF instead of safetensors the path of its only GGUF file, or of the one that the id names
/// (`owner/name/file.gguf`). `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME`, `HF_HUB_CACHE` and `HF_HUB_OFFLINE` are honoured; a hub
/// that does not answer is as good as offline where the cache has the revision.
///
/// # Errors
/// No connection, no such model, no permission: the hub client's own words. Several GGUF files: their names.
pub fn fetch(id: &str, revision: &str) -> Result<PathBuf> {
    let client = HFClientSync::new().map_err(|error| refused(id, &error))?;
    Asked { client: &client, id, revision, offline: offline(), data: false }.fetch()
}

/// The local folder of a dataset of the hub, in the same ways as [`fetch`]: its tables, texts, programs and pictures.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_data(id: &str, revision: &str) -> Result<PathBuf> {
    let client = HFClientSync::new().map_err(|error| refused(id, &error))?;
    Asked { client: &client, id, revision, offline: offline(), data: true }.files(&DATA)
}

#[expect(clippy::disallowed_methods, reason = "the hub's own switch, which all of its clients read")]
fn offline() -> bool {
    std::env::var("HF_HUB_OFFLINE")
        .is_ok_and(|value| !["", "0", "false", "no", "off"].contains(&value.as_str()))
}

fn refused(id: &str, error: &HFError) -> PolicyError {
    problem(id, error.to_string())
}

fn problem(id: &str, message: impl Into<String>) -> PolicyError {
    PolicyError::Hub { id: id.to_owned(), message: message.into() }
}

/// A model or dataset that is wanted of a hub.
struct Asked<'a> {
    client: &'a HFClientSync,
    id: &'a str,
    revision: &'a str,
    offline: bool,
    /// A dataset, and no model.
    data: bool,
}

impl Asked<'_> {
    fn fetch(&self) -> Result<PathBuf> {
        if let Some(file) = self.named() {
            return Ok(self.files(&[file])?.join(file));
        }
        let folder = self.files(&FILES)?;
        if holds(&folder, "safetensors")?.is_some() {
            return Ok(folder);
        }
        let file = self.only_gguf(&folder)?;
        Ok(self.files(&[&file])?.join(file))
    }

    /// The file that the id names, behind owner and name.
    fn named(&self) -> Option<&str> {
        let file = self.id.splitn(3, '/').nth(2)?;
        file.ends_with(".gguf").then_some(file)
    }

    /// Files by pattern; the folder that holds them.
    fn files(&self, patterns: &[&str]) -> Result<PathBuf> {
        match self.snapshot(patterns, self.offline) {
            Ok(folder) => Ok(folder),
            Err(error @ HFError::Request { .. }) if !self.offline => {
                self.snapshot(patterns, true).map_err(|_| refused(self.id, &error))
            }
            Err(error) => Err(refused(self.id, &error)),
        }
    }

    fn snapshot(&self, patterns: &[&str], cached: bool) -> Result<PathBuf, HFError> {
        let (owner, name) = self.owner_and_name().ok_or_else(|| {
            HFError::InvalidParameter("a model id has the form owner/name or owner/name/file.gguf".to_owned())
        })?;
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        match self.data {
            true => self.download(&self.client.dataset(owner, name), patterns, cached),
            false => self.download(&self.client.model(owner, name), patterns, cached),
        }
    }

    fn download<T: RepoType>(
        &self,
        repository: &HFRepositorySync<T>,
        patterns: Vec<String>,
        cached: bool,
    ) -> Result<PathBuf, HFError> {
        let snapshot = repository.snapshot_download().revision(self.revision);
        snapshot.allow_patterns(patterns).local_files_only(cached).send()
    }

    fn owner_and_name(&self) -> Option<(&str, &str)> {
        let (owner, rest) = self.id.split_once('/')?;
        match rest.split_once('/') {
            None => Some((owner, rest)),
            Some((name, file)) => file.ends_with(".gguf").then_some((owner, name)),
        }
    }

    /// The repository's GGUF file: as the hub lists them, or where it does not answer as the cache has them.
    fn only_gguf(&self, folder: &Path) -> Result<String> {
        if !self.offline
            && let Some((owner, name)) = self.owner_and_name()
        {
            let tree = self.client.model(owner, name).list_tree().revision(self.revision).send();
            match tree {
                Ok(entries) => return self.one(entries.iter().filter_map(gguf).collect()),
                Err(HFError::Request { .. }) => {}
                Err(error) => return Err(refused(self.id, &error)),
            }
        }
        self.one(holds(folder, "gguf")?.into_iter().collect())
    }

    fn one(&self, mut files: Vec<String>) -> Result<String> {
        match files.len() {
            0 => Err(problem(self.id, "the repository holds neither safetensors nor GGUF")),
            1 => Ok(files.remove(0)),
            _ => {
                let list = files.join(", ");
                let message =
                    format!("the repository holds several GGUF files; name one of {list} behind the id");
                Err(problem(self.id, message))
            }
        }
    }
}

fn gguf(entry: &RepoTreeEntry) -> Option<String> {
    match entry {
        RepoTreeEntry::File { path, .. } if path.ends_with(".gguf") => Some(path.clone()),
        _ => None,
    }
}

/// A file of a kind in a folder.
fn holds(folder: &Path, kind: &str) -> Result<Option<String>> {
    // Where no file fits the patterns there is no snapshot.
    if !folder.is_dir() {
        return Ok(None);
    }
    for entry in folder.read_dir().map_err(PolicyError::io(folder))? {
        let path = entry.map_err(PolicyError::io(folder))?.path();
        if path.extension().is_some_and(|own| own == kind) {
            return Ok(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        sync::{Arc, Mutex},
    };

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    /// A hub with one model on this machine: what was asked of it, with the token, and its address.
    fn hub(files: BTreeMap<&'static str, &'static str>) -> (Arc<Mutex<Vec<String>>>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let mut request = String::new();
                let mut token = String::new();
                let _ = reader.read_line(&mut request);
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    if line.to_lowercase().starts_with("authorization:") {
                        token = line.trim().to_owned();
                    }
                    line.clear();
                }
                let mut words = request.split(' ');
                let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
                log.lock().unwrap().push(format!("{method} {path} {token}"));
                let (status, body) = answer(path, &files);
                let kind = if path.starts_with("/api") { "application/json" } else { "text/plain" };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nETag: \"{:x}\"\r\n\
                     X-Repo-Commit: {COMMIT}\r\nConnection: close\r\n\r\n",
                    body.len(),
                    crc32fast::hash(body.as_bytes())
                );
                let body = if method == "HEAD" { "" } else { &body };
                let _ = reader.get_mut().write_all((head + body).as_bytes());
            }
        });
        (asked, address)
    }

    fn answer(path: &str, files: &BTreeMap<&str, &str>) -> (&'static str, String) {
        let path = &path.replacen("/api/datasets/", "/api/models/", 1).replacen("/datasets/", "/", 1);
        if path.starts_with("/api/models/maker/tiny/tree/")
            || path.starts_with("/api/models/maker/files/tree/")
        {
            let list: Vec<_> = files
                .iter()
                .map(|(name, body)| {
                    serde_json::json!({"type": "file", "oid": "0", "size": body.len(), "path": name})
                })
                .collect();
            return ("200 OK", serde_json::json!(list).to_string());
        }
        if ["/api/models/maker/tiny", "/api/models/maker/files"].iter().any(|start| path.starts_with(start)) {
            let info = serde_json::json!({"_id": "0", "id": "maker/tiny", "sha": COMMIT});
            return ("200 OK", info.to_string());
        }
        let ends = |name: &str| format!("/resolve/{COMMIT}/{name}");
        match files.iter().find(|(name, _)| path.starts_with("/maker/") && path.ends_with(&ends(name))) {
            Some((_, body)) => ("200 OK", (*body).to_owned()),
            None => ("404 Not Found", String::new()),
        }
    }

    #[test]
    fn a_model_comes_once_and_then_from_the_cache() {
        let files = BTreeMap::from([
            ("config.json", "{}"),
            ("model.safetensors", "weights"),
            ("pytorch_model.bin", "left there"),
        ]);
        let (asked, address) = hub(files);
        let cache = tempfile::tempdir().unwrap();
        let client = |address: &str| {
            let builder = hf_hub::HFClient::builder().endpoint(address).token("secret");
            builder.cache_dir(cache.path()).retry_max_attempts(0).build_sync().unwrap()
        };
        let fetch_with = |client: &HFClientSync, id: &str, revision: &str, offline: bool| {
            Asked { client, id, revision, offline, data: false }.fetch()
        };
        let folder = fetch_with(&client(&address), "maker/tiny", "main", false).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
        assert_eq!(read("model.safetensors").as_deref(), Some("weights"));
        assert_eq!((read("config.json").as_deref(), read("pytorch_model.bin")), (Some("{}"), None));
        let asked = asked.lock().unwrap().clone();
        assert!(asked.iter().all(|line| line.ends_with("Bearer secret")), "{asked:?}");
        // Offline by choice, and offline because nobody answers.
        assert_eq!(fetch_with(&client(&address), "maker/tiny", "main", true).unwrap(), folder);
        let nobody = client("http://127.0.0.1:9");
        assert_eq!(fetch_with(&nobody, "maker/tiny", "main", false).unwrap(), folder);
        let error = fetch_with(&nobody, "maker/tiny", "other", true).unwrap_err().to_string();
        assert!(error.contains("maker/tiny"), "{error}");
        let error = fetch_with(&client(&address), "maker/none", "main", false).unwrap_err().to_string();
        assert!(error.contains("maker/none"), "{error}");
        assert!(fetch_with(&nobody, "tiny", "main", true).is_err());
    }

    #[test]
    fn a_dataset_comes_with_its_tables_and_without_the_rest() {
        let files =
            BTreeMap::from([("data/train.parquet", "PAR1"), ("list.json", "[]"), ("weights.bin", "no")]);
        let (asked, address) = hub(files);
        let cache = tempfile::tempdir().unwrap();
        let data = |address: &str| {
            let builder = hf_hub::HFClient::builder().endpoint(address);
            let client = builder.cache_dir(cache.path()).retry_max_attempts(0).build_sync().unwrap();
            Asked { client: &client, id: "maker/tiny", revision: "main", offline: false, data: true }
                .files(&DATA)
        };
        let folder = data(&address).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("data/train.parquet")).unwrap(), "PAR1");
        assert!(folder.join("list.json").is_file() && !folder.join("weights.bin").exists());
        assert!(asked.lock().unwrap().iter().any(|line| line.contains("/api/datasets/maker/tiny")));
        assert_eq!(data("http://127.0.0.1:9").unwrap(), folder, "from the cache");
    }

    #[test]
    fn a_repository_of_gguf_files_gives_its_only_one_or_the_named_one() {
        let cache = tempfile::tempdir().unwrap();
        let ask = |address: &str, id: &str, offline: bool| {
            let builder = hf_hub::HFClient::builder().endpoint(address);
            let client = builder.cache_dir(cache.path()).retry_max_attempts(0).build_sync().unwrap();
            Asked { client: &client, id, revision: "main", offline, data: false }.fetch()
        };
        let (asked, address) = hub(BTreeMap::from([("config.json", "{}"), ("a.gguf", "weights of a")]));
        let path = ask(&address, "maker/tiny", false).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "weights of a");
        assert!(asked.lock().unwrap().iter().any(|line| line.contains("/tree/")));
        assert_eq!(ask("http://127.0.0.1:9", "maker/tiny", false).unwrap(), path);
        assert_eq!(ask(&address, "maker/tiny", true).unwrap(), path);
        let (_, address) = hub(BTreeMap::from([("a.gguf", "1"), ("b.gguf", "2")]));
        let error = ask(&address, "maker/files", false).unwrap_err().to_string();
        assert!(error.contains("a.gguf, b.gguf"), "{error}");
        let path = ask(&address, "maker/files/b.gguf", false).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "2");
        assert!(ask(&address, "maker/files/b.bin", false).is_err());
    }
}
