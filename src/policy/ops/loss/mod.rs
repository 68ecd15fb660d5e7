//! What losses read of logits, row by row and without copies of them: the log-probability of a token, and how far a
//! student's distribution is from a teacher's.
//!
//! Plain operations make some ten copies of `[n, vocab]` for a loss and its gradient; these keep the logits and make one
//! gradient. Forward and backward go through each row a few times (`norm`), in f32 with sums in fixed lanes.

mod apart;
mod chosen;
mod norm;

pub use apart::{Toward, divergence};
pub use chosen::token_log_probs;
pub use norm::reads;
