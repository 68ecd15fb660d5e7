//! Gradients by parts: few logits at a time, blocks computed again, and yet the same numbers.

use std::sync::Arc;

use candle_core::Tensor;
use galley_core::{Image, Random};

use crate::policy::{
    Gradients, LoraConfig, ModelConfig, Policy, PreTokenizer, ProcessorConfig, PromptPart, Result, Row,
    Template, Tokenizer,
};

/// Two text layers, two vision blocks with a deepstack feature each.
fn policy() -> Policy {
    let corpus = ["<div style=\"background:#a3f;width:45%\">hello world</div>"; 10];
    let tokenizer = Tokenizer::train(corpus.into_iter(), 300, PreTokenizer::Pieces).unwrap();
    let mut config = ModelConfig::tiny(tokenizer.vocab_size(), tokenizer.special_ids().unwrap());
    (config.text.layers, config.text.hidden, config.text.intermediate) = (3, 48, 64);
    let vision = config.vision.as_mut().unwrap();
    (vision.hidden, vision.intermediate, vision.heads, vision.deepstack) = (32, 48, 2, vec![0, 1]);
    Policy::tiny(config, tokenizer, Template::Compact, ProcessorConfig::tiny(64, 64), &Random::new(3))
        .unwrap()
}

/// Two responses to one prompt with two pictures, and one without a picture.
fn rows(policy: &Policy) -> Vec<Row> {
    let picture = |color| policy.prepare(&Image::filled(70, 50, color)).map(PromptPart::Image).unwrap();
    let parts = [picture([200, 30, 90]), picture([0, 250, 20]), PromptPart::Text("hello".into())];
    let shown = Arc::new(policy.encode_parts(&parts).unwrap());
    let plain = Arc::new(policy.encode_parts(&[PromptPart::Text("world".into())]).unwrap());
    let response = |text: &str| policy.tokenizer().encode(text).unwrap();
    vec![
        Row { prompt: shown.clone(), response: response("<div>#a3f</div>") },
        Row { prompt: shown, response: response("45%") },
        Row { prompt: plain, response: response("<div style=\"width:45%\">") },
    ]
}

/// Cross-entropy with a weight for each token, so that a range in the wrong place shows.
fn gradients(policy: &Policy, rows: &[Row], logit_rows: usize) -> (f64, Gradients) {
    let targets: Vec<u32> = rows.iter().flat_map(|row| row.response.iter().copied()).collect();
    let mut all = Gradients::new(&policy.trainable());
    let mut total = 0.0;
    let mut loss = |range: std::ops::Range<usize>, logits: &Tensor| -> Result<Tensor> {
        assert!(range.len() <= logit_rows);
        let index = Tensor::new(&targets[range.clone()], logits.device())?.unsqueeze(1)?;
        let weights: Vec<f32> = range.map(|at| 1.0 / (at + 1) as f32).collect();
        let picked = candle_nn::ops::log_softmax(logits, 1)?.gather(&index, 1)?.flatten_all()?;
        let loss = (picked * Tensor::new(weights, logits.device())?)?.sum_all()?.neg()?;
        total += f64::from(loss.to_scalar::<f32>()?);
        Ok(loss)
    };
    policy.differentiate_by(logit_rows, rows, &mut all, &mut loss).unwrap();
    (total, all)
}

/// The same by one plain backward pass.
fn plain(policy: &Policy, rows: &[Row]) -> Gradients {
    let logits = policy.logits(rows, true).unwrap().logits;
    let targets: Vec<u32> = rows.iter().flat_map(|row| row.response.iter().copied()).collect();
    let weights: Vec<f32> = (0..targets.len()).map(|at| 1.0 / (at + 1) as f32).collect();
    let index = Tensor::new(targets, logits.device()).unwrap().unsqueeze(1).unwrap();
    let picked = candle_nn::ops::log_softmax(&logits, 1).unwrap().gather(&index, 1).unwrap();
    let weights = Tensor::new(weights, logits.device()).unwrap();
    let loss = (picked.flatten_all().unwrap() * weights).unwrap().sum_all().unwrap().neg().unwrap();
    let mut all = Gradients::new(&policy.trainable());
    all.add(&loss.backward().unwrap(), 1.0).unwrap();
    all
}

/// Largest difference, in parts of each parameter's largest gradient.
fn apart(a: &Gradients, b: &Gradients) -> f32 {
    let each = a.iter().zip(b.iter()).map(|((name, a), (_, b))| {
        let largest = a.iter().fold(1e-6f32, |top, x| top.max(x.abs()));
        let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        assert!(a.iter().any(|x| *x != 0.0), "{name} has no gradient");
        worst / largest
    });
    each.fold(0.0, f32::max)
}

fn check(policy: Policy) {
    let rows = rows(&policy);
    let want = plain(&policy, &rows);
    let (loss, whole) = gradients(&policy, &rows, 1000);
    assert_eq!(apart(&want, &whole), 0.0);
    let (parts_loss, parts) = gradients(&policy, &rows, 3);
    assert!((loss - parts_loss).abs() < 1e-5 && apart(&want, &parts) < 1e-5, "{}", apart(&want, &parts));
    let policy = policy.with_checkpoints(true);
    let (again_loss, again) = gradients(&policy, &rows, 1000);
    // Where a tensor is read twice its gradients may be added in another order.
    assert!(again_loss == loss && apart(&want, &again) < 1e-6, "{}", apart(&want, &again));
    let (_, both) = gradients(&policy, &rows, 3);
    assert!(apart(&parts, &both) < 1e-6, "{}", apart(&parts, &both));
}

#[test]
fn all_weights_get_the_gradients_of_a_plain_pass() {
    check(policy());
}

#[test]
fn adapters_get_the_gradients_of_a_plain_pass() {
    let adapted = |vision, targets: &[&str]| {
        let targets = targets.iter().map(ToString::to_string).collect();
        let config = LoraConfig { rank: 4, vision, targets, ..LoraConfig::default() };
        let policy = policy().adapted(config, &Random::new(1)).unwrap();
        // B begins as zero, which would leave A without gradient.
        for (name, var) in policy.trainable().iter().filter(|(name, _)| name.contains("lora_B")) {
            let mut draw = Random::new(5).named(name);
            let values: Vec<f32> = (0..var.elem_count()).map(|_| draw.normal() as f32 * 0.1).collect();
            var.set(&Tensor::from_vec(values, var.shape(), var.device()).unwrap()).unwrap();
        }
        policy
    };
    check(adapted(false, &["q_proj", "down_proj"]));
    check(adapted(true, &["v_proj", "qkv", "linear_fc1"]));
}
