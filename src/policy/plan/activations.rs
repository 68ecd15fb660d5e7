//! Numbers that a forward pass with gradients keeps until its backward pass, and what that needs beside.

use super::parts::{Setup, Workload};
use crate::policy::{TextConfig, VisionConfig};

/// In bytes.
pub(super) struct Activations {
    /// What the whole forward pass keeps.
    pub(super) kept: u64,
    /// What the backward pass holds beside, at its widest.
    pub(super) passing: u64,
}

/// Copies of the scores that the composed attention keeps: product, scaled, masked, exponentials and their quotient.
const SCORE_COPIES: u64 = 6;

pub(super) fn activations(setup: &Setup<'_>, work: &Workload) -> Activations {
    let (text, size) = (&setup.config.text, setup.bytes());
    let tokens = work.tokens() as u64;
    let layers: Vec<u64> = (0..text.layers)
        .map(|layer| size * layer_numbers(setup, work, layer) + scores(setup, work))
        .collect();
    let embedded = size * tokens * text.hidden as u64 * if work.images > 0 { 3 } else { 1 };
    let vision = vision(setup, work);
    // Backwards, the feed-forward half of a layer holds the gradients of gate, up and their product at once.
    let width = (4 * text.intermediate).max(2 * text.hidden + 4 * text.heads * text.head_dim) as u64;
    let passing = size * tokens * width;
    if setup.checkpoints {
        let inputs = size * tokens * (text.hidden * text.layers) as u64;
        let widest = layers.iter().copied().max().unwrap_or(0);
        let (vision_inputs, vision_widest) = (vision.inputs, vision.widest.max(widest));
        return Activations { kept: inputs + vision_inputs + vision_widest, passing };
    }
    Activations { kept: embedded + layers.iter().sum::<u64>() + vision.kept, passing }
}

/// Numbers that one text layer keeps.
fn layer_numbers(setup: &Setup<'_>, work: &Workload, layer: usize) -> u64 {
    let text = &setup.config.text;
    let last = layer + 1 == text.layers;
    let (wide, narrow) = ((text.heads * text.head_dim) as u64, (text.kv_heads * text.head_dim) as u64);
    let (hidden, inner) = (text.hidden as u64, text.intermediate as u64);
    let tokens = work.tokens() as u64;
    // Behind the attention of the last layer only tokens go on whose logits are wanted.
    let behind = if last { work.selected() as u64 } else { tokens };
    let deepstack = setup.config.vision.as_ref().is_some_and(|vision| layer < vision.deepstack.len());
    let side = if deepstack && work.images > 0 { 2 * hidden } else { 0 };
    let before = hidden + 3 * wide + 3 * narrow;
    let picked = if last { wide + hidden } else { 0 };
    let after = 3 * hidden + 3 * inner + side + picked;
    let composed = if setup.cpu { 0 } else { composed_extra(text) };
    tokens * (before + composed) + behind * after + adapters(setup, tokens, behind)
}

/// What compositions keep beside the results of the fused operations: f32 copies in the norms, halves of the rotation.
fn composed_extra(text: &TextConfig) -> u64 {
    let heads = ((text.heads + text.kv_heads) * text.head_dim) as u64;
    2 * 4 * 2 * text.hidden as u64 + (2 * 4 + 5) * heads + 2 * text.intermediate as u64
}

/// Numbers that adapters keep: the low-rank product, scaled, and the result before it was added.
fn adapters(setup: &Setup<'_>, tokens: u64, behind: u64) -> u64 {
    let Some(lora) = setup.lora else { return 0 };
    let text = &setup.config.text;
    let (wide, narrow) = (text.heads * text.head_dim, text.kv_heads * text.head_dim);
    let outputs = [
        ("q_proj", wide, tokens),
        ("k_proj", narrow, tokens),
        ("v_proj", narrow, tokens),
        ("o_proj", text.hidden, behind),
        ("gate_proj", text.intermediate, behind),
        ("up_proj", text.intermediate, behind),
        ("down_proj", text.hidden, behind),
    ];
    let bound = outputs.iter().filter(|(name, ..)| lora.targets.iter().any(|target| target == name));
    bound.map(|(_, out, tokens)| tokens * (out + 2 * lora.rank) as u64).sum()
}

/// Bytes of attention scores that one layer's composition keeps; the fused one keeps none.
fn scores(setup: &Setup<'_>, work: &Workload) -> u64 {
    if setup.cpu {
        return 0;
    }
    let (prompt, response) = (work.prompt_tokens as u64, work.response_tokens as u64);
    let pairs = work.prompts as u64 * prompt * prompt + work.rows as u64 * response * (prompt + response);
    pairs * setup.config.text.heads as u64 * SCORE_COPIES * 4
}

struct Vision {
    kept: u64,
    inputs: u64,
    widest: u64,
}

/// Bytes of the vision tower; with adapters on the language model alone its pass keeps nothing.
fn vision(setup: &Setup<'_>, work: &Workload) -> Vision {
    let (Some(config), true) = (&setup.config.vision, work.images > 0) else {
        return Vision { kept: 0, inputs: 0, widest: 0 };
    };
    let (size, patches) = (setup.bytes(), (work.images * work.patches) as u64);
    let (width, depth) = (config.hidden as u64, config.depth as u64);
    let features = size * patches / (config.merge * config.merge) as u64
        * (setup.config.text.hidden * (1 + config.deepstack.len())) as u64;
    let pixels = size * patches * config.patch_width() as u64;
    let tracked = setup.lora.is_none_or(|lora| lora.vision);
    if !tracked {
        return Vision { kept: features, inputs: features, widest: pixels };
    }
    let block = size * patches * block_numbers(config);
    let mergers = size * patches * (1 + config.deepstack.len() as u64) * 3 * width;
    Vision {
        kept: pixels + size * patches * 3 * width + depth * block + mergers + features,
        inputs: size * patches * width * (depth + 1) + features,
        widest: block.max(pixels) + mergers,
    }
}

fn block_numbers(config: &VisionConfig) -> u64 {
    8 * config.hidden as u64 + 2 * config.intermediate as u64
}
