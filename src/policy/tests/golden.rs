//! Reading the goldens.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::{DType, Device, Tensor};

use crate::policy::{
    Encoded, Lora, ModelConfig, Params, PreparedImage, batch::Images, dense::Source, model::Model, weights,
};

/// One reference model with its cases.
pub(super) struct Golden {
    pub(super) name: String,
    pub(super) dir: PathBuf,
    pub(super) config: ModelConfig,
    tensors: BTreeMap<String, Tensor>,
}

/// The folder with `qwen3vl/…`.
#[expect(clippy::disallowed_methods, reason = "where a tester keeps goldens is no setting of a run")]
pub(super) fn root() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("GALLEY_GOLDENS").map(PathBuf::from);
    let beside = workspace.join("../shared/goldens");
    given.or(beside.exists().then_some(beside)).unwrap_or_else(|| workspace.join("tests/goldens"))
}

impl Golden {
    pub(super) fn all() -> Vec<Self> {
        let mut all: Vec<Self> =
            ["tiny_a", "tiny_b", "tiny_c"].iter().filter_map(|name| Self::open(&root(), name)).collect();
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
        all.extend(Self::open(&own, "tiny_a"));
        assert!(!all.is_empty(), "the repository's own golden is missing");
        all
    }

    fn open(root: &Path, name: &str) -> Option<Self> {
        let dir = root.join("qwen3vl").join(name);
        if !dir.exists() {
            return None;
        }
        let config = ModelConfig::load(&dir).unwrap();
        let tensors = weights::load_file(&dir.join("cases.safetensors"), DType::F32, &Device::Cpu).unwrap();
        Some(Self { name: dir.display().to_string(), dir, config, tensors })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    pub(super) fn floats(&self, name: &str) -> Option<Vec<f32>> {
        self.get(name)
            .map(|tensor| tensor.flatten_all().unwrap().to_dtype(DType::F32).unwrap().to_vec1().unwrap())
    }

    pub(super) fn integers(&self, name: &str) -> Option<Vec<i64>> {
        self.get(name).map(|tensor| tensor.flatten_all().unwrap().to_vec1().unwrap())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    pub(super) fn params(&self, dtype: DType) -> Params {
        Params::load(&self.config, &self.dir, dtype, &Device::Cpu).unwrap()
    }

    pub(super) fn model(&self, params: &Params, lora: Option<&Lora>) -> Model {
        Model::new(&self.config, Source { params, lora, tracked: true }).unwrap()
    }

    /// The rows of a case without their padding, each with its pictures.
    pub(super) fn rows(&self, case: &str) -> Vec<Encoded> {
        let ids = self.integers(&format!("{case}.input_ids")).unwrap();
        let width = self.get(&format!("{case}.input_ids")).unwrap().dim(1).unwrap();
        let mask = self.integers(&format!("{case}.attention_mask")).unwrap_or_else(|| vec![1; ids.len()]);
        let mut images = self.images(if case == "d_right" { "d_left" } else { case }).into_iter();
        let image = i64::from(self.config.tokens.image);
        let row = |(ids, mask): (&[i64], &[i64])| {
            let tokens: Vec<i64> =
                ids.iter().zip(mask).filter(|(_, mask)| **mask == 1).map(|(id, _)| *id).collect();
            let starts = tokens.windows(2).filter(|pair| pair[0] != image && pair[1] == image).count();
            let tokens = tokens.into_iter().map(|id| id as u32).collect();
            Encoded { tokens, images: images.by_ref().take(starts).collect() }
        };
        ids.chunks(width).zip(mask.chunks(width)).map(row).collect()
    }

    /// The pictures of a case from its official patch vectors.
    pub(super) fn images(&self, case: &str) -> Vec<Arc<PreparedImage>> {
        let Some(pixels) = self.floats(&format!("{case}.pixel_values")) else { return Vec::new() };
        let grids = self.integers(&format!("{case}.image_grid_thw")).unwrap();
        let mut vectors = pixels.chunks_exact(1536);
        let image = |grid: &[i64]| {
            let (h, w) = (grid[1] as usize, grid[2] as usize);
            let frame = vectors.by_ref().take(h * w).flat_map(one_frame).collect();
            Arc::new(PreparedImage::new(h, w, 2, frame))
        };
        grids.chunks(3).map(image).collect()
    }
}

/// (channel, 2 frames, 256) → (channel, 256).
fn one_frame(vector: &[f32]) -> Vec<f32> {
    let frames = vector.chunks_exact(512).map(|channel| channel.split_at(256));
    frames
        .flat_map(|(first, second)| {
            assert_eq!(first, second);
            first.to_vec()
        })
        .collect()
}

pub(super) fn images_of(rows: &[Encoded]) -> Images {
    Images::of(rows.iter())
}

/// The largest difference.
pub(super) fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |worst, d| if d > worst || d.is_nan() { d } else { worst })
}

pub(super) fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_dtype(DType::F32).unwrap().to_vec1().unwrap()
}

/// `got` is within `gate` of the golden `name`; prints the distance, for the record.
pub(super) fn close(golden: &Golden, name: &str, got: &Tensor, gate: f32) {
    let Some(want) = golden.floats(name) else { return };
    let worst = distance(&flat(got), &want);
    println!("{} {name}: {worst:.1e} of {gate:.0e}", golden.name);
    assert!(worst <= gate, "{} {name}: {worst} > {gate}", golden.name);
}
