//! Vector kernels on plain slices: each is compiled for AVX-512, AVX2 and the baseline and chosen when called.
//!
//! Results are the same on all three: reductions run in 16 fixed lanes that are added in a fixed order, and every
//! multiply-add is an explicit `mul_add`.

/// Compiles a function three times and calls the widest version that the processor has.
macro_rules! multiversion {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[inline]
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
                fn wide($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn narrow($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                match $crate::policy::ops::simd::level() {
                    // SAFETY: `level` returns what the processor was asked and said it has.
                    $crate::policy::ops::simd::Level::Avx512 => return unsafe { wide($($arg),*) },
                    // SAFETY: as above.
                    $crate::policy::ops::simd::Level::Avx2 => return unsafe { narrow($($arg),*) },
                    $crate::policy::ops::simd::Level::Baseline => {}
                }
            }
            body($($arg),*)
        }
    };
}
pub(crate) use multiversion;

/// The instruction sets that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Avx512,
    Avx2,
    Baseline,
}

/// What this processor has.
#[inline]
pub(crate) fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("fma")
        {
            return Level::Avx512;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Level::Avx2;
        }
    }
    Level::Baseline
}

/// Lanes of a reduction.
pub(crate) const LANES: usize = 16;

/// e^x within 2 units in the last place (Cephes' polynomial); NaN stays NaN, the ends are clamped.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 · 2^23: adding it rounds to an integer in the low bits
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x.mul_add(std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut p = 1.987_569_1e-4_f32;
    p = p.mul_add(r, 1.398_199_9e-3);
    p = p.mul_add(r, 8.333_452e-3);
    p = p.mul_add(r, 4.166_579_6e-2);
    p = p.mul_add(r, 1.666_666_5e-1);
    p = p.mul_add(r, 0.5);
    let y = p.mul_add(r * r, r) + 1.0;
    let scale = f32::from_bits((shifted.to_bits().wrapping_sub(0x4B40_0000).wrapping_add(127)) << 23);
    y * scale
}

/// 1 / (1 + e^−x).
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The error function within 1.5e-7 (Abramowitz & Stegun 7.1.26).
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / 0.327_591_1_f32.mul_add(a, 1.0);
    let mut p = 1.061_405_4_f32;
    p = p.mul_add(t, -1.453_152);
    p = p.mul_add(t, 1.421_413_7);
    p = p.mul_add(t, -0.284_496_74);
    p = p.mul_add(t, 0.254_829_6);
    let y = 1.0 - p * t * exp(-a * a);
    if x < 0.0 { -y } else { y }
}

/// Adds the lanes in a fixed tree.
#[inline(always)]
pub(crate) fn fold(lanes: [f32; LANES]) -> f32 {
    let mut half = [0f32; 8];
    for i in 0..8 {
        half[i] = lanes[i] + lanes[i + 8];
    }
    let quarter = [half[0] + half[4], half[1] + half[5], half[2] + half[6], half[3] + half[7]];
    (quarter[0] + quarter[2]) + (quarter[1] + quarter[3])
}

/// Σ aᵢ·bᵢ.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (a_main, a_rest) = a.as_chunks::<LANES>();
    let (b_main, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_main.iter().zip(b_main) {
        for i in 0..LANES {
            lanes[i] = x[i].mul_add(y[i], lanes[i]);
        }
    }
    for (i, (x, y)) in a_rest.iter().zip(b_rest).enumerate() {
        lanes[i] = x.mul_add(*y, lanes[i]);
    }
    fold(lanes)
}

/// Σ xᵢ.
#[inline(always)]
pub(crate) fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (main, rest) = x.as_chunks::<LANES>();
    for x in main {
        for i in 0..LANES {
            lanes[i] += x[i];
        }
    }
    for (i, x) in rest.iter().enumerate() {
        lanes[i] += x;
    }
    fold(lanes)
}

/// The largest element; −∞ of nothing.
#[inline(always)]
pub(crate) fn max(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (main, rest) = x.as_chunks::<LANES>();
    for x in main {
        for i in 0..LANES {
            lanes[i] = if x[i] > lanes[i] { x[i] } else { lanes[i] };
        }
    }
    let all = lanes.iter().chain(rest).copied();
    all.fold(f32::NEG_INFINITY, |best, x| if x > best { x } else { best })
}

/// yᵢ += a·xᵢ.
#[inline(always)]
pub(crate) fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = a.mul_add(*x, *y);
    }
}

multiversion! {
    /// Turns the first `valid` scores of a row into probabilities and the rest into zeros.
    pub(crate) fn softmax_row(row: &mut [f32], valid: usize) {
        let (seen, hidden) = row.split_at_mut(valid);
        hidden.fill(0.0);
        let top = max(seen);
        for x in seen.iter_mut() {
            *x = exp(*x - top);
        }
        let scale = 1.0 / sum(seen);
        for x in seen.iter_mut() {
            *x *= scale;
        }
    }
}

multiversion! {
    /// The softmax's backward on one row: `ds ← p · (dp − Σ p·dp) · scale`, zero behind `valid`.
    pub(crate) fn softmax_row_backward(p: &[f32], dp: &mut [f32], valid: usize, scale: f32) {
        let (seen, hidden) = dp.split_at_mut(valid);
        hidden.fill(0.0);
        let p = &p[..valid];
        let mean = dot(p, seen);
        for (dp, p) in seen.iter_mut().zip(p) {
            *dp = *p * (*dp - mean) * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_erf_and_sums_are_those_of_f64() {
        for i in -2000..2000 {
            let x = i as f32 * 0.04;
            let want = f64::from(x).exp();
            assert!((f64::from(exp(x)) - want).abs() <= 3e-7 * want, "{x}");
        }
        assert!(exp(f32::NAN).is_nan());
        for (x, want) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (-2.0, -0.995_322_3)] {
            assert!((erf(x) - want).abs() < 4e-7, "{x}");
        }
        let x: Vec<f32> = (0..37).map(|i| i as f32).collect();
        assert_eq!(sum(&x), 666.0);
        assert_eq!(dot(&x, &x), 16206.0);
        assert_eq!(max(&x), 36.0);
    }

    #[test]
    fn a_softmax_row_ignores_what_is_masked() {
        let mut row = [1.0, 2.0, 3.0, 100.0];
        softmax_row(&mut row, 3);
        assert!((row[2] - 0.665_240_94).abs() < 1e-6);
        assert_eq!(row[3], 0.0);
    }
}
