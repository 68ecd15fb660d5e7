//! A linear layer with its optional adapter.

use candle_core::Tensor;

use super::{Lora, Params, Result, ops};

/// `W·x (+ b) (+ scale · B·A·x)`.
pub struct Dense {
    weight: Tensor,
    bias: Option<Tensor>,
    adapter: Option<Adapter>,
}

struct Adapter {
    a: Tensor,
    b: Tensor,
    scale: f64,
}

/// Where a model takes its operands from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub params: &'a Params,
    pub lora: Option<&'a Lora>,
    /// Whether trainable parameters get gradients in this model.
    pub tracked: bool,
}

impl Source<'_> {
    pub(super) fn tensor(&self, name: &str) -> Result<Tensor> {
        self.params.operand(name, self.tracked)
    }

    /// The layer `name`, without bias.
    pub(super) fn dense(&self, name: &str) -> Result<Dense> {
        let adapter = self.lora.and_then(|lora| lora.adapter(name, self.tracked));
        let adapter = adapter.map(|(a, b, scale)| Adapter { a, b, scale });
        Ok(Dense { weight: self.tensor(&format!("{name}.weight"))?, bias: None, adapter })
    }

    /// The layer `name`, with bias.
    pub(super) fn dense_bias(&self, name: &str) -> Result<Dense> {
        Ok(Dense { bias: Some(self.tensor(&format!("{name}.bias"))?), ..self.dense(name)? })
    }
}

impl Dense {
    /// `x [n, in]` → `[n, out]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = ops::linear(x, &self.weight, self.bias.as_ref())?;
        self.adapted(x, y)
    }

    /// The same plus `rest [n, out]`.
    pub fn forward_add(&self, x: &Tensor, rest: &Tensor) -> Result<Tensor> {
        if self.bias.is_some() {
            return Ok((self.forward(x)? + rest)?);
        }
        let y = ops::linear_add(x, &self.weight, rest)?;
        self.adapted(x, y)
    }

    fn adapted(&self, x: &Tensor, y: Tensor) -> Result<Tensor> {
        let Some(adapter) = &self.adapter else { return Ok(y) };
        let low = (ops::linear(x, &adapter.a, None)? * adapter.scale)?;
        Ok(ops::linear_add(&low, &adapter.b, &y)?)
    }
}
