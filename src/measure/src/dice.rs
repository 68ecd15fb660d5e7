//! The Sørensen–Dice coefficient on character bigrams: a quick, order-insensitive text similarity.

use std::collections::BTreeMap;

/// `2 |A ∩ B| / (|A| + |B|)` over the multisets of adjacent character pairs. 1 for equal texts, 0 where one of two
/// different texts is shorter than a pair. White space counts like any character; symmetric.
pub fn similarity(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (first, second) = (bigrams(a), bigrams(b));
    let total: usize = first.values().sum::<usize>() + second.values().sum::<usize>();
    if total == 0 {
        return 0.0;
    }
    let common: usize =
        first.iter().map(|(pair, count)| second.get(pair).map_or(0, |other| *count.min(other))).sum();
    2.0 * common as f64 / total as f64
}

fn bigrams(text: &str) -> BTreeMap<(char, char), usize> {
    let mut pairs = BTreeMap::new();
    for pair in text.chars().zip(text.chars().skip(1)) {
        *pairs.entry(pair).or_default() += 1;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn night_and_nacht_share_one_of_eight_bigrams() {
        assert_eq!(similarity("night", "nacht"), 0.25);
        assert_eq!(similarity("aaa", "aa"), 2.0 / 3.0);
        assert_eq!(similarity("a", "a"), 1.0);
        assert_eq!(similarity("a", "b"), 0.0);
        assert_eq!(similarity("", ""), 1.0);
    }
}
