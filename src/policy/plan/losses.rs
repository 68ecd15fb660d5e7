//! How often the logits of some tokens exist at once while their loss is differentiated.

/// Copies of a loss in f32, logits and gradients alike: of an objective that `distils` reads a teacher's logits too, and
/// logits are `scaled` where the temperature of sampling is not 1.
pub fn loss_copies(cpu: bool, distils: bool, scaled: bool) -> usize {
    let (teacher, scaled) = (usize::from(distils), usize::from(scaled));
    if !cpu {
        return 5 + 7 * teacher + scaled;
    }
    // The student's logits and, where the fused loss is pulled back, its gradient, the sum so far and the new sum.
    4 + teacher + 2 * scaled
}
