//! Many sequences at once: each prompt is computed once, finished sequences leave, waiting ones take their place.

use std::sync::Arc;

use galley_core::Random;
use rayon::prelude::*;

use super::{
    cache::Cache,
    draw::SampleOptions,
    pass::{self, Slot},
    response::{Response, Sampled},
    weights::DecodeWeights,
};
use crate::policy::{Encoded, PolicyError, Result, Tokenizer, ops::Gather, rope};

/// A prompt and its samples, one for each seed.
#[derive(Clone)]
pub struct SampleRequest {
    pub prompt: Arc<Encoded>,
    pub seeds: Vec<Random>,
}

/// Which sample of which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SampleIndex {
    pub request: usize,
    pub sample: usize,
}

/// A prompt ready to be sampled from: features of its image tokens as plain floats.
pub struct PromptFeatures {
    /// `[image tokens, hidden]`.
    pub merged: Vec<f32>,
    /// `[layer][image tokens, hidden]`.
    pub deepstack: Vec<Vec<f32>>,
}

/// What all samples of a request share.
struct Prefix {
    cache: Cache,
    /// Behind the last prompt token.
    logits: Vec<f32>,
    /// Position of the first response token.
    next: u32,
}

struct Sequence {
    index: SampleIndex,
    prefix: Arc<Prefix>,
    cache: Cache,
    response: Response,
}

/// What every sequence needs.
struct Context<'a> {
    weights: &'a DecodeWeights,
    options: &'a SampleOptions,
    tokenizer: Option<&'a Tokenizer>,
}

/// Sequences of one task: many enough to use a weight often, few enough to keep all threads busy. Results do not depend
/// on it.
fn share(active: usize) -> usize {
    active.div_ceil(rayon::current_num_threads()).next_multiple_of(8).min(32)
}

/// Samples all requests. `features(request)` gives a prompt's image features when its turn comes; `on_finish` is called
/// on this thread as soon as a sample is complete.
pub fn sample(
    weights: &DecodeWeights,
    image_token: u32,
    requests: &[SampleRequest],
    options: &SampleOptions,
    tokenizer: Option<&Tokenizer>,
    features: &(dyn Fn(usize) -> Result<PromptFeatures> + Sync),
    on_finish: &mut dyn FnMut(SampleIndex, &Sampled),
) -> Result<Vec<Vec<Sampled>>> {
    if options.max_rows == 0 || options.max_tokens == 0 {
        return Err(PolicyError::input("sampling needs at least one row and one token"));
    }
    let context = Context { weights, options, tokenizer };
    let mut waiting = requests
        .iter()
        .enumerate()
        .flat_map(|(request, each)| (0..each.seeds.len()).map(move |sample| SampleIndex { request, sample }));
    let mut results: Vec<Vec<Option<Sampled>>> =
        requests.iter().map(|each| vec![None; each.seeds.len()]).collect();
    let mut active: Vec<Sequence> = Vec::new();
    loop {
        let admitted: Vec<SampleIndex> = waiting.by_ref().take(options.max_rows - active.len()).collect();
        active.extend(admit(&context, image_token, requests, &admitted, features, &active)?);
        retire(&mut active, &mut results, on_finish);
        if active.is_empty() {
            if admitted.is_empty() {
                break;
            }
            continue;
        }
        let share = share(active.len());
        active.par_chunks_mut(share).for_each(|sequences| advance(&context, sequences));
        retire(&mut active, &mut results, on_finish);
    }
    let complete = results.into_iter().map(|samples| samples.into_iter().flatten().collect());
    Ok(complete.collect())
}

/// Moves finished sequences to the results, in order.
fn retire(
    active: &mut Vec<Sequence>,
    results: &mut [Vec<Option<Sampled>>],
    on_finish: &mut dyn FnMut(SampleIndex, &Sampled),
) {
    for sequence in active.extract_if(.., |sequence| sequence.response.done) {
        on_finish(sequence.index, &sequence.response.sampled);
        results[sequence.index.request][sequence.index.sample] = Some(sequence.response.sampled);
    }
}

/// Starts sequences; prompts that are not yet in use are computed, several at once.
fn admit(
    context: &Context<'_>,
    image_token: u32,
    requests: &[SampleRequest],
    admitted: &[SampleIndex],
    features: &(dyn Fn(usize) -> Result<PromptFeatures> + Sync),
    active: &[Sequence],
) -> Result<Vec<Sequence>> {
    let mut wanted: Vec<usize> = admitted.iter().map(|index| index.request).collect();
    wanted.dedup();
    let known = |request: usize| active.iter().find(|sequence| sequence.index.request == request);
    let prefixes = wanted.par_iter().map(|&request| match known(request) {
        Some(sequence) => Ok((request, sequence.prefix.clone())),
        None => Ok((
            request,
            Arc::new(prefill(context, &requests[request].prompt, image_token, features(request)?)?),
        )),
    });
    let prefixes = prefixes.collect::<Result<Vec<_>>>()?;
    let start = |index: &SampleIndex| {
        let prefix = prefixes.iter().find(|(request, _)| *request == index.request)?.1.clone();
        let random = requests[index.request].seeds[index.sample].clone();
        Some(begin(context, *index, prefix, random))
    };
    Ok(admitted.par_iter().filter_map(start).collect())
}

fn begin(context: &Context<'_>, index: SampleIndex, prefix: Arc<Prefix>, random: Random) -> Sequence {
    let response = Response::begin(context.options, context.tokenizer, &prefix.logits, random);
    let cache = Cache::new(&context.weights.config, context.options.max_tokens.saturating_sub(1));
    Sequence { index, prefix, cache, response }
}

/// One more token for each of some sequences.
fn advance(context: &Context<'_>, sequences: &mut [Sequence]) {
    let weights = context.weights;
    let hidden = weights.config.hidden;
    let mut x = vec![0f32; sequences.len() * hidden];
    let mut positions = Vec::with_capacity(sequences.len());
    for (sequence, x) in sequences.iter().zip(x.chunks_exact_mut(hidden)) {
        let token = sequence.response.sampled.tokens.last().copied().unwrap_or(0) as usize;
        x.copy_from_slice(&weights.embed[token * hidden..][..hidden]);
        positions.push([sequence.prefix.next + sequence.response.sampled.tokens.len() as u32 - 1; 3]);
    }
    let angles = rope::text_angles(&weights.config, &positions);
    let mut slots: Vec<Slot<'_>> = sequences
        .iter_mut()
        .map(|Sequence { prefix, cache, .. }| Slot { prefix: Some(&prefix.cache), own: cache, tokens: 1 })
        .collect();
    pass::run(weights, &mut slots, &mut x, &angles, &[]);
    drop(slots);
    let vocab = weights.head.outputs;
    let mut logits = vec![0f32; sequences.len() * vocab];
    weights.head.multiply(&x, &mut logits, false);
    for (sequence, logits) in sequences.iter_mut().zip(logits.chunks_exact(vocab)) {
        sequence.response.advance(context.options, context.tokenizer, logits);
    }
}

/// Computes a prompt.
fn prefill(
    context: &Context<'_>,
    prompt: &Encoded,
    image_token: u32,
    features: PromptFeatures,
) -> Result<Prefix> {
    let weights = context.weights;
    let hidden = weights.config.hidden;
    let grids: Vec<_> = prompt.images.iter().map(|image| image.merged_grid()).collect();
    let (positions, next) = rope::positions(&prompt.tokens, image_token, &grids)?;
    let n = prompt.tokens.len();
    if n == 0 || prompt.tokens.iter().any(|&token| token as usize * hidden >= weights.embed.len()) {
        return Err(PolicyError::input("a prompt is empty or holds tokens outside the vocabulary"));
    }
    let rows = feature_rows(prompt, image_token);
    let mut x = vec![0f32; n * hidden];
    for ((x, &token), &row) in x.chunks_exact_mut(hidden).zip(&prompt.tokens).zip(&rows) {
        let (table, row) =
            if row == Gather::NONE { (&weights.embed, token) } else { (&features.merged, row) };
        x.copy_from_slice(&table[row as usize * hidden..][..hidden]);
    }
    let extra: Vec<Vec<f32>> =
        features.deepstack.iter().map(|feature| scatter(feature, &rows, hidden)).collect();
    let angles = rope::text_angles(&weights.config, &positions);
    let mut cache = Cache::new(&weights.config, n);
    pass::run(weights, &mut [Slot { prefix: None, own: &mut cache, tokens: n }], &mut x, &angles, &extra);
    let mut logits = vec![0f32; weights.head.outputs];
    weights.head.multiply(&x[(n - 1) * hidden..], &mut logits, false);
    Ok(Prefix { cache, logits, next })
}

/// For every token its row of features, or [`Gather::NONE`].
fn feature_rows(prompt: &Encoded, image_token: u32) -> Vec<u32> {
    let mut next = 0;
    let mut row = |token: u32| {
        if token != image_token {
            return Gather::NONE;
        }
        next += 1;
        next - 1
    };
    prompt.tokens.iter().map(|&token| row(token)).collect()
}

fn scatter(feature: &[f32], rows: &[u32], hidden: usize) -> Vec<f32> {
    let mut out = vec![0f32; rows.len() * hidden];
    for (out, &row) in out.chunks_exact_mut(hidden).zip(rows).filter(|(_, row)| **row != Gather::NONE) {
        out.copy_from_slice(&feature[row as usize * hidden..][..hidden]);
    }
    out
}
