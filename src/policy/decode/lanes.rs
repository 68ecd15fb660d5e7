//! Keys and values of several sequences as tensors on any device, one lane each.
//!
//! Lanes are aligned at their ends: the newest token of every lane lies in the same column, so a step writes one column,
//! and a mask hides what lies before a shorter lane's first token. When lanes come or go all are laid out anew.

use candle_core::{D, DType, Device, Tensor};

use crate::policy::{Result, TextConfig, ops};

/// Keys and values of one sequence in every layer, `[kv_heads, tokens, dim]` each.
pub(super) type Held = Vec<(Tensor, Tensor)>;

/// Where lanes begin.
pub(super) enum Before {
    /// Number of a lane's first column, `[lanes]`: for the fused attention.
    First(Tensor),
    /// For a composition.
    Mask(Tensor),
}

pub(super) struct Lanes {
    /// `[lanes, kv_heads, capacity, dim]` each, by layer.
    layers: Held,
    /// Tokens of every lane.
    lengths: Vec<usize>,
    /// Columns in use.
    columns: usize,
    capacity: usize,
}

impl Lanes {
    /// Lays out sequences with room for `room` more tokens each.
    pub(super) fn of(sequences: &[Held], room: usize) -> Result<Self> {
        let lengths: Vec<usize> =
            sequences.iter().map(|held| held[0].0.dim(1)).collect::<candle_core::Result<_>>()?;
        let columns = lengths.iter().copied().max().unwrap_or(0);
        let depth = sequences.first().map_or(0, Vec::len);
        let place = |pick: &dyn Fn(&Held) -> Tensor| -> Result<Tensor> {
            let lanes: Vec<Tensor> =
                sequences.iter().map(|held| padded(&pick(held), columns, room)).collect::<Result<_>>()?;
            Ok(Tensor::stack(&lanes, 0)?)
        };
        let layers = (0..depth)
            .map(|layer| Ok((place(&|held| held[layer].0.clone())?, place(&|held| held[layer].1.clone())?)))
            .collect::<Result<_>>()?;
        Ok(Self { layers, lengths, columns, capacity: columns + room })
    }

    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether no column is left.
    pub(super) fn full(&self) -> bool {
        self.columns == self.capacity
    }

    /// What one lane holds.
    pub(super) fn held(&self, lane: usize) -> Result<Held> {
        let from = self.columns - self.lengths[lane];
        let part = |all: &Tensor| -> Result<Tensor> {
            Ok(all.get(lane)?.narrow(1, from, self.lengths[lane])?.contiguous()?)
        };
        self.layers.iter().map(|(keys, values)| Ok((part(keys)?, part(values)?))).collect()
    }

    /// What hides the columns before each lane's first token, for a step in which `like` is computed.
    pub(super) fn before(&self, like: &Tensor, config: &TextConfig) -> Result<Before> {
        if !ops::attends(like, config.head_dim) {
            return self.mask(like.device()).map(Before::Mask);
        }
        let first: Vec<u32> = self.lengths.iter().map(|length| (self.columns - length) as u32).collect();
        Ok(Before::First(Tensor::new(first, like.device())?))
    }

    /// 0 where a lane has a token (the coming one too), -∞ before: `[lanes, 1, 1, columns + 1]`.
    fn mask(&self, device: &Device) -> Result<Tensor> {
        let width = self.columns + 1;
        let hidden = |&length: &usize| {
            (0..width).map(move |at| if at < width - 1 - length { f32::NEG_INFINITY } else { 0.0 })
        };
        let mask: Vec<f32> = self.lengths.iter().flat_map(hidden).collect();
        Ok(Tensor::from_vec(mask, (self.lengths.len(), 1, 1, width), device)?)
    }

    /// Stores the new keys and values of a layer (`[lanes, kv_heads · dim]`) in the coming column, and attends.
    pub(super) fn attend(
        &self,
        config: &TextConfig,
        layer: usize,
        [query, key, value]: [Tensor; 3],
        before: &Before,
    ) -> Result<Tensor> {
        let (lanes, kv, dim) = (self.lengths.len(), config.kv_heads, config.head_dim);
        let (keys, values) = &self.layers[layer];
        keys.slice_set(&key.reshape((lanes, kv, 1, dim))?.contiguous()?, 2, self.columns)?;
        values.slice_set(&value.reshape((lanes, kv, 1, dim))?.contiguous()?, 2, self.columns)?;
        let mask = match before {
            Before::First(first) => {
                return Ok(ops::attend(&query, keys, values, first, self.columns + 1)?);
            }
            Before::Mask(mask) => mask,
        };
        let seen = |all: &Tensor| all.narrow(2, 0, self.columns + 1);
        let query = query.reshape((lanes, kv, config.heads / kv, dim))?;
        let scores = (query.matmul(&seen(keys)?.transpose(2, 3)?)?.to_dtype(DType::F32)?
            * (1.0 / (dim as f64).sqrt()))?;
        // Nothing is differentiated here, so the fused softmax may be used.
        let p = candle_nn::ops::softmax_last_dim(&scores.broadcast_add(mask)?)?;
        let out = p.to_dtype(values.dtype())?.matmul(&seen(values)?)?;
        Ok(out.reshape((lanes, config.heads * dim))?)
    }

    /// The coming column is now the newest.
    pub(super) fn advance(&mut self) {
        self.columns += 1;
        self.lengths.iter_mut().for_each(|length| *length += 1);
    }
}

/// `[kv_heads, tokens, dim]` with its end in column `columns`, and `room` empty columns behind.
fn padded(held: &Tensor, columns: usize, room: usize) -> Result<Tensor> {
    let (kv, tokens, dim) = held.dims3()?;
    let mut parts = vec![held.clone()];
    // A device may refuse to copy nothing.
    for (at, count) in [(0, columns - tokens), (usize::MAX, room)] {
        if count > 0 {
            let zeros = Tensor::zeros((kv, count, dim), held.dtype(), held.device())?;
            parts.insert(at.min(parts.len()), zeros);
        }
    }
    Ok(Tensor::cat(&parts, D::Minus2)?.contiguous()?)
}
