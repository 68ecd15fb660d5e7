//! Attention over packed sequences: causal with shared prefixes (text), or full inside each image (vision).
//!
//! A *segment* is a run of packed rows; a segment with a prefix sees all rows of that prefix before its own. So a group
//! of responses to one prompt is one prompt segment and a segment for each response, and the prompt is computed once.
//! Scores are made tile by tile and made again in the backward, so memory does not grow with the square of the length.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, CustomOp3, D, DType, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{
    Angles, fused,
    gemm::{Matrix, Shared, block, product},
    rotate,
    rotate::rotate_head,
    simd::{softmax_row, softmax_row_backward},
    tensors::{floats, tensor, with_floats},
};

/// Rows `start..start + len` of a packed batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub start: usize,
    pub len: usize,
    /// Index of the segment whose rows come before; that one has no prefix itself.
    pub prefix: Option<usize>,
}

/// Causal attention: `q [n, heads · dim]`, `k` and `v [n, kv_heads · dim]`, head `h` reading key head
/// `h · kv_heads / heads`, scores divided by √dim → `[n, heads · dim]`.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, segments: &Arc<[Segment]>, dim: usize) -> Result<Tensor> {
    let shape = Heads::new(q.dim(1)?, k.dim(1)?, dim, true)?;
    check(segments, q.dim(0)?)?;
    if fused(q) {
        return q.apply_op3(k, v, Attention { shape, segments: segments.clone() });
    }
    composed(q, k, v, segments, shape)
}

/// Full attention inside each segment over `qkv [n, 3 · heads · dim]` (queries, keys, values side by side), queries and
/// keys rotated by `angles` → `[n, heads · dim]`.
pub fn self_attention(qkv: &Tensor, angles: &Arc<Angles>, segments: &Arc<[Segment]>) -> Result<Tensor> {
    let (n, width) = qkv.dims2()?;
    let shape = Heads::new(width / 3, width / 3, angles.half * 2, false)?;
    check(segments, n)?;
    if fused(qkv) {
        return qkv.apply_op1(SelfAttention { shape, segments: segments.clone(), angles: angles.clone() });
    }
    let part = |at: usize| qkv.narrow(1, at * width / 3, width / 3);
    composed(&rotate(&part(0)?, angles)?, &rotate(&part(1)?, angles)?, &part(2)?, segments, shape)
}

#[derive(Clone, Copy, Debug)]
struct Heads {
    heads: usize,
    kv_heads: usize,
    dim: usize,
    causal: bool,
}

impl Heads {
    fn new(q_width: usize, k_width: usize, dim: usize, causal: bool) -> Result<Self> {
        let (heads, kv_heads) = (q_width / dim, k_width / dim);
        if heads * dim != q_width || kv_heads * dim != k_width || kv_heads == 0 || heads % kv_heads != 0 {
            bail!("{q_width} query columns and {k_width} key columns do not divide into heads of {dim}");
        }
        Ok(Self { heads, kv_heads, dim, causal })
    }

    fn scale(self) -> f32 {
        1.0 / (self.dim as f32).sqrt()
    }
}

fn check(segments: &[Segment], rows: usize) -> Result<()> {
    for segment in segments {
        let rooted = segment.prefix.is_none_or(|root| segments.get(root).is_some_and(|root| root.prefix.is_none()));
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
struct Side<'a> {
    data: &'a [f32],
    offset: usize,
    stride: usize,
}

impl Side<'_> {
    fn at(&self, row: usize, column: usize) -> Matrix {
        Matrix::rows(self.data, self.offset + row * self.stride + column, self.stride)
    }
}

/// One result, written by several threads in disjoint places.
#[derive(Clone, Copy)]
struct Target {
    data: Shared,
    offset: usize,
    stride: usize,
}

impl Target {
    fn at(&self, row: usize, column: usize) -> *mut f32 {
        self.data.at(self.offset + row * self.stride + column)
    }
}

struct Job<'a> {
    shape: Heads,
    segments: &'a [Segment],
    q: Side<'a>,
    k: Side<'a>,
    v: Side<'a>,
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
        let prefix = segment.prefix.map_or((0, 0), |root| (self.segments[root].start, self.segments[root].len));
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

    fn forward(&self, out: Target) {
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
    fn backward(&self, dout: Side<'_>, dq: Target, dk: Target, dv: Target) {
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
                            product((tile.rows, dim, count), dq.at(tile.row, head * dim), dq.stride, run > 0, s, k, 1.0);
                            product((count, dim, tile.rows), key_target(dk), dk.stride, true, s.transposed(), q, 1.0);
                            product((count, dim, tile.rows), key_target(dv), dv.stride, true, p.transposed(), grad, 1.0);
                        }
                    }
                }
            }
        });
    }
}

struct Attention {
    shape: Heads,
    segments: Arc<[Segment]>,
}

impl Attention {
    fn job<'a>(&'a self, q: &'a [f32], k: &'a [f32], v: &'a [f32]) -> Job<'a> {
        let (wide, narrow) = (self.shape.heads * self.shape.dim, self.shape.kv_heads * self.shape.dim);
        let side = |data, stride| Side { data, offset: 0, stride };
        Job { shape: self.shape, segments: &self.segments, q: side(q, wide), k: side(k, narrow), v: side(v, narrow) }
    }
}

fn target(data: &mut [f32], stride: usize) -> Target {
    Target { data: Shared(data.as_mut_ptr()), offset: 0, stride }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        ql: &Layout,
        k: &CpuStorage,
        kl: &Layout,
        v: &CpuStorage,
        vl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (q, k, v) = (floats(q, ql)?, floats(k, kl)?, floats(v, vl)?);
        let mut out = vec![0f32; q.len()];
        let stride = ql.dims()[1];
        self.job(q, k, v).forward(target(&mut out, stride));
        Ok((CpuStorage::F32(out), ql.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (wide, narrow) = (q.dim(1)?, k.dim(1)?);
        let mut dq = vec![0f32; q.elem_count()];
        let (mut dk, mut dv) = (vec![0f32; k.elem_count()], vec![0f32; v.elem_count()]);
        let targets = (target(&mut dq, wide), target(&mut dk, narrow), target(&mut dv, narrow));
        with_floats(q, |q| {
            with_floats(k, |k| {
                with_floats(v, |v| {
                    with_floats(grad, |data| {
                        let grad = Side { data, offset: 0, stride: wide };
                        self.job(q, k, v).backward(grad, targets.0, targets.1, targets.2);
                        Ok(())
                    })
                })
            })
        })?;
        Ok((Some(tensor(dq, q)?), Some(tensor(dk, k)?), Some(tensor(dv, v)?)))
    }
}

struct SelfAttention {
    shape: Heads,
    segments: Arc<[Segment]>,
    angles: Arc<Angles>,
}

impl SelfAttention {
    fn width(&self) -> usize {
        self.shape.heads * self.shape.dim
    }

    /// Turns queries and keys of packed rows in place.
    fn turn(&self, qkv: &mut [f32], back: bool) {
        let width = self.width();
        let step = block(qkv.len() / (3 * width));
        qkv.par_chunks_mut((step * 3 * width).max(1)).enumerate().for_each(|(chunk, rows)| {
            for (i, row) in rows.chunks_exact_mut(3 * width).enumerate() {
                let (cos, sin) = self.angles.of(chunk * step + i);
                row[..2 * width].chunks_exact_mut(self.shape.dim).for_each(|head| rotate_head(head, cos, sin, back));
            }
        });
    }

    fn turned(&self, qkv: &[f32]) -> Vec<f32> {
        let mut turned = qkv.to_vec();
        self.turn(&mut turned, false);
        turned
    }

    fn job<'a>(&'a self, turned: &'a [f32]) -> Job<'a> {
        let side = |part: usize| Side { data: turned, offset: part * self.width(), stride: 3 * self.width() };
        Job { shape: self.shape, segments: &self.segments, q: side(0), k: side(1), v: side(2) }
    }
}

impl CustomOp1 for SelfAttention {
    fn name(&self) -> &'static str {
        "self-attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (turned, width) = (self.turned(floats(qkv, layout)?), self.width());
        let mut out = vec![0f32; turned.len() / 3];
        self.job(&turned).forward(target(&mut out, width));
        let rows = out.len() / width;
        Ok((CpuStorage::F32(out), (rows, width).into()))
    }

    fn bwd(&self, qkv: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (turned, width) = (with_floats(qkv, |qkv| Ok(self.turned(qkv)))?, self.width());
        let mut out = vec![0f32; turned.len()];
        let data = Shared(out.as_mut_ptr());
        let part = |part: usize| Target { data, offset: part * width, stride: 3 * width };
        with_floats(grad, |data| {
            let grad = Side { data, offset: 0, stride: width };
            self.job(&turned).backward(grad, part(0), part(1), part(2));
            Ok(())
        })?;
        self.turn(&mut out, true);
        Ok(Some(tensor(out, qkv)?))
    }
}

/// The same by plain operations, one segment after the other.
fn composed(q: &Tensor, k: &Tensor, v: &Tensor, segments: &[Segment], shape: Heads) -> Result<Tensor> {
    let mut outputs = Vec::with_capacity(segments.len());
    for segment in segments {
        let rows = |x: &Tensor, prefix: Option<usize>| -> Result<Tensor> {
            let own = x.narrow(0, segment.start, segment.len)?;
            let all = match prefix.map(|root| segments[root]) {
                Some(root) => Tensor::cat(&[x.narrow(0, root.start, root.len)?, own], 0)?,
                None => own,
            };
            let (n, width) = all.dims2()?;
            all.reshape((n, width / shape.dim, shape.dim))?.transpose(0, 1)?.contiguous()
        };
        let spread = |x: Tensor| -> Result<Tensor> {
            let (kv, n, dim) = x.dims3()?;
            let ratio = shape.heads / kv;
            x.unsqueeze(1)?.broadcast_as((kv, ratio, n, dim))?.reshape((shape.heads, n, dim))
        };
        let (query, key, value) = (
            rows(q, None)?,
            spread(rows(k, segment.prefix)?)?,
            spread(rows(v, segment.prefix)?)?,
        );
        let mut scores = (query.matmul(&key.transpose(1, 2)?)? * f64::from(shape.scale()))?;
        if shape.causal {
            scores = scores.broadcast_add(&mask(segment.len, key.dim(1)?, &scores)?)?;
        }
        let p = candle_nn::ops::softmax(&scores.to_dtype(DType::F32)?, D::Minus1)?.to_dtype(q.dtype())?;
        let out = p.matmul(&value)?.transpose(0, 1)?.reshape((segment.len, shape.heads * shape.dim))?;
        outputs.push((segment.start, out));
    }
    outputs.sort_by_key(|(start, _)| *start);
    Tensor::cat(&outputs.into_iter().map(|(_, out)| out).collect::<Vec<_>>(), 0)
}

fn mask(rows: usize, keys: usize, like: &Tensor) -> Result<Tensor> {
    let hidden = |i: usize, j: usize| if j > keys - rows + i { f32::NEG_INFINITY } else { 0.0 };
    let mask: Vec<f32> = (0..rows).flat_map(|i| (0..keys).map(move |j| hidden(i, j))).collect();
    Tensor::from_vec(mask, (1, rows, keys), like.device())?.to_dtype(like.dtype())
}
