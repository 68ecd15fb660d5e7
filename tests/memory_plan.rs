//! The memory plan against what is allocated: three configurations, each trained for two steps and sampled from.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
};

use candle_core::Tensor;
use galley::policy::{
    AdamW, AdamWConfig, Gradients, LoraConfig, MemoryPlan, ModelConfig, Place, Policy, PreTokenizer,
    ProcessorConfig, PromptPart, Row, SampleOptions, SampleRequest, Setup, Template, Tokenizer, Workload,
};
use galley_core::{Image, Random};

/// The system's allocator, counting what is in use.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROWS: usize = 16;
const PROMPTS: usize = 4;
const PICTURES: usize = 2;
const RESPONSE: usize = 48;
const SAMPLED: usize = 32;
/// What cross-entropy below makes of logits: they, their shifted exponentials, and the gradients of each.
const LOSS_COPIES: usize = 5;

struct Case {
    name: &'static str,
    lora: Option<LoraConfig>,
    checkpoints: bool,
    hidden: usize,
    layers: usize,
}

#[test]
fn the_plan_is_what_is_needed() {
    let lora = LoraConfig { rank: 8, ..LoraConfig::default() };
    let cases = [
        Case { name: "all weights", lora: None, checkpoints: false, hidden: 192, layers: 4 },
        Case { name: "all weights, checkpoints", lora: None, checkpoints: true, hidden: 256, layers: 8 },
        Case { name: "adapters", lora: Some(lora), checkpoints: false, hidden: 192, layers: 6 },
    ];
    let mut wrong = Vec::new();
    for case in cases {
        let (planned, measured) = compare(&case);
        let error = planned as f64 / measured as f64 - 1.0;
        println!("{}: planned {planned}, measured {measured}, {:+.1} %", case.name, 100.0 * error);
        if error.abs() > 0.15 {
            wrong.push(case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn tokenizer() -> Tokenizer {
    let mut random = Random::new(0);
    let mut letter = || char::from(b'a' + random.below(26) as u8);
    let words: Vec<String> = (0..3000).map(|_| format!("{}{}{} ", letter(), letter(), letter())).collect();
    Tokenizer::train([words.concat().as_str()].into_iter(), 1024, PreTokenizer::Pieces).unwrap()
}

fn compare(case: &Case) -> (u64, u64) {
    let tokenizer = tokenizer();
    let mut config = ModelConfig::tiny(1024, tokenizer.special_ids().unwrap());
    (config.text.hidden, config.text.layers) = (case.hidden, case.layers);
    config.text.intermediate = 3 * case.hidden;
    let before = LIVE.load(Ordering::Relaxed);
    let processor = ProcessorConfig::tiny(128, 96);
    let policy =
        Policy::tiny(config.clone(), tokenizer, Template::Compact, processor, &Random::new(1)).unwrap();
    let policy = match &case.lora {
        Some(lora) => policy.adapted(lora.clone(), &Random::new(2)).unwrap(),
        None => policy,
    };
    let policy = policy.with_checkpoints(case.checkpoints);
    let rows = rows(&policy);
    let mut optimiser = AdamW::new(policy.trainable(), AdamWConfig::default()).unwrap();
    PEAK.store(LIVE.load(Ordering::Relaxed), Ordering::Relaxed);
    for _ in 0..2 {
        step(&policy, &rows, &mut optimiser);
    }
    let requests: Vec<SampleRequest> = (0..PROMPTS)
        .map(|at| SampleRequest {
            prompt: rows[at * ROWS / PROMPTS].prompt.clone(),
            seeds: (0..SAMPLED / PROMPTS).map(|i| Random::new(3).at(i as u64)).collect(),
        })
        .collect();
    let options = SampleOptions { max_tokens: RESPONSE, ..SampleOptions::default() };
    policy.sample(&requests, &options, &mut |_, _| {}).unwrap();
    let measured = PEAK.load(Ordering::Relaxed) - before;
    let setup = Setup {
        config: &config,
        lora: case.lora.as_ref(),
        checkpoints: case.checkpoints,
        cpu: true,
        own_teacher: false,
        behaviours: 0,
    };
    let work = Workload {
        rows: ROWS,
        prompts: PROMPTS,
        prompt_tokens: rows[0].prompt.tokens.len(),
        response_tokens: RESPONSE,
        images: PROMPTS * PICTURES,
        patches: 48,
        sampled: SAMPLED,
        sampled_prompts: PROMPTS,
        loss_copies: LOSS_COPIES,
    };
    let plan = MemoryPlan::new(&setup, &work);
    println!("{plan}");
    (plan.peak(Place::Device), measured as u64)
}

fn rows(policy: &Policy) -> Vec<Row> {
    let mut random = Random::new(4);
    let mut rows = Vec::new();
    for _ in 0..PROMPTS {
        let mut parts = Vec::new();
        for _ in 0..PICTURES {
            let pixels = (0..128 * 96 * 3).map(|_| random.below(256) as u8).collect();
            parts.push(PromptPart::Image(policy.prepare(&Image::new(128, 96, pixels)).unwrap()));
        }
        let mut prompt = policy.encode_parts(&parts).unwrap();
        prompt.tokens.extend((0..40).map(|_| 300 + random.below(700) as u32));
        let prompt = Arc::new(prompt);
        for _ in 0..ROWS / PROMPTS {
            let response = (0..RESPONSE).map(|_| 300 + random.below(700) as u32).collect();
            rows.push(Row { prompt: prompt.clone(), response });
        }
    }
    rows
}

fn step(policy: &Policy, rows: &[Row], optimiser: &mut AdamW) {
    let targets: Vec<u32> = rows.iter().flat_map(|row| row.response.clone()).collect();
    let mut gradients = Gradients::new(&policy.trainable());
    policy
        .differentiate(rows, &mut gradients, &mut |range, logits| {
            let index = Tensor::new(&targets[range], logits.device())?.unsqueeze(1)?;
            let chosen = logits.gather(&index, 1)?.squeeze(1)?;
            Ok((logits.log_sum_exp(1)? - chosen)?.sum_all()?)
        })
        .unwrap();
    optimiser.step_accumulated(&mut gradients, 1e-3).unwrap();
}
