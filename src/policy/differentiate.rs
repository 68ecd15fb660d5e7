//! Gradients of a loss on logits without all logits, and if wanted without all activations.
//!
//! *Logits* are made for a bounded number of tokens at a time: the loss of those is differentiated at once, down to the
//! states before the output layer, and the logits are dropped. So there is never a `[tokens, vocabulary]` tensor, however
//! many response tokens a micro-batch has; a loss must be a sum over tokens, which all of [`crate::objective`] are.
//!
//! *Activations* are kept by layer inputs alone where the policy checkpoints: a pass without autograd keeps the input of
//! each block; backwards, each block is computed again from its input, with autograd, and the gradient `g` of its output
//! is pulled through `Σ y · g`, whose gradient with respect to `y` is `g` to the bit. Only the order in which the gradients of
//! a tensor with several readers are added differs from a plain pass.

use std::ops::Range;

use candle_core::{D, Tensor, Var, backprop::GradStore};

use super::{
    Gradients, Result,
    batch::{Batch, Images},
    model::Model,
    vision::Features,
};

/// Logits that may exist at once, in numbers: 128 MiB of f32 for each copy that a loss makes.
const LOGITS: usize = 1 << 25;

/// Tokens whose logits are made at once.
pub(super) fn logit_rows(vocab: usize) -> usize {
    (LOGITS / vocab.max(1)).max(64)
}

/// Gives the loss of the tokens in a range, of their logits `[range, vocab]`.
pub(super) type LossOf<'a> = &'a mut dyn FnMut(Range<usize>, &Tensor) -> Result<Tensor>;

/// A forward and a backward pass.
pub(super) struct Pass<'a> {
    /// With gradients.
    pub(super) tracked: &'a Model,
    /// The same model without: for what is computed twice.
    pub(super) plain: &'a Model,
    pub(super) batch: &'a Batch,
    pub(super) images: &'a Images,
    /// Tokens whose logits are made at once.
    pub(super) logit_rows: usize,
    /// Whether the embedding, and whether the vision tower wants a gradient.
    pub(super) wants: Below,
}

/// What lies before the first text layer and wants a gradient.
#[derive(Clone, Copy)]
pub(super) struct Below {
    pub(super) embedding: bool,
    pub(super) vision: bool,
}

impl Pass<'_> {
    /// Keeps every activation.
    pub(super) fn straight(&self, gradients: &mut Gradients, loss: LossOf<'_>) -> Result<()> {
        let features = self.tracked.features(self.images)?;
        let states = self.tracked.states(self.batch, features.as_ref())?;
        let (pull, head) = self.losses(&states, loss)?;
        let mut store = dot(&states, &pull)?.backward()?;
        drop(states);
        self.add_head(&mut store, head)?;
        gradients.add(&store, 1.0)
    }

    /// Keeps the inputs of the blocks.
    pub(super) fn checkpointed(&self, gradients: &mut Gradients, loss: LossOf<'_>) -> Result<()> {
        let vision = self.vision_inputs()?;
        let features = vision.as_ref().map(|vision| vision.features.clone());
        let inputs = self.text_inputs(features.as_ref())?;

        let leaf = Var::from_tensor(&inputs[inputs.len() - 1])?;
        let states = self.tracked.text.finish(leaf.as_tensor(), self.batch, None)?;
        let (pull, head) = self.losses(&states, loss)?;
        let mut store = dot(&states, &pull)?.backward()?;
        self.add_head(&mut store, head)?;
        gradients.add(&store, 1.0)?;
        let mut g = store.remove(leaf.as_tensor());
        drop((store, states, leaf));

        let mut sums = Sums::new(features.as_ref());
        g = self.text_back(inputs, features.as_ref(), g, gradients, &mut sums)?;
        if let Some(g) = g {
            let leaves = Leaves::new(features.as_ref())?;
            let x = self.tracked.text.embed(self.batch, leaves.features.as_ref())?;
            let store = dot(&x, &g)?.backward()?;
            sums.take(&leaves, &store)?;
            gradients.add(&store, 1.0)?;
        }
        match vision {
            Some(vision) if self.wants.vision => self.vision_back(vision, &sums, gradients),
            _ => Ok(()),
        }
    }

    /// Loss by loss: the gradient with respect to all states, and that of the output layer.
    fn losses(&self, states: &Tensor, loss: LossOf<'_>) -> Result<(Tensor, Option<Tensor>)> {
        let count = states.dim(0)?;
        let weight = self.tracked.text.head();
        let (mut pulls, mut head) = (Vec::new(), None);
        for from in (0..count).step_by(self.logit_rows) {
            let range = from..(from + self.logit_rows).min(count);
            let leaf = Var::from_tensor(&states.narrow(0, from, range.len())?.detach())?;
            let logits = self.tracked.head(leaf.as_tensor())?;
            let mut store = loss(range, &logits)?.backward()?;
            drop(logits);
            let pull = store.remove(leaf.as_tensor());
            pulls.push(pull.map_or_else(|| leaf.zeros_like(), Ok)?);
            if let Some(new) = store.remove(weight) {
                head = Some(match head {
                    Some(sum) => (sum + new)?,
                    None => new,
                });
            }
        }
        Ok((Tensor::cat(&pulls, 0)?, head))
    }

    /// The output layer may be the embedding too, whose gradient is in `store` already or comes later.
    fn add_head(&self, store: &mut GradStore, head: Option<Tensor>) -> Result<()> {
        let weight = self.tracked.text.head();
        if let Some(head) = head {
            let sum = match store.remove(weight) {
                Some(other) => (other + head)?,
                None => head,
            };
            store.insert(weight, sum);
        }
        Ok(())
    }

    /// Input of every text layer, and the output of the last.
    fn text_inputs(&self, features: Option<&Features>) -> Result<Vec<Tensor>> {
        let text = &self.plain.text;
        let angles = text.angles(self.batch);
        let mut inputs = vec![text.embed(self.batch, features)?];
        for index in 0..text.depth() {
            let selects = text.selects(index, self.batch);
            let x = &inputs[index];
            let next = text.layer(index, x, &angles, self.batch, features, selects)?;
            inputs.push(next.after);
        }
        Ok(inputs)
    }

    /// From the gradient of the last layer's output to that of the first's input, if that is wanted.
    fn text_back(
        &self,
        mut inputs: Vec<Tensor>,
        features: Option<&Features>,
        mut g: Option<Tensor>,
        gradients: &mut Gradients,
        sums: &mut Sums,
    ) -> Result<Option<Tensor>> {
        let text = &self.tracked.text;
        let angles = text.angles(self.batch);
        let below = self.wants.embedding || self.wants.vision;
        inputs.pop();
        for index in (0..text.depth()).rev() {
            let (Some(input), Some(of_output)) = (inputs.pop(), g.take()) else { break };
            let leaf = (index > 0 || below).then(|| Var::from_tensor(&input)).transpose()?;
            let x = leaf.as_ref().map_or(&input, Var::as_tensor);
            let leaves = Leaves::new(features.filter(|_| self.wants.vision))?;
            let side = leaves.features.as_ref().or(features);
            let selects = text.selects(index, self.batch);
            let y = text.layer(index, x, &angles, self.batch, side, selects)?.after;
            let mut store = dot(&y, &of_output)?.backward()?;
            g = leaf.and_then(|leaf| store.remove(leaf.as_tensor()));
            sums.take(&leaves, &store)?;
            gradients.add(&store, 1.0)?;
        }
        Ok(g)
    }

    /// Inputs of every vision block, and the features.
    fn vision_inputs(&self) -> Result<Option<VisionInputs>> {
        let tower = match &self.plain.vision {
            Some(tower) if !self.images.list.is_empty() => tower,
            _ => {
                self.plain.features(self.images)?;
                return Ok(None);
            }
        };
        let (x, places) = tower.begin(self.images)?;
        let (mut inputs, mut deepstack) = (vec![x], Vec::new());
        for index in 0..tower.depth() {
            let next = tower.block(index, &inputs[index], &places)?;
            deepstack.extend(tower.taps(index, &next)?);
            inputs.push(next);
        }
        deepstack.sort_by_key(|(feature, _)| *feature);
        let deepstack = deepstack.into_iter().map(|(_, feature)| feature).collect();
        let merged = tower.merge(&inputs[inputs.len() - 1])?;
        Ok(Some(VisionInputs { inputs, features: Features { merged, deepstack } }))
    }

    fn vision_back(&self, vision: VisionInputs, sums: &Sums, gradients: &mut Gradients) -> Result<()> {
        let (Some(tower), Some(merged)) = (&self.tracked.vision, &sums.merged) else { return Ok(()) };
        let mut inputs = vision.inputs;
        let Some(last) = inputs.pop() else { return Ok(()) };
        let (start, places) = tower.begin(self.images)?;
        let leaf = Var::from_tensor(&last)?;
        let mut store = dot(&tower.merge(leaf.as_tensor())?, merged)?.backward()?;
        let mut g = store.remove(leaf.as_tensor());
        gradients.add(&store, 1.0)?;
        for index in (0..tower.depth()).rev() {
            let (Some(input), Some(of_output)) = (inputs.pop(), g.take()) else { break };
            let leaf = Var::from_tensor(&input)?;
            let y = tower.block(index, leaf.as_tensor(), &places)?;
            let mut pull = dot(&y, &of_output)?;
            for (feature, value) in tower.taps(index, &y)? {
                if let Some(of_feature) = &sums.deepstack[feature] {
                    pull = (pull + dot(&value, of_feature)?)?;
                }
            }
            let mut store = pull.backward()?;
            g = store.remove(leaf.as_tensor());
            gradients.add(&store, 1.0)?;
        }
        match g {
            Some(g) if start.track_op() => gradients.add(&dot(&start, &g)?.backward()?, 1.0),
            _ => Ok(()),
        }
    }
}

/// What a checkpointed pass keeps of the vision tower.
struct VisionInputs {
    /// Input of every block, and the output of the last.
    inputs: Vec<Tensor>,
    features: Features,
}

/// Image features as leaves of one block's graph.
struct Leaves {
    vars: Vec<Var>,
    features: Option<Features>,
}

impl Leaves {
    fn new(features: Option<&Features>) -> Result<Self> {
        let Some(features) = features else { return Ok(Self { vars: Vec::new(), features: None }) };
        let all = std::iter::once(&features.merged).chain(&features.deepstack);
        let vars = all.map(Var::from_tensor).collect::<candle_core::Result<Vec<_>>>()?;
        let tensors: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
        let features = Features { merged: tensors[0].clone(), deepstack: tensors[1..].to_vec() };
        Ok(Self { vars, features: Some(features) })
    }
}

/// Gradients of the image features, summed over the blocks that read them.
struct Sums {
    merged: Option<Tensor>,
    deepstack: Vec<Option<Tensor>>,
}

impl Sums {
    fn new(features: Option<&Features>) -> Self {
        Self { merged: None, deepstack: vec![None; features.map_or(0, |features| features.deepstack.len())] }
    }

    fn take(&mut self, leaves: &Leaves, store: &GradStore) -> Result<()> {
        let slots = std::iter::once(&mut self.merged).chain(&mut self.deepstack);
        for (slot, var) in slots.zip(&leaves.vars) {
            if let Some(new) = store.get(var.as_tensor()) {
                *slot = Some(match slot.take() {
                    Some(sum) => (sum + new)?,
                    None => new.clone(),
                });
            }
        }
        Ok(())
    }
}

/// `Σ y · g`.
fn dot(y: &Tensor, g: &Tensor) -> Result<Tensor> {
    Ok((y * g)?.flatten_all()?.sum(D::Minus1)?)
}
