//! Gradients on the host: summed over micro-batches, measured, checked.

use candle_core::{DType, Tensor, Var, backprop::GradStore};

use super::{PolicyError, Result, ops::simd::multiversion};

/// Gradients of one step on the host, in the order of the parameters; sums over micro-batches.
pub struct Gradients {
    vars: Vec<(String, Var)>,
    pub(super) sums: Vec<Vec<f32>>,
}

impl Gradients {
    pub fn new(vars: &[(String, Var)]) -> Self {
        let sums = vars.iter().map(|(_, var)| vec![0f32; var.elem_count()]).collect();
        Self { vars: vars.to_vec(), sums }
    }

    /// Adds `scale` times the gradients of one backward pass; parameters that got none stay as they are.
    pub fn add(&mut self, store: &GradStore, scale: f64) -> Result<()> {
        for ((_, var), sum) in self.vars.iter().zip(&mut self.sums) {
            let Some(gradient) = store.get(var.as_tensor()) else { continue };
            let gradient = host(gradient)?;
            add_scaled(scale as f32, &gradient, sum);
        }
        Ok(())
    }

    /// √Σg², summed in f64 in a fixed order.
    pub fn global_norm(&self) -> f64 {
        self.sums.iter().map(|sum| square_sum(sum)).sum::<f64>().sqrt()
    }

    pub fn clear(&mut self) {
        self.sums.iter_mut().for_each(|sum| sum.fill(0.0));
    }

    /// The summed gradient of each parameter.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f32])> {
        self.vars.iter().zip(&self.sums).map(|((name, _), sum)| (name.as_str(), sum.as_slice()))
    }

    /// The first gradient that is not finite is an error.
    pub(super) fn check(&self) -> Result<()> {
        match self.iter().find(|(_, sum)| !square_sum(sum).is_finite()) {
            Some((name, _)) => Err(PolicyError::NonFiniteGradient { name: name.to_string() }),
            None => Ok(()),
        }
    }
}

pub(super) fn host(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1()?)
}

multiversion! {
    fn add_scaled(scale: f32, x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = scale.mul_add(*x, *y);
        }
    }
}

multiversion! {
    fn square_sum(x: &[f32]) -> f64 {
        let mut lanes = [0f64; 8];
        let (main, rest) = x.as_chunks::<8>();
        for x in main {
            for i in 0..8 {
                lanes[i] = f64::from(x[i]).mul_add(f64::from(x[i]), lanes[i]);
            }
        }
        lanes.iter().sum::<f64>() + rest.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>()
    }
}
