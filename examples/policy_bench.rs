//! One side of `scripts/bench-policy`: trains and samples tiny models, and reports CPU seconds and peak memory.
//!
//! `policy_bench prepare DIR` writes two models and their inputs, for both sides to read: `pictures` (Qwen3-VL, 16 rows of two
//! pictures, text and 40 response tokens) and `text` (a decoder alone, 4 rows of 512 tokens). `policy_bench train DIR NAME STEPS`
//! takes optimiser steps; `policy_bench sample DIR NAME TOKENS` samples 8 responses to the first prompt. Both print a line of json,
//! and both take `cpu` or `cuda` as a last argument. `policy_bench parity DIR cuda` compares loss, gradients, log-probabilities and greedy
//! tokens of both devices in f32. `policy_bench adapter DIR NAME` writes an adapter with the logits that it gives, for
//! `scripts/peft-check`. `policy_bench kernels cuda` compares every kernel with the CPU and times the attention of decoding.
//! `policy_bench loss plain|fused TOKENS VOCAB` computes a loss with all logits at once, or as training does it. `policy_bench prepare-large DIR` makes the text model large enough to keep a GPU busy.

use std::{error::Error, path::Path, sync::Arc, time::Instant};

use candle_core::{DType, Device, Tensor, Var, safetensors};
use galley::policy::{
    AdamW, AdamWConfig, Encoded, Gradients, LoraConfig, ModelConfig, Policy, PreTokenizer, PreparedImage,
    ProcessorConfig, PromptPart, Row, SampleOptions, SampleRequest, Template, Tokenizer,
    cuda::{Compared, attention_speed, compare, open},
    loss as policy_loss,
};
use galley_core::{Image, Random};
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    /// Of mimalloc.
    fn mi_option_set(option: i32, value: std::ffi::c_long);
}

/// `mi_option_purge_delay`: -1 keeps freed memory, as the program itself does.
const PURGE_DELAY: i32 = 15;
const VOCAB: usize = 2048;
const RESPONSE: usize = 40;
const RATE: f64 = 1e-3;

fn main() -> Result<(), Box<dyn Error>> {
    // SAFETY: the allocator of this program is mimalloc; the call only sets a number.
    unsafe { mi_option_set(PURGE_DELAY, -1) };
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["prepare", dir] => prepare(Path::new(dir), false),
        ["prepare-large", dir] => prepare(Path::new(dir), true),
        ["train", dir, name, steps, rest @ ..] => {
            train(&Path::new(dir).join(name), steps.parse()?, &device(rest)?)
        }
        ["sample", dir, name, tokens, rest @ ..] => {
            sample(&Path::new(dir).join(name), tokens.parse()?, &device(rest)?)
        }
        ["adapter", dir, name] => adapter(&Path::new(dir).join(name)),
        ["parity", dir, rest @ ..] => parity(Path::new(dir), &device(rest)?),
        ["kernels", rest @ ..] => kernels(&device(rest)?),
        ["loss", how, tokens, vocab] => loss(how, tokens.parse()?, vocab.parse()?),
        _ => {
            Err("policy_bench prepare DIR | train DIR NAME STEPS | sample DIR NAME TOKENS | parity DIR | kernels cuda | \
              adapter DIR NAME | loss plain|fused TOKENS VOCAB"
                .into())
        }
    }
}

fn device(rest: &[&str]) -> Result<Device, Box<dyn Error>> {
    match rest {
        [] => Ok(Device::Cpu),
        ["cpu"] => Ok(Device::Cpu),
        ["cuda"] => Ok(open()?),
        _ => Err(format!("{rest:?} is no device; known: cpu, cuda").into()),
    }
}

fn prepare(dir: &Path, large: bool) -> Result<(), Box<dyn Error>> {
    let mut random = Random::new(0);
    let corpus: Vec<String> = (0..400).map(|_| words(&mut random, 60)).collect();
    let tokenizer = Tokenizer::train(corpus.iter().map(String::as_str), VOCAB, PreTokenizer::Pieces)?;
    let mut config = ModelConfig::tiny(VOCAB.max(tokenizer.vocab_size()), tokenizer.special_ids()?);
    // The other side cannot share a picture among samples of a model without deepstack features.
    config.vision.as_mut().ok_or("the preset sees")?.deepstack = vec![0];
    let make = |config: ModelConfig| {
        let processor = ProcessorConfig::tiny(128, 96);
        Policy::tiny(config, tokenizer.clone(), Template::Compact, processor, &Random::new(7))
    };
    let policy = make(config.clone())?;
    let mut rows = Vec::new();
    for _ in 0..16 {
        let mut picture = || {
            let pixels = (0..128 * 96 * 3).map(|_| random.below(256) as u8).collect();
            policy.prepare(&Image::new(128, 96, pixels)).map(PromptPart::Image)
        };
        let mut prompt = policy.encode_parts(&[picture()?, picture()?])?;
        prompt.tokens.extend((0..42).map(|_| token(&mut random)));
        rows.push(Row {
            prompt: prompt.into(),
            response: (0..RESPONSE).map(|_| token(&mut random)).collect(),
        });
    }
    policy.save(&dir.join("pictures"))?;
    write_inputs(&dir.join("pictures"), &rows)?;
    config.vision = None;
    (config.text.hidden, config.text.intermediate, config.text.layers) = (256, 768, 6);
    (config.text.heads, config.text.kv_heads) = (8, 4);
    if large {
        (config.text.hidden, config.text.intermediate, config.text.layers) = (1024, 3072, 16);
        (config.text.heads, config.text.kv_heads, config.text.head_dim) = (16, 8, 64);
        config.text.mrope_section = [12, 10, 10];
    }
    let rows: Vec<Row> = (0..4)
        .map(|_| Row {
            prompt: Arc::new(Encoded { tokens: vec![token(&mut random)], images: Vec::new() }),
            response: (0..511).map(|_| token(&mut random)).collect(),
        })
        .collect();
    make(config)?.save(&dir.join("text"))?;
    write_inputs(&dir.join("text"), &rows)
}

fn token(random: &mut Random) -> u32 {
    300 + random.below(1500) as u32
}

fn words(random: &mut Random, count: usize) -> String {
    let mut letter = || char::from(b'a' + random.below(26) as u8);
    (0..count).map(|_| format!("{}{}{} ", letter(), letter(), letter())).collect()
}

/// Token ids, the length of the prompts, and patch vectors as the official processor orders them (two equal frames).
fn write_inputs(dir: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let ids: Vec<i64> = rows
        .iter()
        .flat_map(|row| row.prompt.tokens.iter().chain(&row.response))
        .map(|&id| i64::from(id))
        .collect();
    let prompt = rows[0].prompt.tokens.len() as i64;
    let width = ids.len() / rows.len();
    let mut tensors = std::collections::HashMap::from([
        ("ids".to_owned(), Tensor::from_vec(ids, (rows.len(), width), &Device::Cpu)?),
        ("prompt".to_owned(), Tensor::new(&[prompt], &Device::Cpu)?),
    ]);
    let images: Vec<&Arc<PreparedImage>> = rows.iter().flat_map(|row| &row.prompt.images).collect();
    if !images.is_empty() {
        let frames = images.iter().flat_map(|image| image.patches.chunks_exact(256));
        let pixels: Vec<f32> = frames.flat_map(|frame| [frame, frame].concat()).collect();
        let grids: Vec<i64> =
            images.iter().flat_map(|image| [1, image.grid.1 as i64, image.grid.2 as i64]).collect();
        let (count, patches) = (images.len(), pixels.len() / 1536);
        tensors.insert("pixel_values".to_owned(), Tensor::from_vec(pixels, (patches, 1536), &Device::Cpu)?);
        tensors.insert("grids".to_owned(), Tensor::from_vec(grids, (count, 3), &Device::Cpu)?);
    }
    Ok(safetensors::save(&tensors, dir.join("inputs.safetensors"))?)
}

fn read_rows(policy: &Policy, dir: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let tensors = safetensors::load(dir.join("inputs.safetensors"), &Device::Cpu)?;
    let prompt = tensors["prompt"].to_vec1::<i64>()?[0] as usize;
    let mut images = Vec::new().into_iter();
    if let (Some(pixels), Some(grids)) = (tensors.get("pixel_values"), tensors.get("grids")) {
        let pixels = pixels.flatten_all()?.to_vec1::<f32>()?;
        let mut channels = pixels.chunks_exact(512);
        let mut list = Vec::new();
        for grid in grids.to_vec2::<i64>()? {
            let (h, w) = (grid[1] as usize, grid[2] as usize);
            let patches = channels.by_ref().take(h * w * 3).flat_map(|both| both[..256].to_vec()).collect();
            list.push(Arc::new(PreparedImage::new(h, w, 2, patches)));
        }
        images = list.into_iter();
    }
    let each = if policy.config().vision.is_some() { 2 } else { 0 };
    let row = |ids: Vec<i64>| {
        let ids: Vec<u32> = ids.into_iter().map(|id| id as u32).collect();
        let (tokens, response) = ids.split_at(prompt);
        let encoded = Encoded { tokens: tokens.to_vec(), images: images.by_ref().take(each).collect() };
        Row { prompt: encoded.into(), response: response.to_vec() }
    };
    Ok(tensors["ids"].to_vec2::<i64>()?.into_iter().map(row).collect())
}

fn train(dir: &Path, steps: usize, device: &Device) -> Result<(), Box<dyn Error>> {
    let policy = Policy::load(dir, device)?;
    let rows = read_rows(&policy, dir)?;
    let targets: Vec<u32> = rows.iter().flat_map(|row| row.response.clone()).collect();
    let tokens: usize = rows.iter().map(|row| row.prompt.tokens.len() + row.response.len()).sum();
    let mut optimiser = AdamW::new(policy.trainable(), AdamWConfig::default())?;
    let mut gradients = Gradients::new(&policy.trainable());
    let (mut cpu, mut wall, mut first) = (Vec::new(), Vec::new(), 0.0);
    for step in 0..=steps {
        let (start, clock) = (cpu_seconds(), Instant::now());
        let total = differentiate(&policy, &rows, &targets, &mut gradients)?;
        optimiser.step_accumulated(&mut gradients, RATE)?;
        match step {
            // The first step touches fresh memory, and is the one whose loss both sides must agree on.
            0 => first = total,
            _ => {
                cpu.push(cpu_seconds() - start);
                wall.push(clock.elapsed().as_secs_f64());
            }
        }
    }
    println!(
        "{}",
        json!({"loss": first, "tokens": tokens, "cpu": middle(cpu), "wall": middle(wall), "peak": peak()?})
    );
    Ok(())
}

fn sample(dir: &Path, tokens: usize, device: &Device) -> Result<(), Box<dyn Error>> {
    let policy = Policy::load(dir, device)?;
    let rows = read_rows(&policy, dir)?;
    let options = SampleOptions { max_tokens: tokens, ..SampleOptions::default() };
    let (mut cpu, mut wall, mut drawn) = (Vec::new(), Vec::new(), 0);
    for round in 0..4 {
        let seeds = (0..8).map(|i| Random::new(round).at(i)).collect();
        let request = SampleRequest { prompt: rows[0].prompt.clone(), seeds };
        let (start, clock) = (cpu_seconds(), Instant::now());
        let samples = policy.sample(&[request], &options, &mut |_, _| {})?;
        if round > 0 {
            cpu.push(cpu_seconds() - start);
            wall.push(clock.elapsed().as_secs_f64());
        }
        drawn = samples[0].iter().map(|sample| sample.tokens.len()).sum();
    }
    println!("{}", json!({"tokens": drawn, "cpu": middle(cpu), "wall": middle(wall), "peak": peak()?}));
    Ok(())
}

/// Adds the gradient of the mean cross-entropy of the responses; gives its value.
fn differentiate(
    policy: &Policy,
    rows: &[Row],
    targets: &[u32],
    gradients: &mut Gradients,
) -> Result<f64, Box<dyn Error>> {
    let mut total = 0.0;
    policy.differentiate(rows, gradients, &mut |range, logits| {
        let logits = logits.to_dtype(DType::F32)?;
        let index = Tensor::new(&targets[range], logits.device())?.unsqueeze(1)?;
        let chosen = logits.gather(&index, 1)?.squeeze(1)?;
        let loss = ((logits.log_sum_exp(1)? - chosen)?.sum_all()? / targets.len() as f64)?;
        total += f64::from(loss.to_scalar::<f32>()?);
        Ok(loss)
    })?;
    Ok(total)
}

/// What a device computes in f32: loss, gradients, log-probabilities of the responses, greedy tokens.
struct Computed {
    loss: f64,
    gradients: Gradients,
    logprobs: Vec<Vec<f32>>,
    greedy: Vec<u32>,
}

fn compute(dir: &Path, device: &Device) -> Result<Computed, Box<dyn Error>> {
    let policy = Policy::load_as(dir, device, DType::F32)?;
    let rows = read_rows(&policy, dir)?;
    let targets: Vec<u32> = rows.iter().flat_map(|row| row.response.clone()).collect();
    let mut gradients = Gradients::new(&policy.trainable());
    let loss = differentiate(&policy, &rows, &targets, &mut gradients)?;
    let options = SampleOptions { temperature: 0.0, max_tokens: 32, ..SampleOptions::default() };
    let request = SampleRequest { prompt: rows[0].prompt.clone(), seeds: vec![Random::new(0)] };
    let mut sampled = policy.sample(&[request], &options, &mut |_, _| {})?;
    let greedy = sampled.remove(0).remove(0).tokens;
    Ok(Computed { loss, gradients, logprobs: policy.log_probs(&rows)?, greedy })
}

fn parity(dir: &Path, device: &Device) -> Result<(), Box<dyn Error>> {
    let mut failed = false;
    for name in ["text", "pictures"] {
        let (cpu, other) = (compute(&dir.join(name), &Device::Cpu)?, compute(&dir.join(name), device)?);
        let logprobs = cpu.logprobs.iter().flatten().zip(other.logprobs.iter().flatten());
        let logprobs = logprobs.map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        let gradients = cpu.gradients.iter().zip(other.gradients.iter()).map(|((_, a), (_, b))| {
            let largest = a.iter().fold(1e-9f32, |top, x| top.max(x.abs()));
            a.iter().zip(b).map(|(a, b)| (a - b).abs() / largest).fold(0f32, f32::max)
        });
        let gradients = gradients.fold(0f32, f32::max);
        let loss = (cpu.loss - other.loss).abs();
        for (what, distance, gate) in [
            ("loss", loss, 1e-5),
            ("log-probabilities", f64::from(logprobs), 1e-4),
            ("gradients, of the largest", f64::from(gradients), 5e-4),
            ("greedy tokens that differ", if cpu.greedy == other.greedy { 0.0 } else { 1.0 }, 0.0),
        ] {
            let verdict = if distance <= gate { "ok" } else { "FAILED" };
            println!("{name:9} {what:26} {distance:9.1e} of {gate:.0e}  {verdict}");
            failed |= distance > gate;
        }
    }
    if failed { Err("the devices disagree".into()) } else { Ok(()) }
}

/// Distillation and cross-entropy of some tokens, from states to the gradients of states and output layer: `plain` with all
/// logits at once and candle's operations, `fused` as training does it.
fn loss(how: &str, tokens: usize, vocab: usize) -> Result<(), Box<dyn Error>> {
    const HIDDEN: usize = 64;
    let mut random = Random::new(0);
    let mut normal = |rows: usize, scale: f64| {
        let values: Vec<f32> = (0..rows * HIDDEN).map(|_| (random.normal() * scale) as f32).collect();
        Tensor::from_vec(values, (rows, HIDDEN), &Device::Cpu)
    };
    let (states, seen, head) =
        (normal(tokens, 1.0)?, normal(tokens, 1.0)?, Var::from_tensor(&normal(vocab, 0.3)?)?);
    let ids: Vec<u32> = (0..tokens).map(|token| (token * 7919 % vocab) as u32).collect();
    let step = match how {
        "plain" => tokens,
        "fused" => ((1 << 24) / vocab).clamp(64, tokens.max(64)),
        _ => return Err(format!("{how} is no way; known: plain, fused").into()),
    };
    let start = cpu_seconds();
    let (mut total, mut norm) = (0.0, 0.0);
    for from in (0..tokens).step_by(step) {
        let count = step.min(tokens - from);
        let leaf = Var::from_tensor(&states.narrow(0, from, count)?)?;
        let student = leaf.as_tensor().matmul(&head.as_tensor().t()?)?;
        let teacher = seen.narrow(0, from, count)?.matmul(&head.as_detached_tensor().t()?)?;
        let ids = &ids[from..from + count];
        let (apart, chosen) = if how == "fused" {
            let apart = policy_loss::divergence(policy_loss::Toward::Reverse, &student, &teacher, 0)?;
            (apart, policy_loss::token_log_probs(&student, ids)?)
        } else {
            let log = |x: &Tensor| x.broadcast_sub(&x.log_sum_exp(1)?.unsqueeze(1)?);
            let (s, t) = (log(&student)?, log(&teacher)?);
            let index = Tensor::new(ids, &Device::Cpu)?.unsqueeze(1)?;
            ((s.exp()? * (&s - t)?)?.sum(1)?, s.gather(&index, 1)?.squeeze(1)?)
        };
        let loss = ((apart - chosen)?.sum_all()? / tokens as f64)?;
        total += f64::from(loss.to_scalar::<f32>()?);
        drop((student, teacher));
        let store = loss.backward()?;
        let gradient = store.get(leaf.as_tensor()).ok_or("no gradient of the states")?;
        norm += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
        store.get(head.as_tensor()).ok_or("no gradient of the output layer")?;
    }
    let cpu = cpu_seconds() - start;
    println!("{}", json!({"how": how, "loss": total, "norm": norm.sqrt(), "cpu": cpu, "peak": peak()?}));
    Ok(())
}

/// Every kernel against the CPU, and how fast the attention of decoding reads its cache.
fn kernels(device: &Device) -> Result<(), Box<dyn Error>> {
    let mut failed = false;
    for Compared { name, distance, gate } in compare(device)? {
        let verdict = if distance <= gate { "ok" } else { "FAILED" };
        println!("{name:40} {distance:9.1e} of {gate:.0e}  {verdict}");
        failed |= distance.is_nan() || distance > gate;
    }
    for (lanes, columns) in
        [(8, 2000), (32, 2000), (64, 2000), (8, 16_000)].into_iter().filter(|_| device.is_cuda())
    {
        let speed = attention_speed(device, lanes, columns)?;
        let rate = speed.bytes_per_second / 1e12;
        println!(
            "attention of {lanes:2} lanes over {columns:5}: {:8.1} µs, {rate:.2} TB/s",
            speed.seconds * 1e6
        );
    }
    if failed { Err("a kernel and the CPU disagree".into()) } else { Ok(()) }
}

/// An adapter whose B is not zero, and the logits of the adapted model behind every response token.
fn adapter(dir: &Path) -> Result<(), Box<dyn Error>> {
    let config = LoraConfig { rank: 4, alpha: 6.0, ..LoraConfig::default() };
    let policy = Policy::load(dir, &Device::Cpu)?.adapted(config, &Random::new(1))?;
    for (name, var) in policy.trainable().iter().filter(|(name, _)| name.contains("lora_B")) {
        let mut draw = Random::new(2).named(name);
        let values: Vec<f32> = (0..var.elem_count()).map(|_| draw.normal() as f32 * 0.2).collect();
        var.set(&Tensor::from_vec(values, var.shape(), var.device())?)?;
    }
    let adapters = policy.lora().ok_or("no adapters")?;
    adapters.save(&dir.join("adapter"))?;
    let rows = read_rows(&policy, dir)?;
    let logits = policy.logits(&rows, false)?.logits;
    let tensors = std::collections::HashMap::from([("logits".to_owned(), logits)]);
    Ok(safetensors::save(&tensors, dir.join("adapted.safetensors"))?)
}

/// The median.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Largest resident size so far, in MiB.
fn peak() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

/// CPU time of this process so far.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call only writes to `time`.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
