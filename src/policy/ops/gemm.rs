//! Matrix products on raw memory, each on one thread: callers split the work in blocks that depend on the shapes alone,
//! so that results do not depend on the number of threads.

use gemm::Parallelism;

/// A matrix somewhere in memory: element (r, c) lies at `pointer + r·row + c·column`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix {
    pub pointer: *const f32,
    pub row: usize,
    pub column: usize,
}

impl Matrix {
    /// Rows of `stride` floats, read from `offset` on.
    pub(crate) fn rows(data: &[f32], offset: usize, stride: usize) -> Self {
        Self { pointer: data[offset..].as_ptr(), row: stride, column: 1 }
    }

    pub(crate) fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }
}

/// `out[m, n] (rows of `stride` floats) = scale · a[m, k] · b[k, n]`, added to what is there if `add`.
///
/// # Safety
/// Every element named by the shapes must lie in live memory, and nothing else may touch `out` meanwhile.
pub(crate) unsafe fn product(
    (m, n, k): (usize, usize, usize),
    out: *mut f32,
    stride: usize,
    add: bool,
    a: Matrix,
    b: Matrix,
    scale: f32,
) {
    // SAFETY: promised by the caller.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out,
            1,
            stride as isize,
            add,
            a.pointer,
            a.column as isize,
            a.row as isize,
            b.pointer,
            b.column as isize,
            b.row as isize,
            if add { 1.0 } else { 0.0 },
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// A pointer that threads may share; whoever writes through it promises that the writes are disjoint.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub *mut f32);
// SAFETY: a plain address; each use states why its writes are disjoint.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// The address `offset` floats further on.
    pub(crate) fn at(self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }
}

/// How many rows one task takes: a function of the number of rows alone.
pub(crate) fn block(rows: usize) -> usize {
    rows.div_ceil(16).next_multiple_of(16).clamp(64, 512)
}
