//! The normaliser of a row of logits.

use candle_core::Tensor;

use crate::policy::ops::{
    fused,
    simd::{exp, max, multiversion, sum},
};

/// Whether the operations of this folder apply to logits.
pub fn reads(logits: &Tensor) -> bool {
    fused(logits) && logits.rank() == 2
}

/// ln Σ exp x in two parts, the largest x and the rest: subtracted one after the other they keep the digits that their sum
/// would lose.
#[derive(Clone, Copy)]
pub(super) struct Norm {
    top: f32,
    rest: f32,
}

impl Norm {
    /// The log-probability of a logit.
    #[inline(always)]
    pub(super) fn of(self, x: f32) -> f32 {
        (x - self.top) - self.rest
    }

    /// The log-mass of a part with this norm, of a whole with that.
    pub(super) fn part_of(self, whole: Self) -> f32 {
        (self.top - whole.top) + (self.rest - whole.rest)
    }
}

multiversion! {
    pub(super) fn norm_of(x: &[f32]) -> Norm {
        let top = max(x);
        let mut lanes = [0f32; 16];
        let (main, rest) = x.as_chunks::<16>();
        for x in main {
            for i in 0..16 {
                lanes[i] += exp(x[i] - top);
            }
        }
        let rest: f32 = rest.iter().map(|x| exp(*x - top)).sum();
        Norm { top, rest: (sum(&lanes) + rest).ln() }
    }
}

multiversion! {
    /// `dx = −g · p`.
    pub(super) fn minus_softmax(x: &[f32], norm: Norm, g: f32, dx: &mut [f32]) {
        for (dx, x) in dx.iter_mut().zip(x) {
            *dx = -g * exp(norm.of(*x));
        }
    }
}
