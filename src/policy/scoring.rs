//! What a policy thinks of given responses: logits, log-probabilities, and the gradient of a loss on them.

use std::ops::Range;

use candle_core::{DType, Tensor};

use super::{
    Gradients, Policy, PolicyError, Result, Row,
    batch::{Batch, Images},
    dense::Source,
    differentiate::{Below, Pass, logit_rows},
    model::Model,
    vision::Features,
};

/// Logits of the responses of some rows.
pub struct RowLogits {
    /// `[Σ response length, vocab]`: row by row, the distribution from which each response token was drawn.
    pub logits: Tensor,
    /// Where each row begins, and the end: one entry more than rows.
    pub offsets: Vec<usize>,
}

impl RowLogits {
    /// One row's logits, `[response length, vocab]`.
    pub fn row(&self, index: usize) -> Result<Tensor> {
        let (from, to) = (self.offsets[index], self.offsets[index + 1]);
        Ok(self.logits.narrow(0, from, to - from)?)
    }
}

/// What the logits of some rows' responses are made of, without gradient: so many numbers smaller, that logits can be made
/// for a few tokens at a time.
pub struct RowStates {
    /// `[Σ response length, hidden]`.
    states: Tensor,
    /// `[vocab, hidden]`.
    head: Tensor,
}

impl RowStates {
    /// Logits of some response tokens, counted over all rows: `[range, vocab]`.
    pub fn logits(&self, range: Range<usize>) -> Result<Tensor> {
        Ok(super::ops::linear(&self.states.narrow(0, range.start, range.len())?, &self.head, None)?)
    }

    /// Ranges of tokens, in order, whose logits are made at once.
    pub fn ranges(&self) -> Result<impl Iterator<Item = Range<usize>> + use<>> {
        let (count, step) = (self.states.dim(0)?, logit_rows(self.head.dim(0)?));
        Ok((0..count).step_by(step).map(move |from| from..(from + step).min(count)))
    }
}

/// Image features computed once for several passes (student, teacher, base).
pub struct SharedFeatures {
    images: Images,
    features: Option<Features>,
}

impl Policy {
    /// Logits at every response token of some rows. Rows with equal prompts share the prompt's computation.
    ///
    /// # Errors
    /// When a gradient is wanted of a policy that has nothing trainable (a snapshot).
    pub fn logits(&self, rows: &[Row], requires_grad: bool) -> Result<RowLogits> {
        let features = self.features(rows, requires_grad)?;
        self.logits_with(rows, &features, requires_grad)
    }

    /// Features of every picture that the rows show.
    pub fn features(&self, rows: &[Row], requires_grad: bool) -> Result<SharedFeatures> {
        let images = Images::of(rows.iter().map(|row| row.prompt.as_ref()));
        let features = self.model(requires_grad)?.features(&images)?;
        Ok(SharedFeatures { images, features })
    }

    /// As [`Policy::logits`], with features computed before.
    pub fn logits_with(
        &self,
        rows: &[Row],
        features: &SharedFeatures,
        requires_grad: bool,
    ) -> Result<RowLogits> {
        let model = self.model(requires_grad)?;
        let batch = self.pack(rows, &features.images)?;
        let logits = model.logits(&batch, features.features.as_ref())?;
        let mut offsets = vec![0];
        for row in rows {
            offsets.push(offsets[offsets.len() - 1] + row.response.len());
        }
        Ok(RowLogits { logits, offsets })
    }

    /// States behind the logits at every response token; never with gradient.
    pub fn states(&self, rows: &[Row]) -> Result<RowStates> {
        self.states_of(&self.plain, rows)
    }

    /// The same of the model without its adapters.
    pub fn base_states(&self, rows: &[Row]) -> Result<RowStates> {
        let source = Source { params: &self.params, lora: None, tracked: false };
        self.states_of(&Model::new(&self.config, source)?, rows)
    }

    fn states_of(&self, model: &Model, rows: &[Row]) -> Result<RowStates> {
        let images = Images::of(rows.iter().map(|row| row.prompt.as_ref()));
        let features = model.features(&images)?;
        let states = model.states(&self.pack(rows, &images)?, features.as_ref())?;
        Ok(RowStates { states, head: model.text.head().clone() })
    }

    /// Adds to `gradients` those of a loss, given as the sum over ranges of response tokens (counted over all rows): `loss`
    /// gets a range and its logits `[range, vocab]`, range by range in order. All logits never exist at once.
    ///
    /// # Errors
    /// Of a policy that has nothing trainable, and those of `loss`.
    pub fn differentiate(
        &self,
        rows: &[Row],
        gradients: &mut Gradients,
        loss: &mut dyn FnMut(Range<usize>, &Tensor) -> Result<Tensor>,
    ) -> Result<()> {
        self.differentiate_by(logit_rows(self.config.text.vocab), rows, gradients, loss)
    }

    /// The same with logits of `logit_rows` tokens at once.
    pub(super) fn differentiate_by(
        &self,
        logit_rows: usize,
        rows: &[Row],
        gradients: &mut Gradients,
        loss: &mut dyn FnMut(Range<usize>, &Tensor) -> Result<Tensor>,
    ) -> Result<()> {
        let images = Images::of(rows.iter().map(|row| row.prompt.as_ref()));
        let batch = self.pack(rows, &images)?;
        let trains = |part: &str| self.trainable().iter().any(|(name, _)| name.contains(part));
        let wants = Below { embedding: trains("embed_tokens"), vision: trains("model.visual.") };
        let tracked = self.model(true)?;
        let pass = Pass { tracked, plain: &self.plain, batch: &batch, images: &images, logit_rows, wants };
        match self.checkpoints {
            true => pass.checkpointed(gradients, loss),
            false => pass.straight(gradients, loss),
        }
    }

    fn pack(&self, rows: &[Row], images: &Images) -> Result<Batch> {
        if rows.iter().all(|row| row.response.is_empty()) {
            return Err(PolicyError::input("no row has a response"));
        }
        Batch::pack(rows, self.config.tokens.image, images)
    }

    fn model(&self, requires_grad: bool) -> Result<&Model> {
        match requires_grad {
            true if self.trainable().is_empty() => {
                Err(PolicyError::input("a frozen policy has no gradients"))
            }
            true => Ok(&self.tracked),
            false => Ok(&self.plain),
        }
    }

    /// Log-probability of every response token; no gradient.
    pub fn log_probs(&self, rows: &[Row]) -> Result<Vec<Vec<f32>>> {
        let states = self.states(rows)?;
        let tokens: Vec<u32> = rows.iter().flat_map(|row| row.response.iter().copied()).collect();
        let mut all = Vec::with_capacity(tokens.len());
        for range in states.ranges()? {
            let logits = states.logits(range.clone())?.to_dtype(DType::F32)?;
            let index = Tensor::new(&tokens[range], logits.device())?.unsqueeze(1)?;
            let picked = candle_nn::ops::log_softmax(&logits, 1)?.gather(&index, 1)?;
            all.extend(picked.flatten_all()?.to_vec1::<f32>()?);
        }
        let mut rest = all.into_iter();
        Ok(rows.iter().map(|row| rest.by_ref().take(row.response.len()).collect()).collect())
    }
}
