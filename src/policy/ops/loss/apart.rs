//! How far a student's distribution is from a teacher's, at each row of logits.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::norm::{Norm, minus_softmax, norm_of};
use crate::policy::ops::{
    simd::{exp, multiversion, sum},
    tensors::{floats, rows_of, tensor, with_floats},
};

/// Which way a student's distribution S is compared with a teacher's T.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// KL(S‖T).
    Reverse,
    /// KL(T‖S).
    Forward,
    /// ½ KL(S‖M) + ½ KL(T‖M), M = ½ S + ½ T.
    Middle,
}

/// The divergence at each row of `student` and `teacher [n, vocab]` → `[n]`, differentiable in `student`: over the whole
/// vocabulary, or with `0 < top_k < vocab` over the student's `top_k` most probable tokens (the first of equals) and one
/// bucket with the rest.
pub fn divergence(toward: Toward, student: &Tensor, teacher: &Tensor, top_k: usize) -> Result<Tensor> {
    if student.dims() != teacher.dims() || student.rank() != 2 {
        bail!("a student's logits are {:?}, its teacher's {:?}", student.dims(), teacher.dims());
    }
    student.contiguous()?.apply_op1(Apart { toward, teacher: teacher.detach().contiguous()?, top_k })
}

struct Apart {
    toward: Toward,
    teacher: Tensor,
    top_k: usize,
}

/// One row of both sides.
struct Pair<'a> {
    toward: Toward,
    s: &'a [f32],
    t: &'a [f32],
    norms: [Norm; 2],
    /// The student's best, where there is a bucket, and the log-mass of the bucket on both sides.
    top: Option<(Vec<u32>, [f32; 2])>,
}

/// The part of a row's divergence that one outcome adds, of its log-probabilities.
#[inline(always)]
fn term(toward: Toward, s: f32, t: f32) -> f32 {
    match toward {
        Toward::Reverse => exp(s) * (s - t),
        Toward::Forward => exp(t) * (t - s),
        Toward::Middle => {
            let (p, q) = (exp(s), exp(t));
            let m = (0.5 * (p + q)).max(f32::MIN_POSITIVE).ln();
            0.5 * (p * (s - m) + q * (t - m))
        }
    }
}

/// The derivative by the outcome's log-probability on the student's side, in parts of its probability.
#[inline(always)]
fn slope(toward: Toward, s: f32, t: f32) -> f32 {
    match toward {
        Toward::Reverse => s - t,
        Toward::Forward => -exp(t - s),
        Toward::Middle => 0.5 * (s - (0.5 * (exp(s) + exp(t))).max(f32::MIN_POSITIVE).ln()),
    }
}

macro_rules! whole_rows {
    ($sum:ident, $fill:ident, $toward:expr) => {
        multiversion! {
            /// Σ of a part over all outcomes: the divergence, or the mean slope under the student.
            fn $sum(s: &[f32], t: &[f32], norms: [Norm; 2], slopes: bool) -> f32 {
                let mut lanes = [0f32; 16];
                let part = |s: f32, t: f32| {
                    let (s, t) = (norms[0].of(s), norms[1].of(t));
                    if slopes { exp(s) * slope($toward, s, t) } else { term($toward, s, t) }
                };
                let ((main, rest), (t_main, t_rest)) = (s.as_chunks::<16>(), t.as_chunks::<16>());
                for (s, t) in main.iter().zip(t_main) {
                    for i in 0..16 {
                        lanes[i] += part(s[i], t[i]);
                    }
                }
                sum(&lanes) + rest.iter().zip(t_rest).map(|(s, t)| part(*s, *t)).sum::<f32>()
            }
        }
        multiversion! {
            /// `ds = g · p · (slope − mean)`.
            fn $fill(s: &[f32], t: &[f32], norms: [Norm; 2], mean: f32, g: f32, ds: &mut [f32]) {
                for ((ds, s), t) in ds.iter_mut().zip(s).zip(t) {
                    let (s, t) = (norms[0].of(*s), norms[1].of(*t));
                    *ds = g * match $toward {
                        // Where a token is next to impossible for the student the slope itself would overflow.
                        Toward::Forward => -exp(s) * mean - exp(t),
                        toward => exp(s) * (slope(toward, s, t) - mean),
                    };
                }
            }
        }
    };
}
whole_rows!(reverse_sum, reverse_fill, Toward::Reverse);
whole_rows!(forward_sum, forward_fill, Toward::Forward);
whole_rows!(middle_sum, middle_fill, Toward::Middle);

impl<'a> Pair<'a> {
    fn new(toward: Toward, s: &'a [f32], t: &'a [f32], top_k: usize) -> Self {
        let norms = [norm_of(s), norm_of(t)];
        let top = (top_k > 0 && top_k < s.len()).then(|| {
            let top = best(s, top_k);
            let rest = |x: &[f32], norm: Norm| {
                let mut rest = x.to_vec();
                top.iter().for_each(|&at| rest[at as usize] = f32::NEG_INFINITY);
                norm_of(&rest).part_of(norm)
            };
            let tails = [rest(s, norms[0]), rest(t, norms[1])];
            (top, tails)
        });
        Self { toward, s, t, norms, top }
    }

    /// Log-probabilities of a token on both sides.
    fn at(&self, token: u32) -> (f32, f32) {
        (self.norms[0].of(self.s[token as usize]), self.norms[1].of(self.t[token as usize]))
    }

    /// Outcomes where there is a bucket.
    fn outcomes<'b>(&'b self, top: &'b [u32], tails: [f32; 2]) -> impl Iterator<Item = (f32, f32)> + 'b {
        top.iter().map(|&token| self.at(token)).chain(std::iter::once((tails[0], tails[1])))
    }

    fn sum(&self, slopes: bool) -> f32 {
        let Some((top, tails)) = &self.top else {
            let sum = match self.toward {
                Toward::Reverse => reverse_sum,
                Toward::Forward if slopes => return -1.0,
                Toward::Forward => forward_sum,
                Toward::Middle => middle_sum,
            };
            return sum(self.s, self.t, self.norms, slopes);
        };
        let part = |(s, t): (f32, f32)| match slopes {
            true if self.toward == Toward::Forward => -f64::from(exp(t)),
            true => f64::from(exp(s) * slope(self.toward, s, t)),
            false => f64::from(term(self.toward, s, t)),
        };
        self.outcomes(top, *tails).map(part).sum::<f64>() as f32
    }

    /// `ds = g · ∂ divergence / ∂ s`.
    fn gradient(&self, g: f32, ds: &mut [f32]) {
        let mean = self.sum(true);
        let Some((top, tails)) = &self.top else {
            let fill = match self.toward {
                Toward::Reverse => reverse_fill,
                Toward::Forward => forward_fill,
                Toward::Middle => middle_fill,
            };
            return fill(self.s, self.t, self.norms, mean, g, ds);
        };
        // A token of the bucket moves the bucket in proportion to its share.
        minus_softmax(self.s, self.norms[0], -g * (slope(self.toward, tails[0], tails[1]) - mean), ds);
        for &token in top {
            let (s, t) = self.at(token);
            ds[token as usize] = g * match self.toward {
                Toward::Forward => -exp(s) * mean - exp(t),
                toward => exp(s) * (slope(toward, s, t) - mean),
            };
        }
    }
}

/// The `k` largest, the first of equals.
fn best(x: &[f32], k: usize) -> Vec<u32> {
    let mut values = x.to_vec();
    let (_, cut, _) = values.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
    let cut = *cut;
    let above = x.iter().filter(|x| x.total_cmp(&cut).is_gt()).count();
    let mut ties = k - above;
    let mut taken = |x: &f32| match x.total_cmp(&cut) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal if ties > 0 => {
            ties -= 1;
            true
        }
        _ => false,
    };
    x.iter().enumerate().filter(|(_, x)| taken(x)).map(|(at, _)| at as u32).collect()
}

impl CustomOp1 for Apart {
    fn name(&self) -> &'static str {
        "divergence"
    }

    fn cpu_fwd(&self, student: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (student, (rows, vocab)) = (floats(student, layout)?, rows_of(layout)?);
        with_floats(&self.teacher, |teacher| {
            let pairs = student.par_chunks(vocab).zip(teacher.par_chunks(vocab));
            let all = pairs.map(|(s, t)| Pair::new(self.toward, s, t, self.top_k).sum(false)).collect();
            Ok((CpuStorage::F32(all), rows.into()))
        })
    }

    fn bwd(&self, student: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let vocab = student.dim(1)?;
        let mut out = vec![0f32; student.elem_count()];
        with_floats(student, |student| {
            with_floats(&self.teacher, |teacher| {
                with_floats(grad, |grad| {
                    let pairs = student.par_chunks(vocab).zip(teacher.par_chunks(vocab)).zip(grad);
                    out.par_chunks_mut(vocab).zip(pairs).for_each(|(out, ((s, t), &g))| {
                        Pair::new(self.toward, s, t, self.top_k).gradient(g, out);
                    });
                    Ok(())
                })
            })
        })?;
        Ok(Some(tensor(out, student)?))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{D, DType, Device, Var};
    use galley_core::Random;

    use super::*;
    use crate::policy::loss::token_log_probs;

    const ROWS: usize = 5;
    const VOCAB: usize = 77;

    fn logits(seed: u64, scale: f64) -> Tensor {
        let mut random = Random::new(seed);
        let values: Vec<f32> = (0..ROWS * VOCAB).map(|_| (random.normal() * scale) as f32).collect();
        Tensor::from_vec(values, (ROWS, VOCAB), &Device::Cpu).unwrap()
    }

    /// Value and gradient of a weighted sum of what `f` makes of logits.
    fn pulled(logits: &Tensor, f: impl FnOnce(&Tensor) -> Result<Tensor>) -> (Vec<f64>, Vec<f64>) {
        let var = Var::from_tensor(logits).unwrap();
        let values = f(var.as_tensor()).unwrap();
        let weights: Vec<f64> = (0..ROWS).map(|row| 0.3 + row as f64 / 3.0).collect();
        let weights = Tensor::new(weights, &Device::Cpu).unwrap().to_dtype(values.dtype()).unwrap();
        let store = (&values * weights).unwrap().sum_all().unwrap().backward().unwrap();
        let flat = |x: &Tensor| x.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1().unwrap();
        (flat(&values), flat(store.get(var.as_tensor()).unwrap()))
    }

    fn close(what: &str, found: &(Vec<f64>, Vec<f64>), wanted: &(Vec<f64>, Vec<f64>)) {
        for (found, wanted) in [(&found.0, &wanted.0), (&found.1, &wanted.1)] {
            let apart = found.iter().zip(wanted).map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
            let apart = apart.fold(0.0, |worst: f64, x| if x > worst || x.is_nan() { x } else { worst });
            assert!(apart < 4e-6, "{what}: {apart}");
        }
    }

    fn log_softmax(x: &Tensor) -> Result<Tensor> {
        x.broadcast_sub(&x.log_sum_exp(D::Minus1)?.unsqueeze(1)?)
    }

    /// By plain operations in f64.
    fn plain(toward: Toward, student: &Tensor, teacher: &Tensor, top_k: usize) -> Result<Tensor> {
        let (mut s, mut t) = (log_softmax(student)?, log_softmax(teacher)?);
        if top_k > 0 {
            let rows: Vec<Vec<f64>> = student.to_vec2()?;
            let mask: Vec<f64> = rows
                .iter()
                .flat_map(|row| {
                    let mut order: Vec<usize> = (0..VOCAB).collect();
                    order.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
                    (0..VOCAB).map(move |at| f64::from(u8::from(order[..top_k].contains(&at))))
                })
                .collect();
            let mask = Tensor::from_vec(mask, (ROWS, VOCAB), &Device::Cpu)?;
            let far = (&mask * 1e9)?;
            let tail = |x: &Tensor| (x - &far)?.log_sum_exp(D::Minus1)?.unsqueeze(1);
            let (tail_s, tail_t) = (tail(&s)?, tail(&t)?);
            let hidden = ((&mask - 1.0)? * 1e4)?;
            s = Tensor::cat(&[&((&s * &mask)? + &hidden)?, &tail_s], 1)?;
            t = Tensor::cat(&[&((&t * &mask)? + &hidden)?, &tail_t], 1)?;
        }
        let terms = match toward {
            Toward::Reverse => (s.exp()? * (&s - &t)?)?,
            Toward::Forward => (t.exp()? * (&t - &s)?)?,
            Toward::Middle => {
                let m = ((s.exp()? + t.exp()?)? * 0.5)?.maximum(1e-300)?.log()?;
                (((s.exp()? * (&s - &m)?)? + (t.exp()? * (&t - &m)?)?)? * 0.5)?
            }
        };
        terms.sum(D::Minus1)
    }

    #[test]
    fn values_and_gradients_are_those_of_plain_operations() {
        let (student, teacher) = (logits(1, 3.0), logits(2, 3.0));
        let wide = |x: &Tensor| x.to_dtype(DType::F64).unwrap();
        let tokens: Vec<u32> = (0..ROWS as u32).map(|row| row * 13 % VOCAB as u32).collect();
        let index = Tensor::new(tokens.as_slice(), &Device::Cpu).unwrap().unsqueeze(1).unwrap();
        let found = pulled(&student, |x| token_log_probs(x, &tokens));
        let wanted = pulled(&wide(&student), |x| log_softmax(x)?.gather(&index, 1)?.squeeze(1));
        close("log-probabilities", &found, &wanted);
        for toward in [Toward::Reverse, Toward::Forward, Toward::Middle] {
            for top_k in [0, 1, 20] {
                let found = pulled(&student, |x| divergence(toward, x, &teacher, top_k));
                let wanted = pulled(&wide(&student), |x| plain(toward, x, &wide(&teacher), top_k));
                close(&format!("{toward:?}, {top_k}"), &found, &wanted);
            }
        }
    }

    #[test]
    fn of_equals_the_first_are_best_and_extremes_stay_finite() {
        assert_eq!(best(&[1.0, 3.0, 2.0, 3.0, 2.0, 2.0], 4), [1, 2, 3, 4]);
        let (far, farther) = (logits(3, 200.0), logits(4, 200.0));
        for toward in [Toward::Reverse, Toward::Forward, Toward::Middle] {
            for top_k in [0, 5] {
                let (values, gradient) = pulled(&far, |x| divergence(toward, x, &farther, top_k));
                assert!(values.iter().chain(&gradient).all(|x| x.is_finite()), "{toward:?} {values:?}");
            }
        }
        assert!(token_log_probs(&far, &[0; ROWS - 1]).is_err());
        assert!(token_log_probs(&far, &[VOCAB as u32; ROWS]).is_err());
    }
}
