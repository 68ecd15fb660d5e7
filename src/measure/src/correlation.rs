//! How two lists of numbers go together.

/// Pearson's r; `None` for fewer than two pairs, or where one side does not vary.
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 2 {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(a, b)| f(a - mean_a, b - mean_b)).sum::<f64>();
    let spread = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    (spread > 0.0).then(|| sum(&|a, b| a * b) / spread)
}

/// Spearman's ρ: Pearson's r of the ranks, equal values sharing the mean of theirs.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    pearson(&ranks(a), &ranks(b))
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut at = 0;
    while at < order.len() {
        let tied = order[at..].iter().take_while(|&&other| values[other] == values[order[at]]).count().max(1);
        let rank = at as f64 + (tied - 1) as f64 / 2.0;
        order[at..at + tied].iter().for_each(|&index| ranks[index] = rank);
        at += tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17: `pearsonr([1, 2, 3, 5], [2, 1, 4, 9])`, `spearmanr([1, 2, 2, 5, 3], [2, 1, 4, 9, 4])`.
    #[test]
    fn equal_to_scipy() {
        let r = pearson(&[1.0, 2.0, 3.0, 5.0], &[2.0, 1.0, 4.0, 9.0]).unwrap();
        assert!((r - 0.932294445082039).abs() < 1e-12, "{r}");
        let rho = spearman(&[1.0, 2.0, 2.0, 5.0, 3.0], &[2.0, 1.0, 4.0, 9.0, 4.0]).unwrap();
        assert!((rho - 0.7631578947368421).abs() < 1e-12, "{rho}");
    }

    #[test]
    fn nothing_that_varies_means_no_correlation() {
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1.0], &[1.0]), None);
        assert_eq!(spearman(&[1.0, 3.0, 2.0], &[10.0, 1000.0, 20.0]), Some(1.0));
    }
}
