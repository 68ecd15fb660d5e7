//! `y = x·Wᵀ` for few rows: W lies packed in panels of 32 outputs, and every output is one chain of multiply-adds over
//! the inputs in order, whatever the number of rows and the instruction set.

/// Outputs of a panel.
const WIDTH: usize = 32;

/// A weight matrix `[outputs, inputs]`, packed.
pub(super) struct Panels {
    data: Vec<f32>,
    pub(super) outputs: usize,
    inputs: usize,
}

impl Panels {
    /// Packs the rows of several matrices of `inputs` columns, one below the other.
    pub(super) fn pack(parts: &[&[f32]], inputs: usize) -> Self {
        let rows: Vec<&[f32]> = parts.iter().flat_map(|part| part.chunks_exact(inputs)).collect();
        let mut data = vec![0f32; rows.len().next_multiple_of(WIDTH) * inputs];
        for (panel, rows) in data.chunks_exact_mut(WIDTH * inputs).zip(rows.chunks(WIDTH)) {
            for (column, row) in rows.iter().enumerate() {
                for (k, value) in row.iter().enumerate() {
                    panel[k * WIDTH + column] = *value;
                }
            }
        }
        Self { data, outputs: rows.len(), inputs }
    }

    /// `y [n, outputs] = x [n, inputs] · Wᵀ`, added to what is there if `add`.
    pub(super) fn multiply(&self, x: &[f32], y: &mut [f32], add: bool) {
        let n = x.len() / self.inputs;
        for (index, panel) in self.data.chunks_exact(WIDTH * self.inputs).enumerate() {
            let first = index * WIDTH;
            let columns = WIDTH.min(self.outputs - first);
            let mut row = 0;
            while row < n {
                let count = (n - row).min(8);
                let x = &x[row * self.inputs..][..count * self.inputs];
                let mut tile = [[0f32; WIDTH]; 8];
                products(panel, x, self.inputs, &mut tile[..count]);
                for (i, tile) in tile[..count].iter().enumerate() {
                    let y = &mut y[(row + i) * self.outputs + first..][..columns];
                    match add {
                        true => y.iter_mut().zip(tile).for_each(|(y, t)| *y += t),
                        false => y.copy_from_slice(&tile[..columns]),
                    }
                }
                row += count;
            }
        }
    }
}

/// One panel times up to 8 rows.
fn products(panel: &[f32], x: &[f32], inputs: usize, out: &mut [[f32; WIDTH]]) {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::policy::ops::simd::{Level, level};
        match level() {
            // SAFETY: the processor has the instructions; lengths are checked inside.
            Level::Avx512 => return unsafe { avx512(panel, x, inputs, out) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2(panel, x, inputs, out) },
            Level::Baseline => {}
        }
    }
    for (x, out) in x.chunks_exact(inputs).zip(out) {
        for (value, weights) in x.iter().zip(panel.chunks_exact(WIDTH)) {
            out.iter_mut().zip(weights).for_each(|(out, weight)| *out = value.mul_add(*weight, *out));
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512(panel: &[f32], x: &[f32], inputs: usize, out: &mut [[f32; WIDTH]]) {
    match out.len() {
        8 => rows512::<8>(panel, x, inputs, out),
        _ => {
            let mut at = 0;
            while out.len() - at >= 4 {
                rows512::<4>(panel, &x[at * inputs..], inputs, &mut out[at..]);
                at += 4;
            }
            while at < out.len() {
                rows512::<1>(panel, &x[at * inputs..], inputs, &mut out[at..]);
                at += 1;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn rows512<const R: usize>(panel: &[f32], x: &[f32], inputs: usize, out: &mut [[f32; WIDTH]]) {
    use std::arch::x86_64::{
        _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };
    assert!(panel.len() >= inputs * WIDTH && x.len() >= R * inputs && out.len() >= R);
    let mut sums = [[_mm512_setzero_ps(); 2]; R];
    for k in 0..inputs {
        // SAFETY: k < inputs, and the lengths were checked above.
        unsafe {
            let weights = panel.as_ptr().add(k * WIDTH);
            let (low, high) = (_mm512_loadu_ps(weights), _mm512_loadu_ps(weights.add(16)));
            for (r, sum) in sums.iter_mut().enumerate() {
                let value = _mm512_set1_ps(*x.get_unchecked(r * inputs + k));
                sum[0] = _mm512_fmadd_ps(value, low, sum[0]);
                sum[1] = _mm512_fmadd_ps(value, high, sum[1]);
            }
        }
    }
    for (sum, out) in sums.iter().zip(out) {
        // SAFETY: a row of `out` holds 32 floats.
        unsafe {
            _mm512_storeu_ps(out.as_mut_ptr(), sum[0]);
            _mm512_storeu_ps(out.as_mut_ptr().add(16), sum[1]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(panel: &[f32], x: &[f32], inputs: usize, out: &mut [[f32; WIDTH]]) {
    let mut at = 0;
    while out.len() - at >= 2 {
        rows256::<2>(panel, &x[at * inputs..], inputs, &mut out[at..]);
        at += 2;
    }
    if at < out.len() {
        rows256::<1>(panel, &x[at * inputs..], inputs, &mut out[at..]);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn rows256<const R: usize>(panel: &[f32], x: &[f32], inputs: usize, out: &mut [[f32; WIDTH]]) {
    use std::arch::x86_64::{
        _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };
    assert!(panel.len() >= inputs * WIDTH && x.len() >= R * inputs && out.len() >= R);
    let mut sums = [[_mm256_setzero_ps(); 4]; R];
    for k in 0..inputs {
        // SAFETY: k < inputs, and the lengths were checked above.
        unsafe {
            let weights = panel.as_ptr().add(k * WIDTH);
            let row = [0, 8, 16, 24].map(|at| _mm256_loadu_ps(weights.add(at)));
            for (r, sum) in sums.iter_mut().enumerate() {
                let value = _mm256_set1_ps(*x.get_unchecked(r * inputs + k));
                for (sum, weights) in sum.iter_mut().zip(row) {
                    *sum = _mm256_fmadd_ps(value, weights, *sum);
                }
            }
        }
    }
    for (sum, out) in sums.iter().zip(out) {
        for (i, sum) in sum.iter().enumerate() {
            // SAFETY: a row of `out` holds 32 floats.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr().add(i * 8), *sum) };
        }
    }
}

#[cfg(test)]
mod tests {
    use galley_core::Random;

    use super::*;

    #[test]
    fn a_row_is_the_same_in_any_company_and_right() {
        let mut random = Random::new(3);
        let (inputs, outputs, n) = (50, 70, 13);
        let mut draw = |len: usize| (0..len).map(|_| random.normal() as f32).collect::<Vec<_>>();
        let (w, x) = (draw(inputs * outputs), draw(inputs * n));
        let panels = Panels::pack(&[&w[..inputs * 30], &w[inputs * 30..]], inputs);
        let mut all = vec![0f32; n * outputs];
        panels.multiply(&x, &mut all, false);
        for i in 0..n {
            let mut alone = vec![0f32; outputs];
            let row = &x[i * inputs..][..inputs];
            panels.multiply(row, &mut alone, false);
            assert_eq!(alone, all[i * outputs..][..outputs]);
            for (j, got) in alone.iter().enumerate() {
                let want: f64 =
                    row.iter().zip(&w[j * inputs..]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                assert!((f64::from(*got) - want).abs() < 1e-4);
            }
        }
    }
}
