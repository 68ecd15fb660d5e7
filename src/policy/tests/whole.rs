//! The policy as its users see it.

use std::sync::Arc;

use candle_core::Device;
use galley_core::{Image, Part, Prompt, Random};

use crate::policy::{
    AdamW, AdamWConfig, LoraConfig, ModelConfig, Policy, PreTokenizer, ProcessorConfig, Row, SampleOptions,
    SampleRequest, Template, Tokenizer,
};

fn policy(template: Template) -> Policy {
    let corpus = ["<div style=\"background:#a3f;width:45%\">hello world</div>"; 10];
    let tokenizer = Tokenizer::train(corpus.into_iter(), 300, PreTokenizer::Pieces).unwrap();
    let mut config = ModelConfig::tiny(tokenizer.vocab_size(), tokenizer.special_ids().unwrap());
    (config.text.layers, config.text.hidden, config.text.intermediate) = (2, 48, 64);
    Policy::tiny(config, tokenizer, template, ProcessorConfig::tiny(64, 64), &Random::new(3)).unwrap()
}

fn prompt() -> Prompt {
    let image = Image::filled(70, 50, [200, 30, 90]);
    Prompt { parts: vec![Part::Image(Arc::new(image)), Part::Text("hello <|im_end|>".into())] }
}

fn row(policy: &Policy) -> Row {
    Row {
        prompt: Arc::new(policy.encode(&prompt()).unwrap()),
        response: policy.tokenizer().encode("<div>#a3f").unwrap(),
    }
}

#[test]
fn both_templates_hold_the_picture_and_quote_special_tokens() {
    for template in [Template::Chat, Template::Compact] {
        let policy = policy(template);
        let encoded = policy.encode(&prompt()).unwrap();
        let count = |token: u32| encoded.tokens.iter().filter(|&&t| t == token).count();
        let ids = &policy.config().tokens;
        assert_eq!(count(ids.image), encoded.images[0].tokens());
        assert_eq!(count(ids.eos), if template == Template::Chat { 1 } else { 0 });
    }
}

#[test]
fn a_saved_policy_is_the_same_policy() {
    let dir = tempfile::tempdir().unwrap();
    let policy = policy(Template::Compact);
    policy.save(dir.path()).unwrap();
    let loaded = Policy::load(dir.path(), &Device::Cpu).unwrap();
    let rows = [row(&policy)];
    assert_eq!(policy.log_probs(&rows).unwrap(), loaded.log_probs(&rows).unwrap());
    let other = tempfile::tempdir().unwrap();
    loaded.save(other.path()).unwrap();
    for name in
        ["config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json", "galley.json"]
    {
        let read = |dir: &tempfile::TempDir| std::fs::read(dir.path().join(name)).unwrap();
        assert!(read(&dir) == read(&other), "{name}");
    }
}

#[test]
fn training_lowers_the_loss_and_a_snapshot_stays() {
    let policy = policy(Template::Compact);
    let teacher = policy.snapshot().unwrap();
    let rows = [row(&policy)];
    let before = policy.log_probs(&rows).unwrap();
    let mut optimiser = AdamW::new(policy.trainable(), AdamWConfig::default()).unwrap();
    train(&policy, &rows, &mut optimiser, 10);
    let sum = |values: &[Vec<f32>]| values[0].iter().sum::<f32>();
    assert!(sum(&policy.log_probs(&rows).unwrap()) > sum(&before) + 5.0);
    assert_eq!(teacher.log_probs(&rows).unwrap(), before);
    assert!(teacher.logits(&rows, true).is_err());
    teacher.lerp_from(&policy, 0.5).unwrap();
    assert_ne!(teacher.log_probs(&rows).unwrap(), before);
    teacher.copy_from(&policy).unwrap();
    assert_eq!(teacher.log_probs(&rows).unwrap(), policy.log_probs(&rows).unwrap());
}

fn train(policy: &Policy, rows: &[Row], optimiser: &mut AdamW, steps: usize) {
    for _ in 0..steps {
        let out = policy.logits(rows, true).unwrap();
        let targets = candle_core::Tensor::new(rows[0].response.as_slice(), &Device::Cpu)
            .unwrap()
            .unsqueeze(1)
            .unwrap();
        let logprobs = candle_nn::ops::log_softmax(&out.logits, 1).unwrap();
        let loss = logprobs.gather(&targets, 1).unwrap().mean_all().unwrap().neg().unwrap();
        optimiser.step(&loss.backward().unwrap(), 3e-3).unwrap();
    }
}

#[test]
fn adapters_train_alone_and_can_be_left_out() {
    let policy = policy(Template::Chat);
    let rows = [row(&policy)];
    let base = policy.log_probs(&rows).unwrap();
    let policy = policy.adapted(LoraConfig { rank: 4, ..LoraConfig::default() }, &Random::new(1)).unwrap();
    assert_eq!(policy.log_probs(&rows).unwrap(), base);
    let mut optimiser = AdamW::new(policy.trainable(), AdamWConfig::default()).unwrap();
    train(&policy, &rows, &mut optimiser, 5);
    let trained = policy.log_probs(&rows).unwrap();
    assert_ne!(trained, base);
    let without = policy.base_states(&rows).unwrap();
    let logits = without.logits(0..rows[0].response.len()).unwrap();
    assert_eq!(logits.dims(), [rows[0].response.len(), policy.config().text.vocab]);
    let dir = tempfile::tempdir().unwrap();
    policy.save(dir.path()).unwrap();
    let merged = Policy::load(dir.path(), &Device::Cpu).unwrap().log_probs(&rows).unwrap();
    assert!(merged[0].iter().zip(&trained[0]).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn a_stop_string_ends_a_response() {
    let policy = policy(Template::Compact);
    let request = SampleRequest {
        prompt: Arc::new(policy.encode(&prompt()).unwrap()),
        seeds: (0..20).map(|i| Random::new(1).at(i)).collect(),
    };
    let options =
        SampleOptions { max_tokens: 60, stop_strings: vec!["a".into()], ..SampleOptions::default() };
    let samples = policy.sample(&[request], &options, &mut |_, _| {}).unwrap();
    let texts = samples[0].iter().map(|sampled| policy.tokenizer().decode(&sampled.tokens).text);
    let with: Vec<String> = texts.filter(|text| text.contains('a')).collect();
    assert!(!with.is_empty() && with.iter().all(|text| text.matches('a').count() == 1), "{with:?}");
}
