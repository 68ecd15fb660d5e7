//! Sign-flip permutation test of paired differences: under the null hypothesis each difference could as well have had
//! the other sign.

use galley_core::Random;

use super::RESAMPLES;

/// Up to this many differences all sign patterns are enumerated.
const EXACT: usize = 13;

/// Two-sided p for "the mean difference is 0". Exact for up to 13 differences that are not 0, else from 10,000 random
/// flips, counting the observed one (Phipson & Smyth 2010), so never 0. 1 where all differences are 0.
pub fn sign_flip(differences: &[f64], seed: u64) -> f64 {
    let moving: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    let observed = moving.iter().sum::<f64>().abs();
    // Sums of the same numbers in another order differ in the last bits; those count as equal.
    let threshold = observed - 1e-12 * moving.iter().map(|difference| difference.abs()).sum::<f64>();
    if moving.len() <= EXACT {
        let patterns = 1u64 << moving.len();
        let extreme = (0..patterns).filter(|&pattern| flipped(&moving, [pattern]).abs() >= threshold).count();
        return extreme as f64 / patterns as f64;
    }
    let mut random = Random::new(seed).named("sign-flip");
    let words = moving.len().div_ceil(64);
    let extreme = (0..RESAMPLES)
        .filter(|_| {
            flipped(&moving, std::iter::repeat_with(|| random.next_u64()).take(words)).abs() >= threshold
        })
        .count();
    (1 + extreme) as f64 / (1 + RESAMPLES) as f64
}

fn flipped(differences: &[f64], words: impl IntoIterator<Item = u64>) -> f64 {
    let sum_of = |(chunk, word): (&[f64], u64)| {
        let signed =
            chunk.iter().enumerate().map(|(bit, value)| if word >> bit & 1 == 1 { -value } else { *value });
        signed.sum::<f64>()
    };
    differences.chunks(64).zip(words).map(sum_of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_are_exact() {
        assert_eq!(sign_flip(&[1.0, 2.0, 3.0], 1), 0.25);
        assert_eq!(sign_flip(&[1.0, -1.0], 1), 1.0);
        assert_eq!(sign_flip(&[0.0, 0.0], 1), 1.0);
        assert_eq!(sign_flip(&[], 1), 1.0);
        // All of ten in one direction: 2 of 1024 patterns are as extreme.
        assert_eq!(sign_flip(&[0.1; 10], 1), 2.0 / 1024.0);
    }

    #[test]
    fn large_samples_agree_with_the_binomial() {
        // 60 of 100 equal steps up: two-sided binomial p = 0.0569.
        let differences: Vec<f64> = (0..100).map(|i| if i < 60 { 1.0 } else { -1.0 }).collect();
        let p = sign_flip(&differences, 1);
        assert!((p - 0.0569).abs() < 0.008, "{p}");
    }
}
