//! Ten thousand damaged files: no loader panics or hangs, and every error says which file or field it is about.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use galley_core::Random;
use serde_json::{Value, json};

use crate::policy::{
    Lora, LoraConfig, ModelConfig, Params, Policy, PolicyError, ProcessorConfig, SpecialIds, Tokenizer,
    weights,
};

/// Damaged copies of each kind of file; there are seven kinds.
const EACH: u64 = 1_500;

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")
}

/// Flips, cuts, repeats or overwrites bytes.
fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..(at + 1 + random.below(16)).min(bytes.len()))),
            4 => {
                let part = bytes[at..(at + 1 + random.below(16)).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let end = (at + 8).min(bytes.len());
                bytes[at..end].fill(if random.below(2) == 0 { 0xFF } else { 0 });
            }
        }
    }
    bytes
}

/// Replaces or removes one value somewhere in a json text, half of the time; else damages its bytes.
fn damaged_json(text: &str, random: &mut Random) -> Vec<u8> {
    if random.below(2) == 0 {
        return damaged(text.as_bytes(), random);
    }
    let mut value: Value = serde_json::from_str(text).unwrap();
    let mut place = &mut value;
    for depth in 0.. {
        let size = match &*place {
            Value::Object(map) => map.len(),
            Value::Array(list) => list.len(),
            _ => 0,
        };
        if size == 0 || (depth > 0 && random.below(4) == 0) {
            break;
        }
        let at = random.below(size);
        place = match place {
            Value::Object(map) => map.values_mut().nth(at).unwrap(),
            Value::Array(list) => &mut list[at],
            _ => unreachable!("a value of a size is a map or a list"),
        };
    }
    *place = match random.below(10) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(0),
        3 => json!(u64::MAX),
        4 => json!(1e300),
        5 => json!(""),
        6 => json!([]),
        7 => json!({}),
        8 => json!("\u{0}\u{10FFFF}"),
        _ => json!(4_294_967_295u64),
    };
    value.to_string().into_bytes()
}

/// Feeds damaged copies to a loader; counts those that it took.
fn feed(
    name: &str,
    mut damage: impl FnMut(&mut Random) -> Vec<u8>,
    mut load: impl FnMut(&[u8]) -> Result<(), PolicyError>,
) {
    let mut taken = 0;
    for case in 0..EACH {
        match load(&damage(&mut Random::new(7).named(name).at(case))) {
            Ok(()) => taken += 1,
            Err(error) => {
                let told = match &error {
                    PolicyError::Config { field, .. } => !field.is_empty(),
                    PolicyError::Json { what, .. } => !what.is_empty(),
                    PolicyError::Weights { problem, .. } => !problem.is_empty(),
                    PolicyError::Names { missing, unexpected } => {
                        !missing.is_empty() || !unexpected.is_empty()
                    }
                    PolicyError::Tokenizer(problem) | PolicyError::Image(problem) => !problem.is_empty(),
                    PolicyError::Io { .. } => true,
                    _ => false,
                };
                assert!(told, "{name}, case {case}: {error:?}");
            }
        }
    }
    println!("{name}: {taken} of {EACH} taken");
    assert!(taken < EACH, "{name}: no copy was damaged enough");
}

fn text(path: &str) -> String {
    std::fs::read_to_string(goldens().join(path)).unwrap()
}

fn as_text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[test]
fn damaged_configurations() {
    for path in ["qwen3vl/tiny_a/config.json", "llama/folder/config.json"] {
        let text = text(path);
        feed(
            path,
            |random| damaged_json(&text, random),
            |bytes| {
                // What is believed must also be usable: the list of parameters is made of it.
                ModelConfig::from_json(&as_text(bytes)).map(|config| assert!(config.parameters() > 0))
            },
        );
    }
    let dir = tempfile::tempdir().unwrap();
    let text = text("qwen3vl/tiny_a/preprocessor_config.json");
    feed(
        "preprocessor_config.json",
        |random| damaged_json(&text, random),
        |bytes| {
            std::fs::write(dir.path().join("preprocessor_config.json"), bytes).unwrap();
            ProcessorConfig::load(dir.path()).map(drop)
        },
    );
}

#[test]
fn damaged_tokenizers() {
    let text = text("llama/folder/tokenizer.json");
    feed(
        "tokenizer.json",
        |random| damaged_json(&text, random),
        |bytes| {
            let tokenizer = Tokenizer::parse(bytes)?;
            tokenizer.encode("some <text> of 12").map(drop)
        },
    );
}

#[test]
fn damaged_weights_and_adapters() {
    let mut config = ModelConfig::tiny(300, SpecialIds::default());
    (config.text.layers, config.text.hidden, config.text.intermediate, config.vision) = (1, 8, 8, None);
    let params = Params::init(&config, &Random::new(1), 0.1, &Device::Cpu).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    // Small tensors, so that most damage is in the head.
    let tensor = Tensor::new(&[1f32, 2.0], &Device::Cpu).unwrap();
    weights::save([("a", &tensor), ("model.norm.weight", &tensor)].into_iter(), &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let wanted = [("a".to_string(), vec![2]), ("model.language_model.norm.weight".to_string(), vec![2])];
    feed(
        "model.safetensors",
        |random| damaged(&bytes, random),
        |bytes| {
            std::fs::write(&path, bytes).unwrap();
            weights::load(&wanted, dir.path(), DType::F32, &Device::Cpu).map(drop)
        },
    );
    let adapter = LoraConfig { rank: 2, targets: vec!["q_proj".into()], ..LoraConfig::default() };
    Lora::init(adapter, &params, &Random::new(1)).unwrap().save(dir.path()).unwrap();
    let settings = std::fs::read_to_string(dir.path().join("adapter_config.json")).unwrap();
    let tensors = std::fs::read(dir.path().join("adapter_model.safetensors")).unwrap();
    let damage = |random: &mut Random| match random.below(2) {
        0 => [b"w", damaged(&tensors, random).as_slice()].concat(),
        _ => [b"c", damaged_json(&settings, random).as_slice()].concat(),
    };
    feed("adapter", damage, |bytes| {
        let whole = (settings.as_bytes(), tensors.as_slice());
        let (settings, tensors) =
            if bytes[0] == b'w' { (whole.0, &bytes[1..]) } else { (&bytes[1..], whole.1) };
        std::fs::write(dir.path().join("adapter_config.json"), settings).unwrap();
        std::fs::write(dir.path().join("adapter_model.safetensors"), tensors).unwrap();
        Lora::load(dir.path(), &params, DType::F32, &Device::Cpu).map(drop)
    });
}

#[test]
fn damaged_gguf_files() {
    let bytes = std::fs::read(goldens().join("llama/tiny.gguf")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.gguf");
    // Fields and tensor records end at about 12 kB; damage behind them is only another number.
    let damage = |random: &mut Random| [&damaged(&bytes[..12_000], random), &bytes[12_000..]].concat();
    feed("tiny.gguf", damage, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        Policy::load(&path, &Device::Cpu).map(drop)
    });
}
