//! The gates of parity are worth something: mistakes that have been made elsewhere do not pass them.

use candle_core::{DType, Tensor};

use super::{
    Golden,
    golden::{distance, flat, images_of},
};
use crate::policy::{
    ModelConfig, Params,
    batch::Batch,
    dense::Source,
    model::Model,
    ops::{Angles, Gather, Segment, gather},
    rope::patch_order,
    vision::Features,
};

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
            ("chunked instead of interleaved positions", chunked(&golden)),
            (
                "tanh GELU in the merger",
                featured(&golden, |f| f.merged = merged(&golden, |x| x.gelu().unwrap())),
            ),
            ("positions of the grid without aligned corners", gridded(&golden, Grid::Unaligned)),
            ("positions of the grid row by row", gridded(&golden, Grid::Raster)),
            ("attention across pictures", across(&golden)),
            ("no bias of the vision blocks", weighted(&golden, "qkv.bias", |w| w.zeros_like().unwrap())),
        ] {
            println!("{}: {mistake}: {apart:.1e}", golden.name);
            let single =
                mistake.contains("order") && golden.config.vision.as_ref().unwrap().deepstack.len() < 2;
            assert!(apart > GATE || single, "{mistake}: {apart}");
        }
    }
}

/// Axes of the rotation in runs (time, height, width) as in Qwen2-VL.
fn chunked(golden: &Golden) -> f32 {
    let params = golden.params(DType::F32);
    let model = golden.model(&params, None);
    let rows = golden.rows("b");
    let images = images_of(&rows);
    let batch = Batch::whole(&rows, golden.config.tokens.image, &images).unwrap();
    let features = model.features(&images).unwrap();
    let text = &golden.config.text;
    let half = text.head_dim / 2;
    let axis_of = |k: usize| {
        let [time, height, _] = text.mrope_section;
        usize::from(k >= time) + usize::from(k >= time + height)
    };
    let frequencies = text.stretch.frequencies(text.rope_theta, half);
    let angle = |position: &[u32; 3], k: usize| position[axis_of(k)] as f32 * frequencies[k];
    let angles: Vec<f32> =
        batch.positions.iter().flat_map(|position| (0..half).map(move |k| angle(position, k))).collect();
    let angles = Angles::new(&angles, half);
    let mut x = model.text.embed(&batch, features.as_ref()).unwrap();
    for layer in 0..model.text.depth() {
        x = model.text.layer(layer, &x, &angles, &batch, features.as_ref(), false).unwrap().after;
    }
    let logits = model.head(&model.text.finish(&x, &batch, None).unwrap()).unwrap();
    distance(&flat(&logits), &golden.floats("b.logits").unwrap())
}

/// The main merger by plain operations, with an activation of choice.
fn merged(golden: &Golden, activation: impl Fn(&Tensor) -> Tensor) -> Tensor {
    let params = golden.params(DType::F32);
    let model = golden.model(&params, None);
    let mut trace = Vec::new();
    model.features_traced(&images_of(&golden.rows("b")), Some(&mut trace)).unwrap();
    let part = |name: &str| params.get(&format!("model.visual.merger.{name}")).unwrap();
    let x = trace.last().unwrap();
    let x = crate::policy::ops::layer_norm(x, &part("norm.weight"), &part("norm.bias"), 1e-6).unwrap();
    let x = x.reshape(((), part("linear_fc1.weight").dim(1).unwrap())).unwrap();
    let linear = |x: &Tensor, name: &str| {
        let y = x.matmul(&part(&format!("{name}.weight")).t().unwrap()).unwrap();
        y.broadcast_add(&part(&format!("{name}.bias"))).unwrap()
    };
    linear(&activation(&linear(&x, "linear_fc1")), "linear_fc2")
}

/// Mistakes in the learned grid of positions.
#[derive(Clone, Copy, PartialEq)]
enum Grid {
    Unaligned,
    Raster,
}

fn gridded(golden: &Golden, mistake: Grid) -> f32 {
    let vision = golden.config.vision.as_ref().unwrap();
    let side = vision.position_side as f32;
    let table = golden.params(DType::F32).get("model.visual.pos_embed.weight").unwrap();
    let (h, w) = {
        let grid = golden.rows("b")[0].images[0].grid;
        (grid.1, grid.2)
    };
    let row = |i: usize, n: usize| match mistake {
        Grid::Unaligned => ((i as f32 + 0.5) * side / n as f32 - 0.5).clamp(0.0, side - 1.0),
        Grid::Raster => i as f32 * (side - 1.0) / (n - 1) as f32,
    };
    let order: Vec<(usize, usize)> = match mistake {
        Grid::Unaligned => patch_order(h, w, vision.merge).collect(),
        Grid::Raster => (0..h).flat_map(|y| (0..w).map(move |x| (y, x))).collect(),
    };
    let last = vision.position_side - 1;
    let (mut rows, mut weights) = (Vec::new(), Vec::new());
    for (y, x) in order {
        let (y, x) = (row(y, h), row(x, w));
        for (at_y, part_y) in
            [(y.floor() as usize, 1.0 - y.fract()), ((y.floor() as usize + 1).min(last), y.fract())]
        {
            for (at_x, part_x) in
                [(x.floor() as usize, 1.0 - x.fract()), ((x.floor() as usize + 1).min(last), x.fract())]
            {
                rows.push((at_y * vision.position_side + at_x) as u32);
                weights.push(part_y * part_x);
            }
        }
    }
    let mix = Gather { rows, weights: Some(weights), taps: 4 };
    let positions = gather(&table, &std::sync::Arc::new(mix)).unwrap();
    with_vision(golden, "b", |start, _| *start = (&*start + positions).unwrap())
}

/// Two pictures see each other (case c), where there is such a case.
fn across(golden: &Golden) -> f32 {
    if golden.floats("c.logits").is_none() {
        return f32::INFINITY;
    }
    with_vision(golden, "c", |_, segments| {
        let len = segments.iter().map(|segment| segment.len).sum();
        *segments = [Segment { start: 0, len, prefix: None }].into();
    })
}

/// A case whose patches (of case b before positions are added) or whose segments are spoiled.
fn with_vision(
    golden: &Golden,
    case: &str,
    spoil: impl FnOnce(&mut Tensor, &mut std::sync::Arc<[Segment]>),
) -> f32 {
    let params = golden.params(DType::F32);
    let model = golden.model(&params, None);
    let rows = golden.rows(case);
    let images = images_of(&rows);
    let tower = model.vision.as_ref().unwrap();
    let (mut x, mut places) = tower.begin(&images).unwrap();
    if case == "b" {
        let mut trace = Vec::new();
        model.features_traced(&images, Some(&mut trace)).unwrap();
        x = trace.swap_remove(0);
    }
    spoil(&mut x, &mut places.segments);
    let mut deepstack = Vec::new();
    for index in 0..tower.depth() {
        x = tower.block(index, &x, &places).unwrap();
        deepstack.extend(tower.taps(index, &x).unwrap());
    }
    deepstack.sort_by_key(|(feature, _)| *feature);
    let deepstack = deepstack.into_iter().map(|(_, feature)| feature).collect();
    let features = Features { merged: tower.merge(&x).unwrap(), deepstack };
    let batch = Batch::whole(&rows, golden.config.tokens.image, &images).unwrap();
    let logits = model.logits(&batch, Some(&features)).unwrap();
    distance(&flat(&logits), &golden.floats(&format!("{case}.logits")).unwrap())
}

/// Rows from last to first.
fn reversed(tensor: &Tensor) -> Tensor {
    let rows = tensor.dim(0).unwrap() as u32;
    tensor.index_select(&Tensor::from_iter((0..rows).rev(), tensor.device()).unwrap(), 0).unwrap()
}
