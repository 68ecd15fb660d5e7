//! Renders that were made before, up to a number of bytes; the longest unused go first.

use std::{collections::BTreeMap, sync::Arc};

use galley_core::Render;

/// What stands for a program.
pub type Key = [u8; 32];

/// What an element and its style take, roughly.
const ELEMENT_BYTES: usize = 2048;

/// Renders by key.
#[derive(Debug, Default)]
pub struct Cache {
    limit: usize,
    bytes: usize,
    /// Counts uses.
    clock: u64,
    entries: BTreeMap<Key, (u64, Arc<Render>)>,
    by_use: BTreeMap<u64, Key>,
}

impl Cache {
    /// `limit` bytes, counted roughly; 0 keeps nothing.
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Counts as a use.
    pub fn get(&mut self, key: &Key) -> Option<Arc<Render>> {
        self.clock += 1;
        let (used, render) = self.entries.get_mut(key)?;
        self.by_use.remove(used);
        *used = self.clock;
        self.by_use.insert(self.clock, *key);
        Some(Arc::clone(render))
    }

    /// Keeps `render`, where there is room for it.
    pub fn put(&mut self, key: Key, render: Arc<Render>) {
        let size = size(&render);
        if size > self.limit || self.entries.contains_key(&key) {
            return;
        }
        self.clock += 1;
        self.bytes += size;
        self.entries.insert(key, (self.clock, render));
        self.by_use.insert(self.clock, key);
        while self.bytes > self.limit {
            let Some((_, oldest)) = self.by_use.pop_first() else { return };
            self.bytes -= self.entries.remove(&oldest).map_or(0, |(_, render)| self::size(&render));
        }
    }
}

fn size(render: &Render) -> usize {
    render.image.as_ref().map_or(0, |image| image.rgb.len()) + (render.elements.len() + 1) * ELEMENT_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_goes_first() {
        let mut cache = Cache::new(2 * ELEMENT_BYTES);
        let render = Arc::new(Render::default());
        cache.put([1; 32], Arc::clone(&render));
        cache.put([2; 32], Arc::clone(&render));
        assert!(cache.get(&[1; 32]).is_some());
        cache.put([3; 32], render);
        assert!(cache.get(&[2; 32]).is_none());
        assert!(cache.get(&[1; 32]).is_some() && cache.get(&[3; 32]).is_some());
    }
}
