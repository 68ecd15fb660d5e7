//! The interval of a mean of few values, such as those of three seeds (Student 1908).

use super::bootstrap::{Interval, mean};

/// 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom.
const QUANTILES: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// The mean and its 95 % interval under normal values; of a single value the interval is NaN, of none all is.
pub fn mean_interval(values: &[f64]) -> Interval {
    let (n, center) = (values.len(), mean(values));
    if n < 2 {
        return Interval { mean: center, low: f64::NAN, high: f64::NAN };
    }
    let variance = values.iter().map(|value| (value - center).powi(2)).sum::<f64>() / (n - 1) as f64;
    // Beyond the table within 0.2 % of the truth.
    let quantile = QUANTILES.get(n - 2).copied().unwrap_or(1.959_964 + 2.5 / (n - 1) as f64);
    let half = quantile * (variance / n as f64).sqrt();
    Interval { mean: center, low: center - half, high: center + half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // scipy.stats.t.interval(0.95, 2, 2, scipy.stats.sem([1, 2, 3])) = (-0.484, 4.484)
        let three = mean_interval(&[1.0, 2.0, 3.0]);
        assert!((three.low + 0.484).abs() < 1e-3 && (three.high - 4.484).abs() < 1e-3, "{three:?}");
        assert!(mean_interval(&[1.0]).low.is_nan() && mean_interval(&[1.0]).mean == 1.0);
        // scipy.stats.t.ppf(0.975, 49) = 2.0096
        let many: Vec<f64> = (0..50).map(f64::from).collect();
        let interval = mean_interval(&many);
        let sem = (many.iter().map(|v| (v - 24.5f64).powi(2)).sum::<f64>() / 49.0 / 50.0).sqrt();
        assert!(((interval.high - 24.5) / sem - 2.0096).abs() < 2e-3);
    }
}
