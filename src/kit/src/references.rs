//! Renders reference programs, each once.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use galley_core::{DomainError, Render, Renderer};

use crate::store::Store;

/// Long, because a reference is rendered once and a real page may be large.
const DEADLINE: Duration = Duration::from_secs(60);

/// A renderer behind a cache on disk. Rendering is a function of program and renderer version, so the cache never
/// changes a result; without a writable folder it only costs time.
pub struct References {
    renderer: Arc<dyn Renderer>,
    version: String,
    store: Store,
    warned: AtomicBool,
}

impl References {
    /// `folder` is made when the first render is kept.
    pub fn new(renderer: Arc<dyn Renderer>, folder: PathBuf) -> Self {
        let version = renderer.version();
        Self { renderer, version, store: Store::new(folder), warned: AtomicBool::new(false) }
    }

    /// The render of `program`. One that failed is data here; it is not kept.
    pub fn render(&self, program: &str) -> Result<Render, DomainError> {
        let key = self.key(program);
        if let Some(render) = self.store.read(&key) {
            return Ok(render);
        }
        let render = self.renderer.render(program, DEADLINE)?;
        if let Err(error) = self.store.write(&key, &render)
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "rendered references cannot be kept");
        }
        Ok(render)
    }

    fn key(&self, program: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.version.as_bytes()).update(&[0]).update(program.as_bytes());
        hasher.finalize().to_hex().to_string()
    }
}
