//! How often the logits of some tokens exist at once while their loss is differentiated.

/// Copies of a loss in f32, logits and gradients alike: of an objective that `distils` reads a teacher's logits too, and
/// logits are `scaled` where the temperature of sampling is not 1. Fused losses (`cpu`) keep the logits and make one gradient;
/// plain operations keep what each of them computes. A test measures both.
pub fn loss_copies(cpu: bool, distils: bool, scaled: bool) -> usize {
    let (teacher, scaled) = (usize::from(distils), usize::from(scaled));
    if cpu {
        // The student's logits, and the loss's gradient, the sum of gradients so far and the new sum.
        4 + teacher + 2 * scaled
    } else {
        11 + 15 * teacher + 2 * scaled
    }
}
