//! Gradients: equal to the reference, complete, none for what is frozen, and the same by both ways to compute them.

use std::{collections::BTreeMap, sync::Arc};

use candle_core::{DType, Device, Tensor, TensorId, Var, backprop::GradStore};
use galley_core::Random;

use super::{
    Golden,
    golden::{close, distance, flat, images_of},
};
use crate::policy::{
    Encoded, Lora, LoraConfig, ModelConfig, Params, PreparedImage, Row, SpecialIds,
    batch::{Batch, Images},
    dense::Source,
    model::Model,
};

/// Mean cross-entropy of the responses of some rows.
fn loss(model: &Model, rows: &[Row], image_token: u32) -> Tensor {
    let images = Images::of(rows.iter().map(|row| row.prompt.as_ref()));
    let features = model.features(&images).unwrap();
    let batch = Batch::pack(rows, image_token, &images).unwrap();
    let logits = model.logits(&batch, features.as_ref()).unwrap();
    let targets: Vec<u32> = rows.iter().flat_map(|row| row.response.clone()).collect();
    let targets = Tensor::new(targets, &Device::Cpu).unwrap().unsqueeze(1).unwrap();
    let logprobs = candle_nn::ops::log_softmax(&logits, 1).unwrap();
    logprobs.gather(&targets, 1).unwrap().mean_all().unwrap().neg().unwrap()
}

/// Case b with its last 12 tokens as the response.
fn case_f(golden: &Golden) -> Row {
    let mut prompt = golden.rows("b").remove(0);
    let response = prompt.tokens.split_off(prompt.tokens.len() - 12);
    Row { prompt: Arc::new(prompt), response }
}

fn check(golden: &Golden, name: &str, got: &Tensor) {
    let Some(want) = golden.floats(name) else { return };
    let largest = want.iter().fold(0f32, |top, x| top.max(x.abs()));
    close(golden, name, got, 5e-5 * largest);
}

#[test]
fn loss_and_gradients_of_the_reference() {
    for golden in Golden::all() {
        for dtype in [DType::F32, DType::F64] {
            let params = golden.params(dtype);
            let model = golden.model(&params, None);
            let loss = loss(&model, &[case_f(&golden)], golden.config.tokens.image);
            close(&golden, "f.loss", &loss, 1e-5);
            let store = loss.backward().unwrap();
            let mut square = 0f64;
            for (name, var) in params.trainable() {
                let gradient = store.get(var.as_tensor()).unwrap_or_else(|| panic!("{name} has no gradient"));
                let values = flat(gradient);
                // What is added at image tokens after the last layer reaches no later token.
                let idle = format!("deepstack_merger_list.{}.", golden.config.text.layers - 1);
                assert!(
                    values.iter().any(|x| *x != 0.0) != name.contains(&idle),
                    "{name} has a zero gradient"
                );
                square += values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
                check(&golden, &format!("f.grad.{name}"), gradient);
            }
            if let Some(want) = golden.floats("f.global_grad_norm") {
                assert!((square.sqrt() / f64::from(want[0]) - 1.0).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn adapters_get_the_reference_gradients_and_the_frozen_base_none() {
    for golden in Golden::all() {
        [DType::F32, DType::F64].into_iter().for_each(|dtype| adapters(&golden, dtype));
    }
}

fn adapters(golden: &Golden, dtype: DType) {
    let mut params = golden.params(dtype);
    params.set_trainable(|_| false);
    let config = LoraConfig {
        rank: 4,
        alpha: lora_alpha(golden),
        targets: vec!["q_proj".into(), "v_proj".into()],
        ..LoraConfig::default()
    };
    let lora = Lora::init(config, &params, &Random::new(0)).unwrap();
    assert_eq!(lora.len(), 2 * golden.config.text.layers);
    let vars: BTreeMap<String, Var> =
        lora.vars().into_iter().map(|(name, var)| (short(&name), var)).collect();
    for (name, var) in &vars {
        var.set(&golden.get(&format!("g.param.{name}")).unwrap().to_dtype(dtype).unwrap()).unwrap();
    }
    let model = golden.model(&params, Some(&lora));
    let loss = loss(&model, &[case_f(golden)], golden.config.tokens.image);
    close(golden, "g.loss", &loss, 1e-5);
    let store: GradStore = loss.backward().unwrap();
    for (name, var) in &vars {
        check(golden, &format!("g.grad.{name}"), store.get(var.as_tensor()).unwrap());
    }
    let rows = golden.rows("b");
    // No gradient has the shape of a frozen matrix (none of which is as high as the batch has tokens).
    for (name, tensor) in params.tensors().filter(|(_, tensor)| tensor.rank() == 2) {
        let alike =
            |id: &&TensorId| store.get_id(**id).is_some_and(|gradient| gradient.dims() == tensor.dims());
        let computed = store.get_ids().filter(alike).count();
        assert!(computed == 0 || tensor.dims()[0] <= rows[0].tokens.len(), "{name} is frozen");
    }
    let images = images_of(&rows);
    let batch = Batch::whole(&rows, golden.config.tokens.image, &images).unwrap();
    let features = model.features(&images).unwrap();
    close(golden, "g.logits", &model.logits(&batch, features.as_ref()).unwrap(), 1e-4);

    let dir = tempfile::tempdir().unwrap();
    lora.save(dir.path()).unwrap();
    let again = Lora::load(dir.path(), &params, dtype, &Device::Cpu).unwrap();
    for ((name, a), (_, b)) in lora.vars().iter().zip(again.vars()) {
        assert_eq!(flat(a.as_tensor()), flat(b.as_tensor()), "{name}");
    }
    lora.merge_into(&params).unwrap();
    let merged = golden.model(&params, None).logits(&batch, features.as_ref()).unwrap();
    close(golden, "g.logits", &merged, 1e-4);
}

/// `base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight` → `layers.0.self_attn.q_proj.lora_A`.
fn short(name: &str) -> String {
    name.trim_start_matches("base_model.model.model.language_model.").trim_end_matches(".weight").to_string()
}

fn lora_alpha(golden: &Golden) -> f64 {
    let text = std::fs::read_to_string(golden.dir.join("cases.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["lora"]["alpha"].as_f64().unwrap()
}

#[test]
fn targets_that_bind_nothing_are_an_error() {
    let config = ModelConfig::tiny(300, SpecialIds::default());
    let params = Params::init(&config, &Random::new(0), 0.02, &Device::Cpu).unwrap();
    let lora = LoraConfig { targets: vec!["wq".into()], ..LoraConfig::default() };
    assert!(Lora::init(lora, &params, &Random::new(0)).is_err());
}

/// A small model with deepstack, and rows that share prompts, are alone, and have no picture.
fn mixed_batch() -> (ModelConfig, Vec<Row>) {
    let mut config = ModelConfig::tiny(300, SpecialIds { image: 299, ..Default::default() });
    (config.text.layers, config.text.hidden, config.text.intermediate) = (2, 48, 80);
    if let Some(vision) = &mut config.vision {
        (vision.hidden, vision.intermediate, vision.deepstack) = (32, 48, vec![0, 1]);
    }
    let mut random = Random::new(5);
    let mut image = |h: usize, w: usize| {
        Arc::new(PreparedImage::new(h, w, 2, (0..h * w * 768).map(|_| random.normal() as f32).collect()))
    };
    let (small, large) = (image(2, 4), image(4, 4));
    let prompt = |head: &[u32], images: &[&Arc<PreparedImage>]| {
        let mut tokens = head.to_vec();
        images.iter().for_each(|image| tokens.extend(std::iter::repeat_n(299, image.tokens()).chain([7])));
        Arc::new(Encoded { tokens, images: images.iter().map(|image| (*image).clone()).collect() })
    };
    let shared = prompt(&[1, 2, 3], &[&small, &large]);
    let rows = [
        (shared.clone(), vec![5, 6, 7, 8]),
        (prompt(&[4], &[]), vec![9, 10]),
        (shared.clone(), vec![11]),
        (prompt(&[1, 2], &[&large]), vec![12, 13, 14]),
        (shared, vec![15, 16]),
    ];
    (config, rows.map(|(prompt, response)| Row { prompt, response }).to_vec())
}

/// Loss and all gradients, in order of the parameters.
fn everything(config: &ModelConfig, rows: &[Row], dtype: DType) -> (f32, Vec<Vec<f32>>) {
    let params = Params::init(config, &Random::new(1), 0.2, &Device::Cpu).unwrap();
    let tensors = params.tensors().map(|(name, tensor)| (name.to_string(), tensor.to_dtype(dtype).unwrap()));
    let params = Params::of(tensors.collect(), true).unwrap();
    let model = Model::new(config, Source { params: &params, lora: None, tracked: true }).unwrap();
    let loss = loss(&model, rows, 299);
    let store = loss.backward().unwrap();
    let gradients =
        params.trainable().iter().map(|(_, var)| flat(store.get(var.as_tensor()).unwrap())).collect();
    (flat(&loss)[0], gradients)
}

#[test]
fn fused_kernels_equal_plain_operations() {
    let (config, rows) = mixed_batch();
    let (fused, plain) = (everything(&config, &rows, DType::F32), everything(&config, &rows, DType::F64));
    assert!((fused.0 - plain.0).abs() < 1e-5, "{} {}", fused.0, plain.0);
    for (a, b) in fused.1.iter().zip(&plain.1) {
        let largest = b.iter().fold(1e-4f32, |top, x| top.max(x.abs()));
        assert!(distance(a, b) < 5e-5 * largest, "{} of {largest}", distance(a, b));
    }
}

#[test]
fn a_packed_batch_is_the_sum_of_its_rows() {
    let (config, rows) = mixed_batch();
    let together = everything(&config, &rows, DType::F32);
    let tokens: usize = rows.iter().map(|row| row.response.len()).sum();
    let mut alone: Option<Vec<Vec<f32>>> = None;
    for row in &rows {
        let share = row.response.len() as f32 / tokens as f32;
        // A row without pictures leaves the vision tower without gradient: compare those parameters as zero.
        let gradients = gradients_or_zero(&config, std::slice::from_ref(row));
        let sum = alone.get_or_insert_with(|| gradients.iter().map(|g| vec![0.0; g.len()]).collect());
        for (sum, gradient) in sum.iter_mut().zip(gradients) {
            sum.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += share * g);
        }
    }
    for (a, b) in together.1.iter().zip(alone.unwrap()) {
        let largest = b.iter().fold(1e-4f32, |top, x| top.max(x.abs()));
        assert!(distance(a, &b) < 5e-5 * largest);
    }
}

fn gradients_or_zero(config: &ModelConfig, rows: &[Row]) -> Vec<Vec<f32>> {
    let params = Params::init(config, &Random::new(1), 0.2, &Device::Cpu).unwrap();
    let model = Model::new(config, Source { params: &params, lora: None, tracked: true }).unwrap();
    let store = loss(&model, rows, 299).backward().unwrap();
    let or_zero = |var: &Var| store.get(var.as_tensor()).map_or_else(|| vec![0.0; var.elem_count()], flat);
    params.trainable().iter().map(|(_, var)| or_zero(var)).collect()
}

#[test]
fn a_step_repeats_bit_for_bit_on_any_number_of_threads() {
    let (config, rows) = mixed_batch();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| everything(&config, &rows, DType::F32))
    };
    let one = on(1);
    assert!(one == on(1) && one == on(3));
}
