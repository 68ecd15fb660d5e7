//! The two convolutional networks, as lists of layers.

use std::collections::BTreeMap;

use candle_core::Tensor;

use super::distance::unlikeness;

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backbone {
    Alex,
    Vgg,
}

/// One step of a network. Every convolution is followed by ReLU.
#[derive(Clone, Copy)]
enum Layer {
    Conv {
        stride: usize,
        padding: usize,
    },
    Pool {
        side: usize,
    },
    /// Here the features are compared.
    Tap,
}

impl Backbone {
    pub const ALL: [Self; 2] = [Self::Alex, Self::Vgg];

    /// The axis name, and the stem of the weights' file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alex => "lpips-alex",
            Self::Vgg => "lpips-vgg",
        }
    }

    /// Convolutions of the network.
    pub fn convolutions(self) -> usize {
        self.layers().iter().filter(|layer| matches!(layer, Layer::Conv { .. })).count()
    }

    fn layers(self) -> Vec<Layer> {
        const SAME: Layer = Layer::Conv { stride: 1, padding: 1 };
        match self {
            Self::Alex => {
                let (pool, tap) = (Layer::Pool { side: 3 }, Layer::Tap);
                let first = [Layer::Conv { stride: 4, padding: 2 }, tap, pool];
                let second = [Layer::Conv { stride: 1, padding: 2 }, tap, pool];
                [first.as_slice(), &second, &[SAME, tap].repeat(3)].concat()
            }
            Self::Vgg => {
                let mut layers = Vec::new();
                for (stage, convolutions) in [2, 2, 3, 3, 3].into_iter().enumerate() {
                    layers.extend((stage > 0).then_some(Layer::Pool { side: 2 }));
                    layers.extend([SAME].repeat(convolutions));
                    layers.push(Layer::Tap);
                }
                layers
            }
        }
    }
}

/// A network with weights.
pub(super) struct Network {
    layers: Vec<Layer>,
    /// Kernel (`out × in × height × width`) and bias (`1 × out × 1 × 1`) of each convolution.
    convolutions: Vec<(Tensor, Tensor)>,
    /// One weight a channel for each tap.
    heads: Vec<Vec<f32>>,
}

impl Network {
    /// From `conv.N.weight`, `conv.N.bias` and `head.N.weight`.
    ///
    /// # Errors
    /// Names a missing tensor, or one of a wrong shape.
    pub fn new(backbone: Backbone, mut tensors: BTreeMap<String, Tensor>) -> Result<Self, String> {
        let mut take = |name: String| tensors.remove(&name).ok_or(format!("tensor `{name}` is missing"));
        let text = |error: candle_core::Error| error.to_string();
        let convolutions = (0..backbone.convolutions())
            .map(|at| {
                let (kernel, bias) = (take(format!("conv.{at}.weight"))?, take(format!("conv.{at}.bias"))?);
                let (out, ..) = kernel.dims4().map_err(text)?;
                Ok((kernel, bias.reshape((1, out, 1, 1)).map_err(text)?))
            })
            .collect::<Result<_, String>>()?;
        let layers = backbone.layers();
        let taps = layers.iter().filter(|layer| matches!(layer, Layer::Tap)).count();
        let heads = (0..taps)
            .map(|at| {
                take(format!("head.{at}.weight"))?.flatten_all().and_then(|head| head.to_vec1()).map_err(text)
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { layers, convolutions, heads })
    }

    /// Sum over the taps of the mean unlikeness of features.
    pub fn distance(&self, a: &Tensor, b: &Tensor) -> candle_core::Result<f64> {
        let (mut a, mut b) = (a.clone(), b.clone());
        let (mut convolutions, mut heads) = (self.convolutions.iter(), self.heads.iter());
        let mut distance = 0.0;
        for layer in &self.layers {
            match *layer {
                Layer::Tap => {
                    let Some(head) = heads.next() else { continue };
                    distance += unlikeness(&a, &b, head)?;
                }
                Layer::Pool { side } => {
                    let pool = |x: &Tensor| x.max_pool2d_with_stride((side, side), (2, 2));
                    (a, b) = (pool(&a)?, pool(&b)?);
                }
                Layer::Conv { stride, padding } => {
                    let Some((kernel, bias)) = convolutions.next() else { continue };
                    let conv =
                        |x: &Tensor| x.conv2d(kernel, padding, stride, 1, 1)?.broadcast_add(bias)?.relu();
                    (a, b) = (conv(&a)?, conv(&b)?);
                }
            }
        }
        Ok(distance)
    }
}
