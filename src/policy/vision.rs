//! The vision tower: patches of pictures → features, one row for each merged token.

use std::sync::Arc;

use candle_core::Tensor;

use super::{
    PreparedImage, Result, VisionConfig,
    batch::Images,
    config::VISION_EPS,
    dense::{Dense, Source},
    ops::{self, Gather, Segment},
    rope::{position_taps, vision_angles},
};

/// Image features of one pass, computed once and shared by all rows that show a picture.
#[derive(Clone)]
pub struct Features {
    /// `[tokens, hidden]`, replacing the embeddings of image tokens.
    pub merged: Tensor,
    /// `[tokens, hidden]` each: the `i`-th is added after text layer `i`.
    pub deepstack: Vec<Tensor>,
}

/// Where the patches of a pass stand.
pub(super) struct Places {
    angles: Arc<ops::Angles>,
    pub(super) segments: Arc<[Segment]>,
}

pub(super) struct VisionTower {
    config: VisionConfig,
    patch_weight: Tensor,
    patch_bias: Tensor,
    positions: Tensor,
    blocks: Vec<Block>,
    merger: Merger,
    deepstack: Vec<Merger>,
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
}

struct Block {
    norm1: Norm,
    qkv: Dense,
    proj: Dense,
    norm2: Norm,
    fc1: Dense,
    fc2: Dense,
}

struct Merger {
    norm: Norm,
    fc1: Dense,
    fc2: Dense,
    /// Whether the norm sees the merged width.
    late_norm: bool,
    wide: usize,
}

impl Norm {
    fn new(source: Source<'_>, name: &str) -> Result<Self> {
        let part = |part: &str| source.tensor(&format!("{name}.{part}"));
        Ok(Self { weight: part("weight")?, bias: part("bias")? })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(ops::layer_norm(x, &self.weight, &self.bias, VISION_EPS)?)
    }
}

impl VisionTower {
    pub(super) fn new(config: &VisionConfig, source: Source<'_>) -> Result<Self> {
        let merger = |name: &str, late| Merger::new(config, source, &format!("model.visual.{name}"), late);
        let deep = (0..config.deepstack.len()).map(|i| merger(&format!("deepstack_merger_list.{i}"), true));
        Ok(Self {
            config: config.clone(),
            patch_weight: source.tensor("model.visual.patch_embed.proj.weight")?,
            patch_bias: source.tensor("model.visual.patch_embed.proj.bias")?,
            positions: source.tensor("model.visual.pos_embed.weight")?,
            blocks: (0..config.depth).map(|i| Block::new(source, i)).collect::<Result<_>>()?,
            merger: merger("merger", false)?,
            deepstack: deep.collect::<Result<_>>()?,
        })
    }

    /// All pictures in one pass; attention stays inside each. `trace` receives the patch embedding, the sum with the
    /// positions, and the output of every block.
    pub(super) fn forward(&self, images: &Images, trace: Option<&mut Vec<Tensor>>) -> Result<Features> {
        self.run(&images.list, &self.frame_weight()?, trace)
    }

    /// Picture by picture, so that the features of one cannot depend on what stands beside it.
    pub(super) fn each(&self, images: &[Arc<PreparedImage>]) -> Result<Vec<Features>> {
        let weight = self.frame_weight()?;
        images.iter().map(|image| self.run(std::slice::from_ref(image), &weight, None)).collect()
    }

    fn run(
        &self,
        images: &[Arc<PreparedImage>],
        frame_weight: &Tensor,
        mut trace: Option<&mut Vec<Tensor>>,
    ) -> Result<Features> {
        let mut note = |x: &Tensor| trace.iter_mut().for_each(|trace| trace.push(x.clone()));
        let (mut x, places) = self.embed(images, frame_weight, &mut note)?;
        note(&x);
        let mut deepstack = Vec::new();
        for index in 0..self.blocks.len() {
            x = self.block(index, &x, &places)?;
            note(&x);
            deepstack.extend(self.taps(index, &x)?.into_iter().map(|(_, feature)| feature));
        }
        Ok(Features { merged: self.merge(&x)?, deepstack })
    }

    /// Patches with their positions, and where they stand; `note` receives what there is before positions are added.
    fn embed(
        &self,
        images: &[Arc<PreparedImage>],
        frame_weight: &Tensor,
        note: &mut dyn FnMut(&Tensor),
    ) -> Result<(Tensor, Places)> {
        let grids: Vec<_> = images.iter().map(|image| (image.grid.1, image.grid.2)).collect();
        let x = ops::linear(&self.patches(images)?, frame_weight, Some(&self.patch_bias))?;
        note(&x);
        let x = (x + ops::gather(&self.positions, &position_taps(&self.config, &grids))?)?;
        Ok((x, Places { angles: vision_angles(&self.config, &grids), segments: segments(images) }))
    }

    /// The first stage of a pass over some pictures.
    pub(super) fn begin(&self, images: &Images) -> Result<(Tensor, Places)> {
        self.embed(&images.list, &self.frame_weight()?, &mut |_| {})
    }

    pub(super) fn depth(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn block(&self, index: usize, x: &Tensor, places: &Places) -> Result<Tensor> {
        self.blocks[index].forward(x, &places.angles, &places.segments)
    }

    /// The deepstack features that are taken behind block `index`, of its output.
    pub(super) fn taps(&self, index: usize, x: &Tensor) -> Result<Vec<(usize, Tensor)>> {
        let at = self.config.deepstack.iter().enumerate().filter(|(_, at)| **at == index);
        at.map(|(feature, _)| Ok((feature, self.deepstack[feature].forward(x)?))).collect()
    }

    /// The last stage.
    pub(super) fn merge(&self, x: &Tensor) -> Result<Tensor> {
        self.merger.forward(x)
    }

    /// The patch weights summed over time, `[hidden, channels · patch²]`: all frames of a picture are equal.
    fn frame_weight(&self) -> Result<Tensor> {
        let c = &self.config;
        let (rows, area) = (c.hidden * c.channels, c.patch * c.patch);
        let frames = self.patch_weight.reshape((rows * c.temporal_patch, area))?;
        let all = (0..(rows * c.temporal_patch) as u32).collect();
        let sum = Arc::new(Gather { rows: all, weights: None, taps: c.temporal_patch });
        Ok(ops::gather(&frames, &sum)?.reshape((c.hidden, c.patch_width()))?)
    }

    /// `[patches, channels · patch²]`.
    fn patches(&self, images: &[Arc<PreparedImage>]) -> Result<Tensor> {
        let width = self.config.patch_width();
        let mut all = Vec::with_capacity(images.iter().map(|image| image.patches.len()).sum());
        for image in images {
            all.extend_from_slice(&image.patches);
        }
        let rows = all.len() / width;
        if rows * width != all.len() || images.iter().any(|image| image.patches.len() != image.len() * width)
        {
            return Err(super::PolicyError::Image(format!("patches are not {width} numbers wide")));
        }
        let patches = Tensor::from_vec(all, (rows, width), self.positions.device())?;
        Ok(patches.to_dtype(self.positions.dtype())?)
    }
}

fn segments(images: &[Arc<PreparedImage>]) -> Arc<[Segment]> {
    let mut start = 0;
    let segment = |image: &Arc<PreparedImage>| {
        start += image.len();
        Segment { start: start - image.len(), len: image.len(), prefix: None }
    };
    images.iter().map(segment).collect()
}

impl Block {
    fn new(source: Source<'_>, index: usize) -> Result<Self> {
        let name = |part: &str| format!("model.visual.blocks.{index}.{part}");
        Ok(Self {
            norm1: Norm::new(source, &name("norm1"))?,
            qkv: source.dense_bias(&name("attn.qkv"))?,
            proj: source.dense_bias(&name("attn.proj"))?,
            norm2: Norm::new(source, &name("norm2"))?,
            fc1: source.dense_bias(&name("mlp.linear_fc1"))?,
            fc2: source.dense_bias(&name("mlp.linear_fc2"))?,
        })
    }

    fn forward(&self, x: &Tensor, angles: &Arc<ops::Angles>, segments: &Arc<[Segment]>) -> Result<Tensor> {
        let qkv = self.qkv.forward(&self.norm1.forward(x)?)?;
        let x = self.proj.forward_add(&ops::self_attention(&qkv, angles, segments)?, x)?;
        let inner = ops::gelu_tanh(&self.fc1.forward(&self.norm2.forward(&x)?)?)?;
        self.fc2.forward_add(&inner, &x)
    }
}

impl Merger {
    fn new(config: &VisionConfig, source: Source<'_>, name: &str, late_norm: bool) -> Result<Self> {
        Ok(Self {
            norm: Norm::new(source, &format!("{name}.norm"))?,
            fc1: source.dense_bias(&format!("{name}.linear_fc1"))?,
            fc2: source.dense_bias(&format!("{name}.linear_fc2"))?,
            late_norm,
            wide: config.hidden * config.merge * config.merge,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let merge = |x: &Tensor| x.reshape(((), self.wide));
        let x = if self.late_norm { self.norm.forward(&merge(x)?)? } else { merge(&self.norm.forward(x)?)? };
        self.fc2.forward(&ops::gelu_erf(&self.fc1.forward(&x)?)?)
    }
}
