//! The shape of the vision tower.

use serde_json::{Value, json};

use super::model::{MOST_LAYERS, positive, require};
use crate::policy::{Result, node::Node};

/// The vision tower.
#[derive(Clone, Debug, PartialEq)]
pub struct VisionConfig {
    pub hidden: usize,
    pub intermediate: usize,
    pub depth: usize,
    pub heads: usize,
    /// Side of a patch in pixels.
    pub patch: usize,
    pub temporal_patch: usize,
    /// `merge × merge` patches make one token.
    pub merge: usize,
    pub channels: usize,
    /// Side of the learned grid of positions.
    pub position_side: usize,
    /// Blocks behind which features are taken; feature `i` is added after text layer `i`.
    pub deepstack: Vec<usize>,
}

/// Epsilon of every layer norm of the vision tower (fixed in the official code).
pub const VISION_EPS: f64 = 1e-6;
/// Base of the vision tower's rotary frequencies (fixed in the official code).
pub const VISION_THETA: f64 = 10_000.0;

impl VisionConfig {
    pub(super) fn read(node: &Node<'_>) -> Result<Self> {
        node.expect_text("model_type", &["qwen3_vl", "qwen3_vl_vision"])?;
        let positions = node.number("num_position_embeddings")?;
        let side = positions.isqrt();
        if side * side != positions {
            return Err(node.error("num_position_embeddings", format!("is {positions}, not a square")));
        }
        Ok(Self {
            hidden: node.number("hidden_size")?,
            intermediate: node.number("intermediate_size")?,
            depth: node.number("depth")?,
            heads: node.number("num_heads")?,
            patch: node.number("patch_size")?,
            temporal_patch: node.number("temporal_patch_size")?,
            merge: node.number("spatial_merge_size")?,
            channels: node.number("in_channels")?,
            position_side: side,
            deepstack: node.numbers("deepstack_visual_indexes")?,
        })
    }

    pub(super) fn to_json(&self, out: usize) -> Value {
        json!({
            "deepstack_visual_indexes": self.deepstack, "depth": self.depth, "hidden_act": "gelu_pytorch_tanh",
            "hidden_size": self.hidden, "in_channels": self.channels, "initializer_range": 0.02,
            "intermediate_size": self.intermediate, "model_type": "qwen3_vl", "num_heads": self.heads,
            "num_position_embeddings": self.position_side * self.position_side, "out_hidden_size": out,
            "patch_size": self.patch, "spatial_merge_size": self.merge, "temporal_patch_size": self.temporal_patch,
        })
    }

    pub(super) fn validate(&self, layers: usize) -> Result<()> {
        positive(
            "vision_config.",
            &[
                ("hidden_size", self.hidden),
                ("intermediate_size", self.intermediate),
                ("depth", self.depth),
                ("num_heads", self.heads),
                ("in_channels", self.channels),
                ("num_position_embeddings", self.position_side),
            ],
        )?;
        require(self.depth <= MOST_LAYERS, "vision_config.depth", "is more than any model has")?;
        for (field, side) in [
            ("patch_size", self.patch),
            ("spatial_merge_size", self.merge),
            ("temporal_patch_size", self.temporal_patch),
        ] {
            require((1..=256).contains(&side), &format!("vision_config.{field}"), "must be from 1 to 256")?;
        }
        require(
            self.hidden.is_multiple_of(self.heads) && (self.hidden / self.heads).is_multiple_of(4),
            "vision_config.num_heads",
            "must divide the hidden size into heads of a multiple of 4",
        )?;
        let known = self.deepstack.iter().all(|&block| block < self.depth);
        require(known, "vision_config.deepstack_visual_indexes", "names a block that is not there")?;
        require(
            self.deepstack.len() <= layers,
            "vision_config.deepstack_visual_indexes",
            "has more entries than text layers",
        )
    }

    /// Width of one frame of a patch.
    pub fn patch_width(&self) -> usize {
        self.channels * self.patch * self.patch
    }
}
