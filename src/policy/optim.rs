//! AdamW with its own state: f32 moments, decoupled decay of matrices only, clipping, and a state that can be saved.

use std::{path::Path, sync::Mutex};

use candle_core::{CpuStorage, DType, InplaceOp1, Layout, Tensor, Var, backprop::GradStore};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Gradients, PolicyError, Result, gradients::host, ops::simd::multiversion, weights};

/// Settings of AdamW (Loshchilov & Hutter 2019, algorithm 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamWConfig {
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    /// Applied to tensors of two or more axes only.
    pub weight_decay: f64,
    /// The gradient is scaled down to this global norm; none = never.
    pub max_grad_norm: Option<f64>,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, max_grad_norm: Some(1.0) }
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepInfo {
    /// Global norm before clipping.
    pub grad_norm: f64,
    pub clipped: bool,
}

/// The optimiser. Order of parameters = order of the list it was made with.
pub struct AdamW {
    config: AdamWConfig,
    vars: Vec<(String, Var)>,
    states: Vec<State>,
    steps: u64,
}

struct State {
    first: Vec<f32>,
    second: Vec<f32>,
    /// The weights in f32, for parameters that are kept in another dtype or elsewhere.
    master: Option<Vec<f32>>,
}

impl AdamW {
    pub fn new(vars: Vec<(String, Var)>, config: AdamWConfig) -> Result<Self> {
        let state = |(_, var): &(String, Var)| {
            let zeros = vec![0f32; var.elem_count()];
            let in_place = var.device().is_cpu() && var.dtype() == DType::F32;
            let master = if in_place { None } else { Some(host(var.as_tensor())?) };
            Ok(State { first: zeros.clone(), second: zeros, master })
        };
        let states = vars.iter().map(state).collect::<Result<_>>()?;
        Ok(Self { config, vars, states, steps: 0 })
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    pub fn vars(&self) -> &[(String, Var)] {
        &self.vars
    }

    /// One step along the gradients of one backward pass.
    ///
    /// # Errors
    /// [`PolicyError::NonFiniteGradient`] when a gradient is NaN or infinite: nothing was changed.
    pub fn step(&mut self, store: &GradStore, rate: f64) -> Result<StepInfo> {
        let mut gradients = Gradients::new(&self.vars);
        gradients.add(store, 1.0)?;
        self.step_accumulated(&mut gradients, rate)
    }

    /// One step along summed gradients, which are cleared.
    ///
    /// # Errors
    /// As [`AdamW::step`].
    pub fn step_accumulated(&mut self, gradients: &mut Gradients, rate: f64) -> Result<StepInfo> {
        gradients.check()?;
        let grad_norm = gradients.global_norm();
        let limit = self.config.max_grad_norm.unwrap_or(f64::INFINITY);
        let clipped = grad_norm > limit;
        let scale = if clipped { limit / (grad_norm + 1e-6) } else { 1.0 };
        self.steps += 1;
        for (((_, var), state), gradient) in self.vars.iter().zip(&mut self.states).zip(&gradients.sums) {
            let decay = if var.rank() >= 2 { self.config.weight_decay } else { 0.0 };
            let rule = Rule::new(&self.config, self.steps, rate, decay, scale);
            update(var, state, gradient, rule)?;
        }
        gradients.clear();
        Ok(StepInfo { grad_norm, clipped })
    }

    /// Writes moments and step count; equal states give equal bytes.
    pub fn save(&self, path: &Path) -> Result<()> {
        // The count is written as two exact floats.
        let count = [(self.steps >> 24) as f32, (self.steps & 0xFF_FFFF) as f32];
        let mut named: Vec<(String, Vec<usize>, &[f32])> = vec![("steps".into(), vec![2], &count)];
        for ((name, var), state) in self.vars.iter().zip(&self.states) {
            let shape = var.dims().to_vec();
            named.push((format!("first.{name}"), shape.clone(), &state.first));
            named.push((format!("second.{name}"), shape.clone(), &state.second));
            if let Some(master) = &state.master {
                named.push((format!("master.{name}"), shape, master));
            }
        }
        weights::save_floats(
            named.iter().map(|(name, shape, data)| (name.as_str(), shape.clone(), *data)),
            path,
        )
    }

    /// Takes over a state that [`AdamW::save`] wrote for the same parameters.
    pub fn load(&mut self, path: &Path) -> Result<()> {
        let mut tensors = weights::load_file(path, DType::F32, &candle_core::Device::Cpu)?;
        let mut take = |name: String, len: usize| -> Result<Vec<f32>> {
            let values = tensors.remove(&name).map(|tensor| host(&tensor)).transpose()?;
            values.filter(|values| values.len() == len).ok_or_else(|| PolicyError::Weights {
                path: path.into(),
                problem: format!("`{name}` is missing or of another size"),
            })
        };
        let count = take("steps".into(), 2)?;
        let mut states = Vec::with_capacity(self.states.len());
        for ((name, var), state) in self.vars.iter().zip(&self.states) {
            let len = var.elem_count();
            let master = state.master.as_ref().map(|_| take(format!("master.{name}"), len)).transpose()?;
            states.push(State {
                first: take(format!("first.{name}"), len)?,
                second: take(format!("second.{name}"), len)?,
                master,
            });
        }
        self.states = states;
        self.steps = ((count[0] as u64) << 24) | count[1] as u64;
        Ok(())
    }
}

/// The numbers of one update.
#[derive(Clone, Copy)]
struct Rule {
    beta1: f32,
    beta2: f32,
    eps: f32,
    /// Learning rate over the first bias correction.
    rate: f32,
    /// 1 / √(second bias correction).
    root: f32,
    /// 1 − rate · decay.
    keep: f32,
    /// Factor of the gradient.
    scale: f32,
}

impl Rule {
    fn new(config: &AdamWConfig, step: u64, rate: f64, decay: f64, scale: f64) -> Self {
        let correction = |beta: f64| 1.0 - beta.powi(step.min(i32::MAX as u64) as i32);
        Self {
            beta1: config.beta1 as f32,
            beta2: config.beta2 as f32,
            eps: config.eps as f32,
            rate: (rate / correction(config.beta1)) as f32,
            root: (1.0 / correction(config.beta2).sqrt()) as f32,
            keep: (1.0 - rate * decay) as f32,
            scale: scale as f32,
        }
    }
}

multiversion! {
    fn adam(rule: Rule, w: &mut [f32], first: &mut [f32], second: &mut [f32], gradient: &[f32]) {
        for (((w, m), v), g) in w.iter_mut().zip(first).zip(second).zip(gradient) {
            let g = *g * rule.scale;
            *m = rule.beta1.mul_add(*m, (1.0 - rule.beta1) * g);
            *v = rule.beta2.mul_add(*v, (1.0 - rule.beta2) * g * g);
            *w = *w * rule.keep - rule.rate * *m / v.sqrt().mul_add(rule.root, rule.eps);
        }
    }
}

/// Elements of one task.
const STEP: usize = 32 * 1024;

fn update_all(rule: Rule, w: &mut [f32], first: &mut [f32], second: &mut [f32], gradient: &[f32]) {
    w.par_chunks_mut(STEP)
        .zip(first.par_chunks_mut(STEP))
        .zip(second.par_chunks_mut(STEP))
        .zip(gradient.par_chunks(STEP))
        .for_each(|(((w, first), second), gradient)| adam(rule, w, first, second, gradient));
}

fn update(var: &Var, state: &mut State, gradient: &[f32], rule: Rule) -> Result<()> {
    let State { first, second, master } = state;
    let Some(master) = master else {
        let op = InPlace { rule, gradient, moments: Mutex::new((first, second)) };
        return Ok(var.as_tensor().inplace_op1(&op)?);
    };
    update_all(rule, master, first, second, gradient);
    let new = Tensor::from_slice(master, var.shape(), var.device())?.to_dtype(var.dtype())?;
    Ok(var.set(&new)?)
}

struct InPlace<'a> {
    rule: Rule,
    gradient: &'a [f32],
    moments: Mutex<(&'a mut Vec<f32>, &'a mut Vec<f32>)>,
}

impl InplaceOp1 for InPlace<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let CpuStorage::F32(all) = storage else {
            candle_core::bail!("only f32 weights are updated in place")
        };
        let Some((from, to)) = layout.contiguous_offsets() else {
            candle_core::bail!("a weight is not contiguous")
        };
        let Ok(mut moments) = self.moments.lock() else {
            candle_core::bail!("another thread failed in this update")
        };
        let (first, second) = &mut *moments;
        update_all(self.rule, &mut all[from..to], first, second, self.gradient);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn var(values: &[f32]) -> Var {
        Var::new(values, &Device::Cpu).unwrap()
    }

    /// ```python
    /// p = torch.nn.Parameter(torch.tensor([1., -2., 3.]))
    /// o = torch.optim.AdamW([p], lr=0.1, weight_decay=0.0)
    /// for g in ([.5, -1., 2.], [1., 1., -3.]): p.grad = torch.tensor(g); o.step()
    /// # tensor([ 0.8034, -1.9026,  2.9197])
    /// ```
    #[test]
    fn two_steps_follow_the_formula() {
        let p = var(&[1.0, -2.0, 3.0]);
        let config = AdamWConfig { max_grad_norm: None, ..Default::default() };
        let mut optimiser = AdamW::new(vec![("p".into(), p.clone())], config).unwrap();
        let (mut w, mut m, mut v) = ([1.0f64, -2.0, 3.0], [0.0; 3], [0.0; 3]);
        for (t, g) in [[0.5, -1.0, 2.0], [1.0, 1.0, -3.0]].into_iter().enumerate() {
            let loss =
                (p.as_tensor() * Tensor::new(&g.map(|x: f64| x as f32), &Device::Cpu).unwrap()).unwrap();
            optimiser.step(&loss.sum_all().unwrap().backward().unwrap(), 0.1).unwrap();
            for i in 0..3 {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                let n = t as i32 + 1;
                w[i] -=
                    0.1 * (m[i] / (1.0 - 0.9f64.powi(n))) / ((v[i] / (1.0 - 0.999f64.powi(n))).sqrt() + 1e-8);
            }
        }
        for (got, want) in p.to_vec1::<f32>().unwrap().into_iter().zip(w) {
            assert!((f64::from(got) - want).abs() < 1e-5, "{got} {want}");
        }
    }

    #[test]
    fn decay_spares_vectors_and_clipping_reports_the_norm() {
        let (vector, matrix) = (var(&[1.0]), Var::new(&[[1.0f32]], &Device::Cpu).unwrap());
        let vars = vec![("v".to_string(), vector.clone()), ("m".to_string(), matrix.clone())];
        let config = AdamWConfig { weight_decay: 0.5, ..Default::default() };
        let mut optimiser = AdamW::new(vars, config).unwrap();
        let loss = ((vector.as_tensor() * 0.0).unwrap().sum_all().unwrap()
            + (matrix.as_tensor() * 3.0).unwrap().sum_all())
        .unwrap();
        let info = optimiser.step(&loss.backward().unwrap(), 0.1).unwrap();
        assert_eq!(info, StepInfo { grad_norm: 3.0, clipped: true });
        assert_eq!(vector.to_vec1::<f32>().unwrap(), [1.0]);
        assert!((matrix.to_vec2::<f32>().unwrap()[0][0] - (0.95 - 0.1)).abs() < 1e-4);
    }

    #[test]
    fn a_gradient_that_is_not_finite_changes_nothing() {
        let p = var(&[1.0, 2.0]);
        let mut optimiser = AdamW::new(vec![("w".into(), p.clone())], AdamWConfig::default()).unwrap();
        let loss = (p.as_tensor() * f64::NAN).unwrap().sum_all().unwrap();
        let error = optimiser.step(&loss.backward().unwrap(), 0.1).unwrap_err();
        assert!(error.to_string().contains("`w`"), "{error}");
        assert_eq!((p.to_vec1::<f32>().unwrap(), optimiser.steps()), (vec![1.0, 2.0], 0));
    }

    #[test]
    fn a_saved_state_continues_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("optimiser.safetensors");
        let walk = |optimiser: &mut AdamW, p: &Var, n: usize| {
            for _ in 0..n {
                let loss = p.as_tensor().sqr().unwrap().sum_all().unwrap();
                optimiser.step(&loss.backward().unwrap(), 0.01).unwrap();
            }
        };
        let p = var(&[0.3, -0.7, 1.9]);
        let mut straight = AdamW::new(vec![("p".into(), p.clone())], AdamWConfig::default()).unwrap();
        walk(&mut straight, &p, 3);
        straight.save(&path).unwrap();
        let q = var(&p.to_vec1::<f32>().unwrap());
        let mut resumed = AdamW::new(vec![("p".into(), q.clone())], AdamWConfig::default()).unwrap();
        resumed.load(&path).unwrap();
        walk(&mut straight, &p, 4);
        walk(&mut resumed, &q, 4);
        assert_eq!(p.to_vec1::<f32>().unwrap(), q.to_vec1::<f32>().unwrap());
        assert_eq!(resumed.steps(), 7);
    }
}
