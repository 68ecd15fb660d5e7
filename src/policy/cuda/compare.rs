//! Every fused operation on a device against the same on the CPU, for `scripts/gpu-check`.

use std::{sync::Arc, time::Instant};

use candle_core::{DType, Device, Result, Tensor, Var};
use galley_core::Random;

use crate::policy::{
    SampleOptions,
    decode::draw_rows,
    ops::{self, Angles},
};

/// How far an operation on a device is from the CPU's.
pub struct Compared {
    pub name: String,
    /// Largest difference, in parts of the larger of 1 and the number.
    pub distance: f64,
    pub gate: f64,
}

/// Attention of decoding at a size: how fast keys and values are read.
pub struct Speed {
    pub lanes: usize,
    pub columns: usize,
    pub seconds: f64,
    pub bytes_per_second: f64,
}

fn normal(random: &mut Random, shape: &[usize], dtype: DType) -> Result<Tensor> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.normal() as f32).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)
}

/// Runs `f` on both sides with the same numbers, on the CPU in f32.
fn apart(inputs: &[Tensor], device: &Device, f: &dyn Fn(&[Tensor]) -> Result<Tensor>) -> Result<f64> {
    let here: Vec<Tensor> = inputs.iter().map(|x| x.to_dtype(DType::F32)).collect::<Result<_>>()?;
    let there = |x: &Tensor| if device.is_cpu() { x.to_dtype(DType::F32) } else { x.to_device(device) };
    let there: Vec<Tensor> = inputs.iter().map(there).collect::<Result<_>>()?;
    let flat = |x: Tensor| x.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>();
    let (wanted, found) = (flat(f(&here)?)?, flat(f(&there)?)?);
    let each = wanted.iter().zip(&found).map(|(a, b)| f64::from((a - b).abs() / a.abs().max(1.0)));
    Ok(each.fold(0.0, |worst, x| if x > worst || x.is_nan() { x } else { worst }))
}

/// Results in f32 and bf16, and gradients in f32, of everything that has a kernel.
pub fn compare(device: &Device) -> Result<Vec<Compared>> {
    let mut random = Random::new(0);
    let mut all = Vec::new();
    for (dtype, gate) in [(DType::F32, 1e-5), (DType::BF16, 1.0 / 128.0)] {
        let mut note = |name: &str, inputs: &[Tensor], f: &dyn Fn(&[Tensor]) -> Result<Tensor>| {
            let distance = apart(inputs, device, f)?;
            all.push(Compared { name: format!("{name}, {dtype:?}"), distance, gate });
            Ok::<_, candle_core::Error>(())
        };
        let mut tensor = |shape: &[usize]| normal(&mut random, shape, dtype);
        let norm = [tensor(&[7, 4096])?, tensor(&[4096])?];
        note("rms_norm", &norm, &|x| ops::rms_norm(&x[0], &x[1], 1e-6))?;
        let angles: Vec<f32> = (0..7 * 64).map(|i| i as f32 * 0.37).collect();
        let heads = [tensor(&[7, 32 * 128])?, tensor(&[128])?];
        let angles: Arc<Angles> = Angles::new(&angles, 64);
        note("norm and rotation", &heads, &|x| ops::norm_rotate(&x[0], &x[1], 1e-6, &angles))?;
        let gate_up = [tensor(&[7, 12_288])?, tensor(&[7, 12_288])?];
        note("swiglu", &gate_up, &|x| ops::swiglu(&x[0], &x[1]))?;
        for (lanes, columns) in [(2, 90), (2, 1100)] {
            let cache = [lanes, 8, columns + 3, 128];
            let inputs = [tensor(&[lanes, 32 * 128])?, tensor(&cache)?, tensor(&cache)?];
            note(&format!("attention over {columns}"), &inputs, &|x| {
                let first: Vec<u32> = (0..lanes as u32).map(|lane| lane * 11).collect();
                ops::attend(&x[0], &x[1], &x[2], &Tensor::new(first, x[0].device())?, columns)
            })?;
        }
        let logits = [(tensor(&[16, 4_096])? * 3.0)?];
        for (temperature, top_k, top_p) in [(0.0, 0, 1.0), (1.0, 0, 1.0), (0.8, 50, 1.0), (1.0, 0, 0.9)] {
            let options = SampleOptions { temperature, top_k, top_p, ..SampleOptions::default() };
            note(&format!("draws at {temperature}, {top_k}, {top_p}"), &logits, &|x| {
                let drawn = draw_rows(&x[0], &options, (0..16).map(|i| f64::from(i) / 16.0).collect())?;
                let numbers = drawn.iter().flat_map(|d| [d.token as f32, d.logprob, d.sampling_logprob]);
                Tensor::from_iter(numbers, &Device::Cpu)
            })?;
        }
        if dtype == DType::F32 {
            note("gradient of rms_norm", &norm, &|x| pulled(x, &|x| ops::rms_norm(&x[0], &x[1], 1e-6)))?;
            note("gradient of norm and rotation", &heads, &|x| {
                pulled(x, &|x| ops::norm_rotate(&x[0], &x[1], 1e-6, &angles))
            })?;
            note("gradient of swiglu", &gate_up, &|x| pulled(x, &|x| ops::swiglu(&x[0], &x[1])))?;
        }
    }
    Ok(all)
}

/// Gradients of Σ sin-weighted results at all operands, one behind the other.
fn pulled(inputs: &[Tensor], f: &dyn Fn(&[Tensor]) -> Result<Tensor>) -> Result<Tensor> {
    let vars = inputs.iter().map(Var::from_tensor).collect::<Result<Vec<_>>>()?;
    let leaves: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let y = f(&leaves)?;
    let weights = Tensor::arange(0f32, y.elem_count() as f32, y.device())?.sin()?.reshape(y.dims())?;
    let store = (y * weights)?.sum_all()?.backward()?;
    let gradients = leaves.iter().map(|leaf| match store.get(leaf) {
        Some(gradient) => gradient.flatten_all(),
        None => leaf.zeros_like()?.flatten_all(),
    });
    Tensor::cat(&gradients.collect::<Result<Vec<_>>>()?, 0)
}

/// Times the attention of decoding at the shape of an 8B model, with a cache too large to be held on the chip.
pub fn attention_speed(device: &Device, lanes: usize, columns: usize) -> Result<Speed> {
    let (kv_heads, heads, dim, rounds) = (8, 32, 128, 50);
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::BF16, device);
    let query = zeros(&[lanes, heads * dim])?;
    let caches = (0..4)
        .map(|_| Ok((zeros(&[lanes, kv_heads, columns, dim])?, zeros(&[lanes, kv_heads, columns, dim])?)))
        .collect::<Result<Vec<_>>>()?;
    let first = Tensor::zeros(lanes, DType::U32, device)?;
    let mut clock = Instant::now();
    for round in 0..=rounds {
        let (keys, values) = &caches[round % caches.len()];
        ops::attend(&query, keys, values, &first, columns)?;
        if round == 0 {
            device.synchronize()?;
            clock = Instant::now();
        }
    }
    device.synchronize()?;
    let seconds = clock.elapsed().as_secs_f64() / rounds as f64;
    let bytes = (2 * 2 * lanes * kv_heads * columns * dim) as f64;
    Ok(Speed { lanes, columns, seconds, bytes_per_second: bytes / seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The CPU agrees with itself: the comparison itself runs, and covers what has a kernel.
    #[test]
    fn the_cpu_is_no_distance_from_itself() {
        let all = compare(&Device::Cpu).unwrap();
        assert!(all.len() >= 20 && all.iter().all(|compared| compared.distance == 0.0));
    }
}
