//! Pools and assets from a renderer's options.

use std::{collections::BTreeMap, path::PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use galley_core::DomainError;
use galley_sandbox::Jail;

use super::RendererOptions;
use crate::browser::{Endpoints, Extent, Pool, PoolOptions, find, resolve, sweep};

/// Browsers for pages of these options. They start with the first page.
///
/// # Errors
/// Setup, where no browser is found, or no jail although one is required; of the harness, where no remote one answers.
pub fn pool(options: &RendererOptions, extent: Extent) -> Result<Pool, DomainError> {
    sweep();
    let jail = Jail::build(options.jail)
        .map_err(|error| DomainError::setup(error.to_string(), "set domain.web.jail to \"auto\""))?;
    let remote = !options.endpoints.is_empty();
    let endpoints = remote.then(|| Endpoints::open(&options.endpoints)).transpose()?;
    let browsers = endpoints.as_ref().map_or_else(default_browsers, Endpoints::count);
    Ok(Pool::new(PoolOptions {
        binary: if remote { PathBuf::new() } else { resolve(options.chrome.as_deref())? },
        jail,
        endpoints,
        extent,
        viewport: options.viewport,
        browsers: if options.browsers == 0 { browsers } else { options.browsers },
        tabs: options.tabs.max(1),
        recycle: options.recycle.max(1),
    }))
}

/// What the browsers of a pool call themselves.
///
/// # Errors
/// Setup, where ours does not start.
pub fn chromium(pool: &Pool) -> Result<String, DomainError> {
    match pool.endpoints() {
        Some(endpoints) => Ok(format!("remote {}", endpoints.version())),
        None => find::version(pool.binary()),
    }
}

/// The files that pages may show, as `data:` URLs.
pub fn urls(assets: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    assets.iter().map(|(name, bytes)| (name.clone(), data_url(bytes))).collect()
}

fn default_browsers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(2))
}

fn data_url(bytes: &[u8]) -> String {
    let kind = match image::guess_format(bytes) {
        Ok(format) => format.to_mime_type(),
        Err(_) if bytes.trim_ascii_start().starts_with(b"<") => "image/svg+xml",
        Err(_) => "application/octet-stream",
    };
    format!("data:{kind};base64,{}", BASE64_STANDARD.encode(bytes))
}
