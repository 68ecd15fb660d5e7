//! A response while it grows: its tokens, its own randomness, and when it ends.

use galley_core::Random;

use super::draw::{Drawn, SampleOptions, draw};
use crate::policy::Tokenizer;

/// A response. A function of prompt, seed, options and parameters, whatever was sampled beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// With the stop token, where it stopped on one.
    pub tokens: Vec<u32>,
    /// Log-probability of each token under the model's own distribution.
    pub logprobs: Vec<f32>,
    /// The same under the distribution it was drawn from (temperature and filters applied).
    pub sampling_logprobs: Vec<f32>,
    pub finish: Finish,
}

/// Why a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// A stop token or a stop string.
    Stop,
    /// `max_tokens`.
    Length,
}

/// A response that is not finished.
pub(super) struct Response {
    random: Random,
    pub(super) sampled: Sampled,
    /// Its bytes, kept where stop strings are looked for.
    text: Vec<u8>,
    pub(super) done: bool,
}

impl Response {
    /// Draws the first token from the logits behind a prompt.
    pub(super) fn begin(
        options: &SampleOptions,
        tokenizer: Option<&Tokenizer>,
        logits: &[f32],
        random: Random,
    ) -> Self {
        let room = options.max_tokens;
        let sampled = Sampled {
            tokens: Vec::with_capacity(room),
            logprobs: Vec::with_capacity(room),
            sampling_logprobs: Vec::with_capacity(room),
            finish: Finish::Length,
        };
        let mut response = Self { random, sampled, text: Vec::new(), done: false };
        response.advance(options, tokenizer, logits);
        response
    }

    /// Draws a token and decides whether the response goes on.
    pub(super) fn advance(&mut self, options: &SampleOptions, tokenizer: Option<&Tokenizer>, logits: &[f32]) {
        let drawn = draw(logits, options, &self.sampled.tokens, &mut self.random);
        self.take(options, tokenizer, drawn);
    }

    /// The place between 0 and 1 at which the next token is drawn.
    pub(super) fn uniform(&mut self) -> f64 {
        self.random.uniform()
    }

    /// Takes a drawn token and decides whether the response goes on.
    pub(super) fn take(&mut self, options: &SampleOptions, tokenizer: Option<&Tokenizer>, drawn: Drawn) {
        self.sampled.tokens.push(drawn.token);
        self.sampled.logprobs.push(drawn.logprob);
        self.sampled.sampling_logprobs.push(drawn.sampling_logprob);
        let stopped = options.stop.contains(&drawn.token)
            || tokenizer.is_some_and(|tokenizer| self.meets_stop_string(options, tokenizer, drawn.token));
        if stopped {
            self.sampled.finish = Finish::Stop;
        }
        self.done = stopped || self.sampled.tokens.len() >= options.max_tokens;
    }

    fn meets_stop_string(&mut self, options: &SampleOptions, tokenizer: &Tokenizer, token: u32) -> bool {
        if options.stop_strings.is_empty() {
            return false;
        }
        let new = tokenizer.token_bytes(token);
        self.text.extend_from_slice(new);
        let ends = |stop: &String| {
            let stop = stop.as_bytes();
            let tail = self.text.len().saturating_sub(stop.len() + new.len());
            !stop.is_empty() && self.text[tail..].windows(stop.len()).any(|window| window == stop)
        };
        options.stop_strings.iter().any(ends)
    }

    /// The token that is read next.
    pub(super) fn last(&self) -> u32 {
        self.sampled.tokens.last().copied().unwrap_or(0)
    }
}
