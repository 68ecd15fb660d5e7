//! Pools and assets from a renderer's options.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use galley_core::DomainError;
use galley_sandbox::Jail;

use super::RendererOptions;
use crate::browser::{Extent, Pool, PoolOptions, resolve, sweep};

/// Browsers for pages of these options. They start with the first page.
///
/// # Errors
/// Setup, where no browser is found, or no jail although one is required.
pub fn pool(options: &RendererOptions, extent: Extent) -> Result<Pool, DomainError> {
    sweep();
    let jail = Jail::build(options.jail)
        .map_err(|error| DomainError::setup(error.to_string(), "set domain.web.jail to \"auto\""))?;
    Ok(Pool::new(PoolOptions {
        binary: resolve(options.chrome.as_deref())?,
        jail,
        extent,
        viewport: options.viewport,
        browsers: if options.browsers == 0 { default_browsers() } else { options.browsers },
        tabs: options.tabs.max(1),
        recycle: options.recycle.max(1),
    }))
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
