//! How fast a tiny policy trains and samples on this machine: `cargo run --example policy_speed [steps]`.
//!
//! A step is 64 rows of about 110 tokens (two pictures of 12 tokens each, logits at 40 response tokens) through forward,
//! cross-entropy, backward and AdamW; once with 64 different prompts and once with 8 prompts of 8 responses each.

use std::{error::Error, sync::Arc, time::Instant};

use candle_core::Tensor;
use galley::policy::{
    AdamW, AdamWConfig, Encoded, ModelConfig, Policy, PreTokenizer, ProcessorConfig, PromptPart, Row,
    SampleOptions, SampleRequest, Template, Tokenizer,
};
use galley_core::{Image, Random};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    /// Of mimalloc.
    fn mi_option_set(option: i32, value: std::ffi::c_long);
}

/// `mi_option_purge_delay`: -1 keeps freed memory, which a training step needs again at once.
const PURGE_DELAY: i32 = 15;

const ROWS: usize = 64;
const RESPONSE: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    // SAFETY: the allocator of this program is mimalloc; the call only sets a number.
    unsafe { mi_option_set(PURGE_DELAY, -1) };
    let steps: usize = std::env::args().nth(1).map_or(Ok(5), |n| n.parse())?;
    let policy = policy()?;
    println!("{} parameters, vocabulary {}", policy.params().count(), policy.config().text.vocab);
    let mut random = Random::new(1);
    let prompts =
        (0..ROWS).map(|_| prompt(&policy, &mut random).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
    println!("prompt of {} tokens", prompts[0].tokens.len());
    for (name, distinct) in [("64 prompts", 64), ("8 prompts x 8 responses", 8)] {
        let rows: Vec<Row> = (0..ROWS)
            .map(|i| Row {
                prompt: prompts[i % distinct].clone(),
                response: (0..RESPONSE).map(|_| 300 + random.below(900) as u32).collect(),
            })
            .collect();
        train(&policy, &rows, steps, name)?;
    }
    sampling(&policy, &prompts)
}

fn policy() -> Result<Policy, Box<dyn Error>> {
    let mut random = Random::new(0);
    let corpus: Vec<String> = (0..400).map(|_| words(&mut random, 60)).collect();
    let tokenizer = Tokenizer::train(corpus.iter().map(String::as_str), 2048, PreTokenizer::Pieces)?;
    let mut config = ModelConfig::tiny(2048, tokenizer.special_ids()?);
    config.text.vocab = config.text.vocab.max(tokenizer.vocab_size());
    let processor = ProcessorConfig::tiny(128, 96);
    Ok(Policy::tiny(config, tokenizer, Template::Compact, processor, &Random::new(7))?)
}

fn words(random: &mut Random, count: usize) -> String {
    let mut letter = || char::from(b'a' + random.below(26) as u8);
    (0..count).map(|_| format!("{}{}{} ", letter(), letter(), letter())).collect()
}

fn prompt(policy: &Policy, random: &mut Random) -> Result<Encoded, Box<dyn Error>> {
    let mut picture = || {
        let pixels = (0..128 * 96 * 3).map(|_| random.below(256) as u8).collect();
        policy.prepare(&Image::new(128, 96, pixels)).map(PromptPart::Image)
    };
    let parts = [picture()?, picture()?];
    let mut encoded = policy.encode_parts(&parts)?;
    let filler = policy.tokenizer().encode(&words(random, 60))?;
    encoded.tokens.extend(filler.into_iter().take(70 - encoded.tokens.len()));
    Ok(encoded)
}

fn train(policy: &Policy, rows: &[Row], steps: usize, name: &str) -> Result<(), Box<dyn Error>> {
    let mut optimiser = AdamW::new(policy.trainable(), AdamWConfig::default())?;
    let targets: Vec<u32> = rows.iter().flat_map(|row| row.response.clone()).collect();
    let targets = Tensor::from_vec(targets, (ROWS * RESPONSE, 1), &policy.device())?;
    for step in 0..steps {
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        let out = policy.logits(rows, true)?;
        let forward = cpu_seconds();
        let logprobs = candle_nn::ops::log_softmax(&out.logits, 1)?;
        let loss = logprobs.gather(&targets, 1)?.mean_all()?.neg()?;
        let loss_done = cpu_seconds();
        let gradients = loss.backward()?;
        let backward = cpu_seconds();
        optimiser.step(&gradients, 1e-3)?;
        println!(
            "{name}, step {step}: loss {:.3}, {:.2} s, {:.2} CPU s (forward {:.2}, loss {:.2}, backward {:.2}, AdamW {:.2})",
            loss.to_scalar::<f32>()?,
            wall.elapsed().as_secs_f64(),
            cpu_seconds() - cpu,
            forward - cpu,
            loss_done - forward,
            backward - loss_done,
            cpu_seconds() - backward,
        );
    }
    Ok(())
}

fn sampling(policy: &Policy, prompts: &[Arc<Encoded>]) -> Result<(), Box<dyn Error>> {
    for (prompts, each) in [(&prompts[..8], 8), (prompts, 1), (&prompts[..8], 64)] {
        let request = |(at, prompt): (usize, &Arc<Encoded>)| SampleRequest {
            prompt: prompt.clone(),
            seeds: (0..each).map(|i| Random::new(2).at(at as u64).at(i)).collect(),
        };
        let requests: Vec<SampleRequest> = prompts.iter().enumerate().map(request).collect();
        let options = SampleOptions { max_tokens: RESPONSE, max_rows: 128, ..SampleOptions::default() };
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        let samples = policy.sample(&requests, &options, &mut |_, _| {})?;
        let tokens: usize = samples.iter().flatten().map(|sampled| sampled.tokens.len()).sum();
        let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        println!(
            "sampling {} x {each}: {tokens} tokens in {wall:.2} s, {cpu:.2} CPU s: {:.0} tokens/s, {:.0} tokens/CPU s",
            prompts.len(),
            tokens as f64 / wall,
            tokens as f64 / cpu
        );
    }
    Ok(())
}

/// CPU time of this process so far.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call only writes to `time`.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
