//! The vision transformer: patches, a class token, pre-norm blocks, and the projection of the class token.

use std::collections::BTreeMap;

use candle_core::{D, Device, IndexOp, Tensor};
use candle_nn::{LayerNorm, Linear, Module, ops::softmax_last_dim};

use super::ClipConfig;

/// The transformer with its weights.
pub(super) struct Encoder {
    config: ClipConfig,
    patch: Tensor,
    class: Tensor,
    position: Tensor,
    before: LayerNorm,
    blocks: Vec<Block>,
    after: LayerNorm,
    projection: Linear,
}

struct Block {
    first: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    second: LayerNorm,
    up: Linear,
    down: Linear,
}

/// Tensors by name, each taken once.
struct Names {
    tensors: BTreeMap<String, Tensor>,
    epsilon: f64,
}

impl Names {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, String> {
        let tensor = self.tensors.remove(name).ok_or(format!("tensor `{name}` is missing"))?;
        if tensor.dims() == shape {
            Ok(tensor)
        } else {
            Err(format!("tensor `{name}` has shape {:?}, not {shape:?}", tensor.dims()))
        }
    }

    fn linear(&mut self, name: &str, inner: usize, outer: usize) -> Result<Linear, String> {
        let weight = self.take(&format!("{name}.weight"), &[outer, inner])?;
        Ok(Linear::new(weight, Some(self.take(&format!("{name}.bias"), &[outer])?)))
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<LayerNorm, String> {
        let weight = self.take(&format!("{name}.weight"), &[width])?;
        Ok(LayerNorm::new(weight, self.take(&format!("{name}.bias"), &[width])?, self.epsilon))
    }
}

impl Encoder {
    /// # Errors
    /// Names a tensor that is missing or of a wrong shape.
    pub fn new(config: ClipConfig, tensors: BTreeMap<String, Tensor>) -> Result<Self, String> {
        let mut names = Names { tensors, epsilon: config.layer_norm_eps };
        let (width, side) = (config.hidden_size, config.patch_size);
        let tokens = (config.image_size / side).pow(2) + 1;
        let vision = |name: &str| format!("vision_model.{name}");
        let embedding = |name: &str| vision(&format!("embeddings.{name}"));
        let projection = names
            .tensors
            .remove("visual_projection.weight")
            .ok_or("tensor `visual_projection.weight` is missing")?;
        if projection.dims().len() != 2 || projection.dims()[1] != width {
            return Err(format!("tensor `visual_projection.weight` has shape {:?}", projection.dims()));
        }
        Ok(Self {
            patch: names.take(&embedding("patch_embedding.weight"), &[width, 3, side, side])?,
            class: names.take(&embedding("class_embedding"), &[width])?,
            position: names.take(&embedding("position_embedding.weight"), &[tokens, width])?,
            before: names.norm(&vision("pre_layrnorm"), width)?,
            blocks: (0..config.num_hidden_layers)
                .map(|at| Block::new(&mut names, &vision(&format!("encoder.layers.{at}")), &config))
                .collect::<Result<_, _>>()?,
            after: names.norm(&vision("post_layernorm"), width)?,
            projection: Linear::new(projection, None),
            config,
        })
    }

    /// Pixels along a side of the input.
    pub fn side(&self) -> usize {
        self.config.image_size
    }

    /// The projected class token of `3 × side × side` numbers.
    pub fn embed(&self, pixels: Vec<f32>) -> candle_core::Result<Vec<f32>> {
        let side = self.config.image_size;
        let pixels = Tensor::from_vec(pixels, (1, 3, side, side), &Device::Cpu)?;
        let patches = pixels.conv2d(&self.patch, 0, self.config.patch_size, 1, 1)?;
        let patches = patches.flatten_from(2)?.squeeze(0)?.t()?;
        let tokens = Tensor::cat(&[&self.class.unsqueeze(0)?, &patches.contiguous()?], 0)?;
        let mut tokens = self.before.forward(&(tokens + &self.position)?)?;
        for block in &self.blocks {
            tokens = block.forward(&tokens, self.config.num_attention_heads)?;
        }
        let class = self.after.forward(&tokens.i(0..1)?)?;
        self.projection.forward(&class)?.flatten_all()?.to_vec1()
    }
}

impl Block {
    fn new(names: &mut Names, path: &str, config: &ClipConfig) -> Result<Self, String> {
        let (width, wide) = (config.hidden_size, config.intermediate_size);
        let at = |name: &str| format!("{path}.{name}");
        Ok(Self {
            first: names.norm(&at("layer_norm1"), width)?,
            query: names.linear(&at("self_attn.q_proj"), width, width)?,
            key: names.linear(&at("self_attn.k_proj"), width, width)?,
            value: names.linear(&at("self_attn.v_proj"), width, width)?,
            out: names.linear(&at("self_attn.out_proj"), width, width)?,
            second: names.norm(&at("layer_norm2"), width)?,
            up: names.linear(&at("mlp.fc1"), width, wide)?,
            down: names.linear(&at("mlp.fc2"), wide, width)?,
        })
    }

    fn forward(&self, tokens: &Tensor, heads: usize) -> candle_core::Result<Tensor> {
        let tokens = (tokens + self.attend(&self.first.forward(tokens)?, heads)?)?;
        let wide = self.up.forward(&self.second.forward(&tokens)?)?;
        &tokens + self.down.forward(&quick_gelu(&wide)?)?
    }

    fn attend(&self, tokens: &Tensor, heads: usize) -> candle_core::Result<Tensor> {
        let (count, width) = tokens.dims2()?;
        let split = |linear: &Linear| {
            linear.forward(tokens)?.reshape((count, heads, width / heads))?.transpose(0, 1)?.contiguous()
        };
        let (query, key, value) = (split(&self.query)?, split(&self.key)?, split(&self.value)?);
        let scale = 1.0 / ((width / heads) as f64).sqrt();
        let shares = softmax_last_dim(&((query * scale)?.matmul(&key.transpose(D::Minus2, D::Minus1)?)?))?;
        self.out.forward(&shares.matmul(&value)?.transpose(0, 1)?.reshape((count, width))?)
    }
}

/// `x · σ(1.702 x)`.
fn quick_gelu(x: &Tensor) -> candle_core::Result<Tensor> {
    x * candle_nn::ops::sigmoid(&(x * 1.702)?)?
}
