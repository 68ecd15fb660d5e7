//! Sampling: the reference's greedy tokens, and results that depend on nothing but prompt, seed and parameters.

use std::sync::Arc;

use candle_core::{DType, Tensor};
use galley_core::Random;

use super::{
    Golden,
    golden::{distance, flat, images_of},
};
use crate::policy::{
    Encoded, Finish, Result, SampleIndex, SampleOptions, SampleRequest, Sampled,
    batch::Batch,
    decode::{self, DecodeWeights, PromptFeatures, TensorSampler},
    dense::Source,
    model::Model,
};

fn features(model: &Model, prompt: &Encoded) -> Result<PromptFeatures> {
    let features = model.features(&images_of(std::slice::from_ref(prompt)))?;
    let Some(features) = features else {
        return Ok(PromptFeatures { merged: Vec::new(), deepstack: Vec::new() });
    };
    Ok(PromptFeatures {
        merged: flat(&features.merged),
        deepstack: features.deepstack.iter().map(flat).collect(),
    })
}

fn sample(golden: &Golden, requests: &[SampleRequest], options: &SampleOptions) -> Vec<Vec<Sampled>> {
    let params = golden.params(DType::F32);
    let model = golden.model(&params, None);
    let weights = DecodeWeights::new(&golden.config, &params, None).unwrap();
    let features = |request: usize| features(&model, &requests[request].prompt);
    let mut finished = Vec::new();
    let mut note = |index: SampleIndex, sampled: &Sampled| finished.push((index, sampled.clone()));
    let image = golden.config.tokens.image;
    let all = decode::sample(&weights, image, requests, options, None, &features, &mut note).unwrap();
    assert_eq!(finished.len(), requests.iter().map(|request| request.seeds.len()).sum::<usize>());
    for (index, sampled) in finished {
        assert_eq!(all[index.request][index.sample], sampled);
    }
    all
}

fn requests(prompts: &[Encoded], samples: u64) -> Vec<SampleRequest> {
    let seeds = |at: usize| (0..samples).map(|i| Random::new(9).at(at as u64).at(i)).collect();
    let request = |(at, prompt): (usize, &Encoded)| SampleRequest {
        prompt: Arc::new(prompt.clone()),
        seeds: seeds(at),
    };
    prompts.iter().enumerate().map(request).collect()
}

fn as_tokens(values: Vec<i64>) -> Vec<u32> {
    values.into_iter().map(|id| id as u32).collect()
}

#[test]
fn greedy_tokens_are_those_of_the_reference() {
    for golden in Golden::all() {
        let greedy = |max_tokens| SampleOptions { temperature: 0.0, max_tokens, ..SampleOptions::default() };
        if let Some(want) = golden.integers("e.new_ids") {
            let got = sample(&golden, &requests(&golden.rows("b"), 1), &greedy(16)).remove(0).remove(0);
            assert_eq!(got.tokens, as_tokens(want), "{}", golden.name);
            let worst = distance(&got.logprobs, &golden.floats("e.step_logprobs").unwrap());
            assert!(worst < 5e-5, "{}: {worst}", golden.name);
            assert_eq!(got.finish, Finish::Length);
        }
        if let Some(want) = golden.integers("e_batch.new_ids") {
            let got = sample(&golden, &requests(&golden.rows("d_left"), 1), &greedy(8));
            assert_eq!(
                got.into_iter().flat_map(|row| row[0].tokens.clone()).collect::<Vec<_>>(),
                as_tokens(want)
            );
        }
    }
}

/// Largest difference between the log-probabilities that sampling reported and those of a forward pass.
fn disagreement(golden: &Golden, request: &SampleRequest, sampled: &Sampled) -> f32 {
    let params = golden.params(DType::F32);
    let model = golden.model(&params, None);
    let row = crate::policy::Row { prompt: request.prompt.clone(), response: sampled.tokens.clone() };
    let images = images_of(std::slice::from_ref(request.prompt.as_ref()));
    let batch = Batch::pack(&[row], golden.config.tokens.image, &images).unwrap();
    let features = model.features(&images).unwrap();
    let logits = model.logits(&batch, features.as_ref()).unwrap();
    let tokens = Tensor::new(sampled.tokens.as_slice(), logits.device()).unwrap().unsqueeze(1).unwrap();
    let picked = candle_nn::ops::log_softmax(&logits, 1).unwrap().gather(&tokens, 1).unwrap();
    distance(&flat(&picked), &sampled.logprobs)
}

#[test]
fn log_probabilities_of_sampling_and_of_a_forward_pass_agree() {
    for golden in Golden::all() {
        let requests = requests(&golden.rows("d_left"), 3);
        let options = SampleOptions { max_tokens: 20, ..SampleOptions::default() };
        for (request, samples) in requests.iter().zip(sample(&golden, &requests, &options)) {
            for sampled in samples {
                assert!(distance(&sampled.logprobs, &sampled.sampling_logprobs) < 1e-5);
                let worst = disagreement(&golden, request, &sampled);
                assert!(worst < 1e-4, "{}: {worst}", golden.name);
            }
        }
    }
}

/// The sampler of GPUs, which runs on the CPU as well.
#[test]
fn tensors_sample_what_the_packed_weights_do() {
    for golden in Golden::all() {
        let params = golden.params(DType::F32);
        let model =
            Model::new(&golden.config, Source { params: &params, lora: None, tracked: false }).unwrap();
        let tensors = |requests: &[SampleRequest], options: &SampleOptions| {
            let image_token = golden.config.tokens.image;
            let sampler = TensorSampler { model: &model, image_token, options, tokenizer: None };
            let mut finished = 0;
            let all = sampler.sample(requests, &mut |_, _| finished += 1).unwrap();
            assert_eq!(finished, all.iter().map(Vec::len).sum::<usize>());
            all
        };
        let requests = requests(&golden.rows("d_left"), 5);
        let stop = vec![3, 50, 77, 100, 200, 300];
        let options = SampleOptions { max_tokens: 40, stop, max_rows: 64, ..SampleOptions::default() };
        let want = sample(&golden, &requests, &options);
        for max_rows in [64, 3, 1] {
            let got = tensors(&requests, &SampleOptions { max_rows, ..options.clone() });
            for (got, want) in got.iter().flatten().zip(want.iter().flatten()) {
                assert_eq!((&got.tokens, got.finish), (&want.tokens, want.finish), "{} rows", max_rows);
                assert!(distance(&got.logprobs, &want.logprobs) < 1e-4);
            }
        }
        // Longer than a layout has room.
        let long = SampleOptions { temperature: 0.0, max_tokens: 300, ..SampleOptions::default() };
        let few = &requests[..1];
        assert_eq!(tensors(few, &long)[0][0].tokens, sample(&golden, few, &long)[0][0].tokens);
    }
}

#[test]
fn a_sampled_image_placeholder_is_a_token_like_any_other() {
    let golden = Golden::all().remove(0);
    let requests = requests(&golden.rows("b"), 24);
    let options = SampleOptions { temperature: 50.0, max_tokens: 80, ..SampleOptions::default() };
    let samples = sample(&golden, &requests, &options).remove(0);
    let inside =
        |sampled: &&Sampled| sampled.tokens[..sampled.tokens.len() - 1].contains(&golden.config.tokens.image);
    let sampled = samples.iter().find(inside).expect("a nearly uniform policy samples every token");
    assert!(disagreement(&golden, &requests[0], sampled) < 1e-4);
}

#[test]
fn a_sample_does_not_depend_on_its_company() {
    let golden = Golden::all().remove(0);
    let all = requests(&golden.rows("d_left"), 6);
    let options = SampleOptions {
        max_tokens: 24,
        stop: vec![3, 50, 77, 100, 200, 300],
        top_p: 0.95,
        ..SampleOptions::default()
    };
    let together = sample(&golden, &all, &options);
    assert!(together.iter().flatten().any(|sampled| sampled.finish == Finish::Stop));
    let few = SampleOptions { max_rows: 2, ..options.clone() };
    assert_eq!(together, sample(&golden, &all, &few));
    for (request, want) in all.iter().zip(&together) {
        let alone = SampleRequest { seeds: vec![request.seeds[4].clone()], prompt: request.prompt.clone() };
        assert_eq!(sample(&golden, &[alone], &options)[0][0], want[4]);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(together, pool.install(|| sample(&golden, &all, &options)));
}
