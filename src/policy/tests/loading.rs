//! Folders and files of other makers: text-only models, GGUF, shards, PEFT's adapters.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

use super::golden::{distance, flat};
use crate::policy::{
    Encoded, Lora, ModelConfig, Params, Policy, Row, SampleOptions, SampleRequest, TextConfig,
    batch::{Batch, Images},
    dense::Source,
    model::Model,
    weights,
};

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")
}

fn tensors(path: &Path) -> std::collections::BTreeMap<String, Tensor> {
    weights::load_file(path, DType::F32, &Device::Cpu).unwrap()
}

fn tokens(tensor: &Tensor) -> Vec<u32> {
    tensor.to_vec1::<i64>().unwrap().into_iter().map(|id| id as u32).collect()
}

/// Logits behind every token but the first, and greedy tokens, as the reference has them.
fn agrees(policy: &Policy, name: &str, gate: f32) {
    let cases = tensors(&goldens().join("llama/cases.safetensors"));
    let ids = tokens(&cases["ids"]);
    let text = std::fs::read_to_string(goldens().join("llama/text.txt")).unwrap();
    assert_eq!(policy.tokenizer().encode(&text).unwrap(), ids, "{name}");
    let prompt = Encoded { tokens: vec![ids[0]], images: Vec::new() };
    let row = Row { prompt: prompt.into(), response: [&ids[1..], &[0]].concat() };
    let got = flat(&policy.logits(&[row], false).unwrap().logits);
    let worst = distance(&got, &flat(&cases[&format!("{name}.logits")]));
    println!("{name}: {worst:.1e}");
    assert!(worst <= gate, "{name}: {worst}");
    let request = SampleRequest {
        prompt: Encoded { tokens: ids, images: Vec::new() }.into(),
        seeds: vec![galley_core::Random::new(0)],
    };
    let options = SampleOptions { temperature: 0.0, max_tokens: 12, ..SampleOptions::default() };
    let sampled = policy.sample(&[request], &options, &mut |_, _| {}).unwrap();
    assert_eq!(sampled[0][0].tokens, tokens(&cases[&format!("{name}.greedy")]), "{name}");
}

#[test]
fn a_llama_folder_and_a_gguf_file_compute_what_the_reference_does() {
    let folder = Policy::load(&goldens().join("llama/folder"), &Device::Cpu).unwrap();
    agrees(&folder, "folder", 1e-4);
    let file = Policy::load(&goldens().join("llama/tiny.gguf"), &Device::Cpu).unwrap();
    // The file says the norm's epsilon in f32.
    let rms_eps = folder.config().text.rms_eps;
    assert!((file.config().text.rms_eps - rms_eps).abs() < 1e-12);
    assert_eq!(TextConfig { rms_eps, ..file.config().text.clone() }, folder.config().text);
    agrees(&file, "gguf", 1e-4);
    // A folder that holds nothing else to load means its only GGUF file.
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(goldens().join("llama/tiny.gguf"), dir.path().join("a.gguf")).unwrap();
    agrees(&Policy::load(dir.path(), &Device::Cpu).unwrap(), "gguf", 1e-4);
}

#[test]
fn a_text_only_model_is_written_under_its_own_names() {
    let policy = Policy::load(&goldens().join("llama/folder"), &Device::Cpu).unwrap();
    let dir = tempfile::tempdir().unwrap();
    policy.save(dir.path()).unwrap();
    let names: Vec<String> = tensors(&dir.path().join("model.safetensors")).into_keys().collect();
    assert!(names.iter().any(|name| name == "model.language_model.norm.weight"), "read back: {names:?}");
    let raw = std::fs::read(dir.path().join("model.safetensors")).unwrap();
    let raw = safetensors::SafeTensors::deserialize(&raw).unwrap();
    assert!(raw.names().iter().all(|name| !name.contains("language_model")));
    agrees(&Policy::load(dir.path(), &Device::Cpu).unwrap(), "folder", 1e-4);
}

/// A folder whose weights lie in two shards.
fn sharded() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let source = goldens().join("llama/folder");
    for name in ["config.json", "tokenizer.json"] {
        std::fs::copy(source.join(name), dir.path().join(name)).unwrap();
    }
    let all: Vec<(String, Tensor)> = tensors(&source.join("model.safetensors")).into_iter().collect();
    let mut map = serde_json::Map::new();
    for (shard, part) in all.chunks(all.len().div_ceil(2)).enumerate() {
        let file = format!("model-0000{}-of-00002.safetensors", shard + 1);
        part.iter().for_each(|(name, _)| drop(map.insert(name.clone(), file.as_str().into())));
        weights::save(part.iter().map(|(name, tensor)| (name.as_str(), tensor)), &dir.path().join(&file))
            .unwrap();
    }
    let index = serde_json::json!({"metadata": {}, "weight_map": map});
    std::fs::write(dir.path().join("model.safetensors.index.json"), index.to_string()).unwrap();
    dir
}

#[test]
fn shards_are_one_model_and_a_damaged_one_is_named() {
    let dir = sharded();
    agrees(&Policy::load(dir.path(), &Device::Cpu).unwrap(), "folder", 1e-4);
    let error = || Policy::load(dir.path(), &Device::Cpu).err().unwrap().to_string();
    let second = dir.path().join("model-00002-of-00002.safetensors");
    let bytes = std::fs::read(&second).unwrap();
    std::fs::write(&second, &bytes[..bytes.len() - 5]).unwrap();
    assert!(error().contains("model-00002-of-00002.safetensors: not readable"), "{}", error());
    std::fs::remove_file(&second).unwrap();
    assert!(error().contains("model-00002-of-00002.safetensors"), "{}", error());
    let mut nan = bytes;
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&second, nan).unwrap();
    assert!(error().contains("00002-of-00002") && error().contains("holds NaN"), "{}", error());
    let index = dir.path().join("model.safetensors.index.json");
    std::fs::write(&index, r#"{"weight_map": {"a": "../../secret.safetensors"}}"#).unwrap();
    assert!(error().contains("`weight_map`"), "{}", error());
}

#[test]
fn an_adapter_that_peft_wrote_gives_its_logits() {
    let base = goldens().join("qwen3vl/tiny_a");
    let golden = super::Golden::all().into_iter().find(|golden| golden.dir == base).unwrap();
    let params: Params = golden.params(DType::F32);
    let lora = Lora::load(&goldens().join("peft/adapter"), &params, DType::F32, &Device::Cpu).unwrap();
    assert!(lora.config().rslora && lora.len() == 3 * golden.config.text.layers);
    let model =
        Model::new(&golden.config, Source { params: &params, lora: Some(&lora), tracked: true }).unwrap();
    let rows = golden.rows("b");
    let images = Images::of(rows.iter());
    let batch = Batch::whole(&rows, golden.config.tokens.image, &images).unwrap();
    let logits = model.logits(&batch, model.features(&images).unwrap().as_ref()).unwrap();
    let want = flat(&tensors(&goldens().join("peft/cases.safetensors"))["logits"]);
    let worst = distance(&flat(&logits), &want);
    println!("peft: {worst:.1e}");
    assert!(worst <= 1e-4, "{worst}");
    assert!(distance(&flat(&logits), &golden.floats("b.logits").unwrap()) > 0.1);
}

#[test]
fn adapters_of_a_text_only_model_go_by_its_own_names() {
    let policy = Policy::load(&goldens().join("llama/folder"), &Device::Cpu).unwrap();
    let policy = policy.adapted(Default::default(), &galley_core::Random::new(1)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    policy.lora().unwrap().save(dir.path()).unwrap();
    let raw = std::fs::read(dir.path().join("adapter_model.safetensors")).unwrap();
    let raw = safetensors::SafeTensors::deserialize(&raw).unwrap();
    let name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
    assert!(raw.names().contains(&name), "{:?}", raw.names());
    let again = Lora::load(dir.path(), policy.params(), DType::F32, &Device::Cpu).unwrap();
    assert_eq!(again.len(), policy.lora().unwrap().len());
}

#[test]
fn gguf_errors_name_the_field() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.gguf");
    let bytes = std::fs::read(goldens().join("llama/tiny.gguf")).unwrap();
    let error = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Policy::load(&path, &Device::Cpu).err().unwrap().to_string()
    };
    assert!(error(&bytes[..bytes.len() - 40]).contains("truncated"));
    assert!(error(b"GGML").contains("does not begin with GGUF"));
    let swap = |from: &str, to: &str| {
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let mut bytes = bytes.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        error(&bytes)
    };
    assert!(swap("llama.block_count", "llama.block_cxunt").contains("`llama.block_count` is missing"));
    assert!(swap("smollm", "smxllm").contains("`tokenizer.ggml.pre` is `smxllm`"));
    assert!(swap("output_norm.weight", "output_nxrm.weight").contains("missing [output_norm.weight]"));
    assert!(ModelConfig::load(dir.path()).is_err());
}
