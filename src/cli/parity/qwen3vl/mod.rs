//! Qwen3-VL against the reference: every model folder below, and the image processor.
//!
//! A model folder has `config.json`, `model.safetensors`, `cases.safetensors` with inputs and results, `cases.json`, and if
//! wanted `preprocessor_config.json` and `config_v5_style.json`. Which cases there are is read from the arrays: every
//! `X.input_ids` is one. What a file holds and nothing here computes is named, and so is what is computed here and a
//! file does not hold. `arrays` reads, `inputs` makes sequences of them, `model` goes through the cases,
//! `training` through losses and gradients, `pictures` and `processor` through pictures, and `compare` tells the tally.

mod arrays;
mod compare;
mod inputs;
mod model;
mod pictures;
mod processor;
mod training;

use std::path::Path;

use anyhow::Result;

use super::{read, tally::Tally};

/// Of logits, hidden states and vision features.
const STATES: f64 = 1e-4;
/// Of log-probabilities.
const LOGPROBS: f64 = 5e-5;
const LOSS: f64 = 1e-5;
/// Of a gradient's entries, in parts of its largest.
const GRADIENTS: f64 = 5e-5;
/// Of sines and cosines, weights of the position grid, and normalised pixels.
const FIXED: f64 = 1e-5;

pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    for path in read::folders(folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let done = if path.join("cases.safetensors").exists() {
            model::check(&path, &name, tally)
        } else if name == "processor" {
            processor::check(&path, tally)
        } else if path.join("config.json").exists() {
            Err(anyhow::anyhow!("there is no cases.safetensors"))
        } else {
            tally.absent(&format!("the folder `{name}` holds no cases"));
            Ok(())
        };
        if let Err(error) = done {
            tally.failed(&name, &error);
        }
    }
    Ok(())
}
