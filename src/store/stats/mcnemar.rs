//! McNemar's test for pass/fail, exact.

/// Two-sided p from the pairs that changed: under the null hypothesis `won` of `won + lost` is a fair coin. 1 for no
/// change.
pub fn mcnemar_exact(won: usize, lost: usize) -> f64 {
    let n = won + lost;
    let log_half = n as f64 * 0.5f64.ln();
    let mut log_choose = 0.0;
    let mut tail = 0.0;
    for k in 0..=won.min(lost) {
        if k > 0 {
            log_choose += ((n - k + 1) as f64 / k as f64).ln();
        }
        tail += f64::exp(log_choose + log_half);
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert!((mcnemar_exact(9, 1) - 22.0 / 1024.0).abs() < 1e-12);
        assert!((mcnemar_exact(1, 9) - 22.0 / 1024.0).abs() < 1e-12);
        assert_eq!(mcnemar_exact(0, 0), 1.0);
        assert_eq!(mcnemar_exact(5, 5), 1.0);
        // R: binom.test(60, 100)$p.value
        assert!((mcnemar_exact(60, 40) - 0.056_887_933).abs() < 1e-8);
    }
}
