//! Sampling with tensors on any device: the sampler of GPUs.
//!
//! The same promises as on the CPU but one: products of a batch are rounded as the device's library likes, so a response
//! is the one that it is alone up to rounding, not to the bit.

use std::sync::Arc;

use candle_core::{DType, Tensor};

use super::{
    draw::SampleOptions,
    lanes::{Held, Lanes},
    response::{Response, Sampled},
    sampler::{SampleIndex, SampleRequest},
};
use crate::policy::{
    Encoded, PolicyError, Result, Row, Tokenizer,
    batch::{Batch, Images},
    model::Model,
    rope::text_angles,
};

/// Tokens for which a layout has room; then it is made anew.
pub const ROOM: usize = 256;

/// What every response needs.
pub struct TensorSampler<'a> {
    /// Without gradients.
    pub model: &'a Model,
    pub image_token: u32,
    pub options: &'a SampleOptions,
    pub tokenizer: Option<&'a Tokenizer>,
}

/// A computed prompt.
struct Prompt {
    request: usize,
    held: Held,
    logits: Vec<f32>,
    /// Position of the first response token.
    next: u32,
}

struct Sequence {
    index: SampleIndex,
    next: u32,
    response: Response,
}

impl TensorSampler<'_> {
    /// As [`super::sample`].
    pub fn sample(
        &self,
        requests: &[SampleRequest],
        on_finish: &mut dyn FnMut(SampleIndex, &Sampled),
    ) -> Result<Vec<Vec<Sampled>>> {
        if self.options.max_rows == 0 || self.options.max_tokens == 0 {
            return Err(PolicyError::input("sampling needs at least one row and one token"));
        }
        let mut waiting = requests.iter().enumerate().flat_map(|(request, each)| {
            (0..each.seeds.len()).map(move |sample| SampleIndex { request, sample })
        });
        let mut results: Vec<Vec<Option<Sampled>>> =
            requests.iter().map(|each| vec![None; each.seeds.len()]).collect();
        let mut finish = |sequence: Sequence| {
            on_finish(sequence.index, &sequence.response.sampled);
            results[sequence.index.request][sequence.index.sample] = Some(sequence.response.sampled);
        };
        let (mut active, mut lanes): (Vec<Sequence>, Option<Lanes>) = (Vec::new(), None);
        let mut prompt: Option<Prompt> = None;
        loop {
            let mut kept = Vec::new();
            let mut held = Vec::new();
            let full = lanes.as_ref().is_none_or(Lanes::full);
            let before = active.len();
            for (lane, sequence) in active.drain(..).enumerate() {
                if sequence.response.done {
                    finish(sequence);
                    continue;
                }
                kept.push((lane, sequence));
            }
            let mut joined = Vec::new();
            while kept.len() + joined.len() < self.options.max_rows {
                let Some(index) = waiting.next() else { break };
                let ready = match prompt.take().filter(|prompt| prompt.request == index.request) {
                    Some(ready) => ready,
                    None => self.prefill(index.request, &requests[index.request].prompt)?,
                };
                let random = requests[index.request].seeds[index.sample].clone();
                let response = Response::begin(self.options, self.tokenizer, &ready.logits, random);
                let sequence = Sequence { index, next: ready.next, response };
                if sequence.response.done {
                    finish(sequence);
                } else {
                    joined.push((ready.held.clone(), sequence));
                }
                prompt = Some(ready);
            }
            if full || kept.len() < before || !joined.is_empty() {
                for (lane, _) in &kept {
                    held.extend(lanes.as_ref().map(|lanes| lanes.held(*lane)).transpose()?);
                }
                held.extend(joined.iter().map(|(held, _)| held.clone()));
                lanes = None;
            }
            active.extend(kept.into_iter().map(|(_, sequence)| sequence));
            active.extend(joined.into_iter().map(|(_, sequence)| sequence));
            if active.is_empty() {
                break;
            }
            let mut layout = match lanes.take() {
                Some(layout) => layout,
                None => Lanes::of(&held, ROOM.min(self.options.max_tokens))?,
            };
            drop(held);
            self.step(&mut active, &mut layout)?;
            lanes = Some(layout);
        }
        let complete = results.into_iter().map(|samples| samples.into_iter().flatten().collect());
        Ok(complete.collect())
    }

    /// One more token for every sequence.
    fn step(&self, active: &mut [Sequence], lanes: &mut Lanes) -> Result<()> {
        let text = &self.model.text;
        let tokens: Vec<u32> = active.iter().map(|sequence| sequence.response.last()).collect();
        let position =
            |sequence: &Sequence| [sequence.next + sequence.response.sampled.tokens.len() as u32 - 1; 3];
        let angles = text_angles(text.config(), &active.iter().map(position).collect::<Vec<_>>());
        let mut x = text.embed_tokens(&tokens)?;
        let mask = lanes.mask(x.device())?;
        for layer in 0..text.depth() {
            x =
                text.layer_cached(layer, &x, &angles, |qkv| lanes.attend(text.config(), layer, qkv, &mask))?;
        }
        lanes.advance();
        let logits = host(&self.model.head(&text.norm(&x)?)?)?;
        let width = logits.len() / active.len();
        for (sequence, logits) in active.iter_mut().zip(logits.chunks_exact(width)) {
            sequence.response.advance(self.options, self.tokenizer, logits);
        }
        Ok(())
    }

    fn prefill(&self, request: usize, prompt: &Arc<Encoded>) -> Result<Prompt> {
        let images = Images::of(std::iter::once(prompt.as_ref()));
        let features = self.model.features(&images)?;
        // One token of response, so that logits behind the prompt are wanted.
        let row = Row { prompt: prompt.clone(), response: vec![0] };
        let batch = Batch::pack(&[row], self.image_token, &images)?;
        let text = &self.model.text;
        let (angles, config) = (text.angles(&batch), text.config());
        let mut x = text.embed(&batch, features.as_ref())?;
        let mut held = Vec::with_capacity(text.depth());
        let by_head = |flat: &Tensor| -> Result<Tensor> {
            let heads = flat.reshape((batch.len(), config.kv_heads, config.head_dim))?;
            Ok(heads.transpose(0, 1)?.contiguous()?)
        };
        for layer in 0..text.depth() {
            let selects = text.selects(layer, &batch);
            let out = text.layer(layer, &x, &angles, &batch, features.as_ref(), selects)?;
            held.push((by_head(&out.key)?, by_head(&out.value)?));
            x = out.after;
        }
        let logits = host(&self.model.head(&text.finish(&x, &batch, None)?)?)?;
        let next = batch.positions.last().map_or(0, |last| last.iter().copied().max().unwrap_or(0) + 1);
        Ok(Prompt { request, held, logits, next })
    }
}

fn host(logits: &Tensor) -> Result<Vec<f32>> {
    Ok(logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?)
}
