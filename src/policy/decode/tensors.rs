//! Sampling with tensors on any device: the sampler of GPUs.
//!
//! The same promises as on the CPU but one: products of a batch are rounded as the device's library likes, so a response
//! is the one that it is alone up to rounding, not to the bit.

use std::sync::Arc;

use candle_core::{DType, Tensor};

use super::{
    draw::SampleOptions,
    draw_rows::{draw_rows, draws},
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
        let (mut active, mut lanes, mut prompt) = (Vec::<Sequence>::new(), None, None);
        loop {
            let (done, going): (Vec<_>, Vec<_>) =
                active.into_iter().enumerate().partition(|(_, sequence)| sequence.response.done);
            done.into_iter().for_each(|(_, sequence)| finish(sequence));
            let (kept, mut sequences): (Vec<usize>, Vec<Sequence>) = going.into_iter().unzip();
            let mut joined = Vec::new();
            while sequences.len() < self.options.max_rows {
                let Some(index) = waiting.next() else { break };
                let (held, sequence) = self.admit(index, requests, &mut prompt)?;
                if sequence.response.done {
                    finish(sequence);
                } else {
                    joined.push(held);
                    sequences.push(sequence);
                }
            }
            if sequences.is_empty() {
                break;
            }
            let mut layout = self.layout(lanes.take(), &kept, joined)?;
            self.step(&mut sequences, &mut layout)?;
            (active, lanes) = (sequences, Some(layout));
        }
        let complete = results.into_iter().map(|samples| samples.into_iter().flatten().collect());
        Ok(complete.collect())
    }

    /// Starts a response; `prompt` holds the last computed one, which the samples of a request share.
    fn admit(
        &self,
        index: SampleIndex,
        requests: &[SampleRequest],
        prompt: &mut Option<Prompt>,
    ) -> Result<(Held, Sequence)> {
        let request = &requests[index.request];
        let ready = match prompt.take().filter(|prompt| prompt.request == index.request) {
            Some(ready) => ready,
            None => self.prefill(index.request, &request.prompt)?,
        };
        let random = request.seeds[index.sample].clone();
        let response = Response::begin(self.options, self.tokenizer, &ready.logits, random);
        let (held, next) = (ready.held.clone(), ready.next);
        *prompt = Some(ready);
        Ok((held, Sequence { index, next, response }))
    }

    /// The lanes as they are, or laid out anew where some of them left, others join, or there is no room.
    fn layout(&self, lanes: Option<Lanes>, kept: &[usize], joined: Vec<Held>) -> Result<Lanes> {
        let mut held = Vec::with_capacity(kept.len() + joined.len());
        if let Some(lanes) = lanes {
            if joined.is_empty() && kept.len() == lanes.len() && !lanes.full() {
                return Ok(lanes);
            }
            for &lane in kept {
                held.push(lanes.held(lane)?);
            }
        }
        held.extend(joined);
        Lanes::of(&held, ROOM.min(self.options.max_tokens))
    }

    /// One more token for every sequence.
    fn step(&self, active: &mut [Sequence], lanes: &mut Lanes) -> Result<()> {
        let text = &self.model.text;
        let tokens: Vec<u32> = active.iter().map(|sequence| sequence.response.last()).collect();
        let position =
            |sequence: &Sequence| [sequence.next + sequence.response.sampled.tokens.len() as u32 - 1; 3];
        let angles = text_angles(text.config(), &active.iter().map(position).collect::<Vec<_>>());
        let mut x = text.embed_tokens(&tokens)?;
        let before = lanes.before(&x, text.config())?;
        for layer in 0..text.depth() {
            x = text
                .layer_cached(layer, &x, &angles, |qkv| lanes.attend(text.config(), layer, qkv, &before))?;
        }
        lanes.advance();
        let logits = self.model.head(&text.norm(&x)?)?;
        if draws(&logits, self.options) {
            let places = active.iter_mut().map(|sequence| sequence.response.uniform()).collect();
            let drawn = draw_rows(&logits, self.options, places)?;
            for (sequence, drawn) in active.iter_mut().zip(drawn) {
                sequence.response.take(self.options, self.tokenizer, drawn);
            }
            return Ok(());
        }
        let logits = host(&logits)?;
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
