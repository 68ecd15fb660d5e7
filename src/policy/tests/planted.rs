//! The gates of parity are worth something: mistakes that have been made elsewhere do not pass them.

use candle_core::{DType, Tensor};

use super::{
    Golden,
    golden::{distance, flat, images_of},
};
use crate::policy::{ModelConfig, Params, batch::Batch, dense::Source, model::Model, vision::Features};

/// The gate of logits.
const GATE: f32 = 1e-4;

/// Distance of case b's logits from the golden ones, with a mistake in the configuration, the weights or the features.
fn apart(golden: &Golden, config: &ModelConfig, params: &Params, spoil: impl Fn(&mut Features)) -> f32 {
    let model = Model::new(config, Source { params, lora: None, tracked: false }).unwrap();
    let rows = golden.rows("b");
    let images = images_of(&rows);
    let batch = Batch::whole(&rows, config.tokens.image, &images).unwrap();
    let mut features = model.features(&images).unwrap().unwrap();
    spoil(&mut features);
    let logits = model.logits(&batch, Some(&features)).unwrap();
    distance(&flat(&logits), &golden.floats("b.logits").unwrap())
}

fn configured(golden: &Golden, mistake: impl Fn(&mut ModelConfig)) -> f32 {
    let mut config = golden.config.clone();
    mistake(&mut config);
    apart(golden, &config, &golden.params(DType::F32), |_| {})
}

fn weighted(golden: &Golden, end: &str, mistake: impl Fn(&Tensor) -> Tensor) -> f32 {
    let params = golden.params(DType::F32);
    let named: Vec<_> = params.trainable().into_iter().filter(|(name, _)| name.ends_with(end)).collect();
    assert!(!named.is_empty(), "{end}");
    for (_, var) in named {
        var.set(&mistake(&var.as_detached_tensor().copy().unwrap())).unwrap();
    }
    apart(golden, &golden.config, &params, |_| {})
}

fn featured(golden: &Golden, mistake: impl Fn(&mut Features)) -> f32 {
    apart(golden, &golden.config, &golden.params(DType::F32), mistake)
}

#[test]
fn planted_mistakes_are_caught() {
    for golden in Golden::all() {
        let right = configured(&golden, |_| {});
        assert!(right <= GATE, "{right}");
        let half = golden.config.text.head_dim / 2;
        for (mistake, apart) in [
            ("epsilon ten times too large", configured(&golden, |c| c.text.rms_eps *= 10.0)),
            ("positions of one axis", configured(&golden, |c| c.text.mrope_section = [half, 0, 0])),
            ("another base of the rotation", configured(&golden, |c| c.text.rope_theta *= 1.1)),
            ("no deepstack", featured(&golden, |f| f.deepstack.clear())),
            ("deepstack in the wrong order", featured(&golden, |f| f.deepstack.reverse())),
            ("features upside down", featured(&golden, |f| f.merged = reversed(&f.merged))),
            ("norms as offsets from one", weighted(&golden, "q_norm.weight", |w| (w + 1.0).unwrap())),
            ("query rows in another order", weighted(&golden, "q_proj.weight", reversed)),
            ("no bias of the vision blocks", weighted(&golden, "qkv.bias", |w| w.zeros_like().unwrap())),
        ] {
            println!("{}: {mistake}: {apart:.1e}", golden.name);
            let single =
                mistake.contains("order") && golden.config.vision.as_ref().unwrap().deepstack.len() < 2;
            assert!(apart > GATE || single, "{mistake}: {apart}");
        }
    }
}

/// Rows from last to first.
fn reversed(tensor: &Tensor) -> Tensor {
    let rows = tensor.dim(0).unwrap() as u32;
    tensor.index_select(&Tensor::from_iter((0..rows).rev(), tensor.device()).unwrap(), 0).unwrap()
}
