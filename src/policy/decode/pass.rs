//! One pass of the language model over new tokens of several sequences, whose earlier tokens are in caches.

use super::{
    attend::{Seen, attend_group},
    cache::Cache,
    weights::DecodeWeights,
};
use crate::policy::ops::{Angles, rms_row, rotate_head, swiglu_slice};

/// New tokens of one sequence.
pub(super) struct Slot<'a> {
    /// A prompt that other sequences share, if this one has such.
    pub(super) prefix: Option<&'a Cache>,
    /// Gets the new tokens' keys and values; `len` is advanced.
    pub(super) own: &'a mut Cache,
    /// How many tokens are new.
    pub(super) tokens: usize,
}

/// Features added behind the first layers: `[layer][token, hidden]`, zero where a token has none.
pub(super) type Extra<'a> = &'a [Vec<f32>];

/// Turns embeddings `x [tokens, hidden]` (all slots' new tokens in order) into final hidden states, normed.
pub(super) fn run(
    weights: &DecodeWeights,
    slots: &mut [Slot<'_>],
    x: &mut [f32],
    angles: &Angles,
    extra: Extra<'_>,
) {
    let config = &weights.config;
    let n = x.len() / config.hidden;
    let (wide, narrow) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
    let mut normed = vec![0f32; n * config.hidden];
    let mut qkv = vec![0f32; n * (wide + 2 * narrow)];
    let mut attended = vec![0f32; n * wide];
    let mut gate_up = vec![0f32; n * 2 * config.intermediate];
    let mut inner = vec![0f32; n * config.intermediate];
    let eps = config.rms_eps as f32;
    for (index, layer) in weights.layers.iter().enumerate() {
        norm_rows(x, &layer.input_norm, eps, &mut normed);
        layer.qkv.multiply(&normed, &mut qkv, false);
        for (token, row) in qkv.chunks_exact_mut(wide + 2 * narrow).enumerate() {
            let (q, rest) = row.split_at_mut(wide);
            turn(q, &layer.q_norm, eps, angles, token);
            turn(&mut rest[..narrow], &layer.k_norm, eps, angles, token);
        }
        attend(weights, slots, index, &qkv, &mut attended);
        layer.o.multiply(&attended, x, true);
        norm_rows(x, &layer.post_norm, eps, &mut normed);
        layer.gate_up.multiply(&normed, &mut gate_up, false);
        for (gate_up, inner) in
            gate_up.chunks_exact(2 * config.intermediate).zip(inner.chunks_exact_mut(config.intermediate))
        {
            let (gate, up) = gate_up.split_at(config.intermediate);
            swiglu_slice(gate, up, inner);
        }
        layer.down.multiply(&inner, x, true);
        if let Some(extra) = extra.get(index) {
            x.iter_mut().zip(extra).for_each(|(x, extra)| *x += extra);
        }
    }
    norm_rows(x, &weights.norm, eps, &mut normed);
    x.copy_from_slice(&normed);
    slots.iter_mut().for_each(|slot| slot.own.len += slot.tokens);
}

fn norm_rows(x: &[f32], weight: &[f32], eps: f32, y: &mut [f32]) {
    let width = weight.len();
    x.chunks_exact(width).zip(y.chunks_exact_mut(width)).for_each(|(x, y)| rms_row(x, weight, eps, y));
}

/// Norms (where there is a norm) and rotates every head of a row.
fn turn(row: &mut [f32], norm: &[f32], eps: f32, angles: &Angles, token: usize) {
    let (cos, sin) = angles.of(token);
    for head in row.chunks_exact_mut(angles.half * 2) {
        if !norm.is_empty() {
            let plain = head.to_vec();
            rms_row(&plain, norm, eps, head);
        }
        rotate_head(head, cos, sin, false);
    }
}

fn attend(weights: &DecodeWeights, slots: &mut [Slot<'_>], layer: usize, qkv: &[f32], out: &mut [f32]) {
    let config = &weights.config;
    let (dim, wide, narrow) =
        (config.head_dim, config.heads * config.head_dim, config.kv_heads * config.head_dim);
    let group = config.heads / config.kv_heads * dim;
    let mut rows = qkv.chunks_exact(wide + 2 * narrow).zip(out.chunks_exact_mut(wide));
    let mut scores = Vec::new();
    for slot in slots {
        let first = slot.own.len;
        for (i, (row, out)) in rows.by_ref().take(slot.tokens).enumerate() {
            slot.own.store(layer, first + i, &row[wide..wide + narrow], &row[wide + narrow..]);
            let own = Seen { cache: slot.own, tokens: first + i + 1 };
            let prefix = slot.prefix.map(|cache| Seen { cache, tokens: cache.len });
            for (head, (q, out)) in
                row[..wide].chunks_exact(group).zip(out.chunks_exact_mut(group)).enumerate()
            {
                attend_group(q, out, dim, (layer, head), prefix, own, &mut scores);
            }
        }
    }
}
