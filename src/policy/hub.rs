//! Model folders from the hub.

use std::path::PathBuf;

use hf_hub::{HFClientSync, HFError};

use super::{PolicyError, Result};

/// What a model folder consists of; everything else in a repository is left there.
const FILES: [&str; 2] = ["*.json", "*.safetensors"];

/// The local folder of a hub model (`owner/name` at a revision), downloaded into the hub's cache where it is not there yet.
/// `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME`, `HF_HUB_CACHE` and `HF_HUB_OFFLINE` are honoured; a hub that does not answer is
/// as good as offline where the cache has the revision.
///
/// # Errors
/// No connection, no such model, no permission: the hub client's own words.
pub fn fetch(id: &str, revision: &str) -> Result<PathBuf> {
    let client = HFClientSync::new().map_err(|error| refused(id, &error))?;
    fetch_with(&client, id, revision, offline())
}

#[expect(clippy::disallowed_methods, reason = "the hub's own switch, which all of its clients read")]
fn offline() -> bool {
    std::env::var("HF_HUB_OFFLINE")
        .is_ok_and(|value| !["", "0", "false", "no", "off"].contains(&value.as_str()))
}

fn refused(id: &str, error: &HFError) -> PolicyError {
    PolicyError::Hub { id: id.to_owned(), message: error.to_string() }
}

fn fetch_with(client: &HFClientSync, id: &str, revision: &str, offline: bool) -> Result<PathBuf> {
    let (owner, name) = id.split_once('/').ok_or_else(|| PolicyError::Hub {
        id: id.to_owned(),
        message: "a model id has the form owner/name".to_owned(),
    })?;
    let get = |cached: bool| {
        let files = FILES.map(str::to_owned).to_vec();
        let model = client.model(owner, name);
        let snapshot = model.snapshot_download().revision(revision);
        snapshot.allow_patterns(files).local_files_only(cached).send()
    };
    match get(offline) {
        Ok(folder) => Ok(folder),
        Err(error @ HFError::Request { .. }) if !offline => get(true).map_err(|_| refused(id, &error)),
        Err(error) => Err(refused(id, &error)),
    }
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
        if path.starts_with("/api/models/maker/tiny/tree/") {
            let list: Vec<_> = files
                .iter()
                .map(|(name, body)| {
                    serde_json::json!({"type": "file", "oid": "0", "size": body.len(), "path": name})
                })
                .collect();
            return ("200 OK", serde_json::json!(list).to_string());
        }
        if path.starts_with("/api/models/maker/tiny") {
            let info = serde_json::json!({"_id": "0", "id": "maker/tiny", "sha": COMMIT});
            return ("200 OK", info.to_string());
        }
        match files.iter().find(|(name, _)| path == format!("/maker/tiny/resolve/{COMMIT}/{name}")) {
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
}
