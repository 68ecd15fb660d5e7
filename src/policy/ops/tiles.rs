//! The arithmetic of attention: tiles of scores, forward and backward, on raw floats.

use candle_core::{Result, bail};
use rayon::prelude::*;

use super::{
    gemm::{Matrix, Shared, product},
    simd::{softmax_row, softmax_row_backward},
};

/// Rows `start..start + len` of a packed batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub start: usize,
    pub len: usize,
    /// Index of the segment whose rows come before; that one has no prefix itself.
    pub prefix: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Heads {
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) dim: usize,
    pub(super) causal: bool,
}

impl Heads {
    pub(super) fn new(q_width: usize, k_width: usize, dim: usize, causal: bool) -> Result<Self> {
        let (heads, kv_heads) = (q_width / dim, k_width / dim);
        if heads * dim != q_width || kv_heads * dim != k_width || kv_heads == 0 || heads % kv_heads != 0 {
            bail!("{q_width} query columns and {k_width} key columns do not divide into heads of {dim}");
        }
        Ok(Self { heads, kv_heads, dim, causal })
    }

    pub(super) fn scale(self) -> f32 {
        1.0 / (self.dim as f32).sqrt()
    }
}

pub(super) fn check(segments: &[Segment], rows: usize) -> Result<()> {
    for segment in segments {
        let rooted =
            segment.prefix.is_none_or(|root| segments.get(root).is_some_and(|root| root.prefix.is_none()));
        if segment.start + segment.len > rows || !rooted {
            bail!("segment {segment:?} does not fit {rows} rows");
        }
    }
    Ok(())
}

/// Every root with the segments that it precedes: the unit within which gradients of keys and values meet.
fn families(segments: &[Segment]) -> Vec<Vec<usize>> {
    let mut of_root: Vec<Vec<usize>> = vec![Vec::new(); segments.len()];
    for (index, segment) in segments.iter().enumerate() {
        of_root[segment.prefix.unwrap_or(index)].push(index);
    }
    of_root.retain(|family| !family.is_empty());
    of_root
}

/// One operand: row `r`, column `c` lies at `offset + r · stride + c`.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) data: &'a [f32],
    pub(super) offset: usize,
    pub(super) stride: usize,
}

impl Side<'_> {
    fn at(&self, row: usize, column: usize) -> Matrix {
        Matrix::rows(self.data, self.offset + row * self.stride + column, self.stride)
    }
}

/// One result, written by several threads in disjoint places.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) data: Shared,
    pub(super) offset: usize,
    pub(super) stride: usize,
}

impl Target {
    fn at(&self, row: usize, column: usize) -> *mut f32 {
        self.data.at(self.offset + row * self.stride + column)
    }
}

pub(super) struct Job<'a> {
    pub(super) shape: Heads,
    pub(super) segments: &'a [Segment],
    pub(super) q: Side<'a>,
    pub(super) k: Side<'a>,
    pub(super) v: Side<'a>,
}

/// Query rows of one tile, with the keys that they see.
struct Tile {
    row: usize,
    rows: usize,
    /// Rows of the prefix: (start, count).
    prefix: (usize, usize),
    /// Own rows that are seen: (start, count).
    own: (usize, usize),
    /// Number of the tile's first row inside its segment.
    first: usize,
}

const TILE: usize = 128;

impl Tile {
    fn keys(&self) -> usize {
        self.prefix.1 + self.own.1
    }

    /// How many keys row `i` of the tile sees.
    fn valid(&self, i: usize, causal: bool) -> usize {
        if causal { self.prefix.1 + self.first + i + 1 } else { self.keys() }
    }

    /// The two runs of keys: (first row, count, column in the scores).
    fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        [(self.prefix.0, self.prefix.1, 0), (self.own.0, self.own.1, self.prefix.1)]
            .into_iter()
            .filter(|(_, count, _)| *count > 0)
    }
}

impl Job<'_> {
    fn tiles(&self, segment: usize) -> impl Iterator<Item = Tile> {
        let segment = self.segments[segment];
        let prefix =
            segment.prefix.map_or((0, 0), |root| (self.segments[root].start, self.segments[root].len));
        let causal = self.shape.causal;
        (0..segment.len).step_by(TILE).map(move |first| {
            let rows = TILE.min(segment.len - first);
            let seen = if causal { first + rows } else { segment.len };
            Tile { row: segment.start + first, rows, prefix, own: (segment.start, seen), first }
        })
    }

    /// Probabilities of one tile and head, `[rows, keys]`.
    fn probabilities(&self, tile: &Tile, head: usize, out: &mut Vec<f32>) {
        let (dim, keys) = (self.shape.dim, tile.keys());
        let key_head = head * self.shape.kv_heads / self.shape.heads;
        out.resize(tile.rows * keys, 0.0);
        for (row, count, column) in tile.runs() {
            let (q, k) = (self.q.at(tile.row, head * dim), self.k.at(row, key_head * dim).transposed());
            let target = out[column..].as_mut_ptr();
            // SAFETY: the run's columns lie inside each row of `out`.
            unsafe { product((tile.rows, count, dim), target, keys, false, q, k, self.shape.scale()) };
        }
        for (i, row) in out.chunks_exact_mut(keys).enumerate() {
            softmax_row(row, tile.valid(i, self.shape.causal));
        }
    }

    /// Calls `unit(family, key head, scratch)` for all, in parallel.
    fn units(&self, unit: impl Fn(&[usize], usize, &mut [Vec<f32>; 2]) + Sync) {
        let families = families(self.segments);
        let kv_heads = self.shape.kv_heads;
        (0..families.len() * kv_heads).into_par_iter().with_max_len(1).for_each_init(
            || [Vec::new(), Vec::new()],
            |scratch, index| unit(&families[index / kv_heads], index % kv_heads, scratch),
        );
    }

    fn heads_of(&self, key_head: usize) -> std::ops::Range<usize> {
        let ratio = self.shape.heads / self.shape.kv_heads;
        key_head * ratio..(key_head + 1) * ratio
    }

    pub(super) fn forward(&self, out: Target) {
        let dim = self.shape.dim;
        self.units(|family, key_head, [scores, _]| {
            for tile in family.iter().flat_map(|&segment| self.tiles(segment)) {
                for head in self.heads_of(key_head) {
                    self.probabilities(&tile, head, scores);
                    for (run, (row, count, column)) in tile.runs().enumerate() {
                        let p = Matrix::rows(scores, column, tile.keys());
                        let target = out.at(tile.row, head * dim);
                        let v = self.v.at(row, key_head * dim);
                        // SAFETY: a unit owns its query rows in the columns of its heads.
                        unsafe { product((tile.rows, dim, count), target, out.stride, run > 0, p, v, 1.0) };
                    }
                }
            }
        });
    }

    /// `dk` and `dv` must hold zeros.
    pub(super) fn backward(&self, dout: Side<'_>, dq: Target, dk: Target, dv: Target) {
        let (dim, scale) = (self.shape.dim, self.shape.scale());
        self.units(|family, key_head, [p, ds]| {
            for tile in family.iter().flat_map(|&segment| self.tiles(segment)) {
                let keys = tile.keys();
                for head in self.heads_of(key_head) {
                    self.probabilities(&tile, head, p);
                    ds.resize(tile.rows * keys, 0.0);
                    let grad = dout.at(tile.row, head * dim);
                    for (row, count, column) in tile.runs() {
                        let v = self.v.at(row, key_head * dim).transposed();
                        let target = ds[column..].as_mut_ptr();
                        // SAFETY: as in `probabilities`.
                        unsafe { product((tile.rows, count, dim), target, keys, false, grad, v, 1.0) };
                    }
                    let rows = p.chunks_exact(keys).zip(ds.chunks_exact_mut(keys)).enumerate();
                    for (i, (p, ds)) in rows {
                        softmax_row_backward(p, ds, tile.valid(i, self.shape.causal), scale);
                    }
                    for (run, (row, count, column)) in tile.runs().enumerate() {
                        let (q, k) = (self.q.at(tile.row, head * dim), self.k.at(row, key_head * dim));
                        let s = Matrix::rows(ds, column, keys);
                        let p = Matrix::rows(p, column, keys);
                        let key_target = |target: Target| target.at(row, key_head * dim);
                        // SAFETY: a unit owns its query rows in the columns of its heads, and all rows of its family
                        // in the columns of its key head.
                        unsafe {
                            product(
                                (tile.rows, dim, count),
                                dq.at(tile.row, head * dim),
                                dq.stride,
                                run > 0,
                                s,
                                k,
                                1.0,
                            );
                            product(
                                (count, dim, tile.rows),
                                key_target(dk),
                                dk.stride,
                                true,
                                s.transposed(),
                                q,
                                1.0,
                            );
                            product(
                                (count, dim, tile.rows),
                                key_target(dv),
                                dv.stride,
                                true,
                                p.transposed(),
                                grad,
                                1.0,
                            );
                        }
                    }
                }
            }
        });
    }
}
