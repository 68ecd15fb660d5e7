//! The axes on which a slide is judged.
//!
//! | module | source |
//! |---|---|
//! | [`aspect`] | AeSlides' published code: height against width |
//! | [`whitespace`] | AeSlides' published code: share of the slide with anything near |
//! | [`smoothstep`] | AeSlides' published code: from a share to a reward |
//! | [`centroid`] | AeSlides' published code: how far the weight of a page's boxes is from its middle |
//! | [`balance`] | **ours**: from a centroid to a reward, and the boxes of a slide without a page |
//! | [`collision`] | **ours**: how much of the items of a slide lies under or over others |
//! | [`content`] | **ours**: whether a slide says what was asked for |
//!
//! AeSlides (arXiv 2604.22840) trains with four rewards and publishes code for two and a half of them: of collision nothing
//! but its name is public, of balance the score without its way to a reward. What stands in for those has names of its
//! own, and its numbers compare with no paper.

pub mod aspect;
pub mod balance;
pub mod centroid;
pub mod collision;
pub mod content;
pub mod smoothstep;
pub mod tree;
pub mod whitespace;
