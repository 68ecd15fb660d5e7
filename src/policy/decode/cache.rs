//! Keys and values of a sequence, in every layer.

use crate::policy::TextConfig;

/// Room for a number of tokens, rounded up to whole vectors of 16. Keys lie by dimension (`[layer, kv head, dim, capacity]`), values by token
/// (`[layer, kv head, capacity, dim]`), so that both are read in runs.
pub(super) struct Cache {
    keys: Vec<f32>,
    values: Vec<f32>,
    kv_heads: usize,
    dim: usize,
    capacity: usize,
    /// Tokens whose keys and values are there in every layer.
    pub(super) len: usize,
}

impl Cache {
    pub(super) fn new(config: &TextConfig, capacity: usize) -> Self {
        let capacity = capacity.next_multiple_of(16);
        let size = config.layers * config.kv_heads * config.head_dim * capacity;
        Self {
            keys: vec![0.0; size],
            values: vec![0.0; size],
            kv_heads: config.kv_heads,
            dim: config.head_dim,
            capacity,
            len: 0,
        }
    }

    fn start(&self, layer: usize, head: usize) -> usize {
        (layer * self.kv_heads + head) * self.dim * self.capacity
    }

    /// Stores a token's keys and values (`[kv_heads · dim]` each) of one layer.
    pub(super) fn store(&mut self, layer: usize, token: usize, keys: &[f32], values: &[f32]) {
        for head in 0..self.kv_heads {
            let start = self.start(layer, head);
            for d in 0..self.dim {
                self.keys[start + d * self.capacity + token] = keys[head * self.dim + d];
            }
            let value = &values[head * self.dim..][..self.dim];
            self.values[start + token * self.dim..][..self.dim].copy_from_slice(value);
        }
    }

    /// One head's keys, `[dim, capacity]`.
    pub(super) fn keys(&self, layer: usize, head: usize) -> (&[f32], usize) {
        (&self.keys[self.start(layer, head)..][..self.dim * self.capacity], self.capacity)
    }

    /// One head's values, `[capacity, dim]`.
    pub(super) fn values(&self, layer: usize, head: usize) -> &[f32] {
        &self.values[self.start(layer, head)..][..self.dim * self.capacity]
    }
}
