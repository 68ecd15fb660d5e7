//! A curve in one line of text.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Means of up to `width` stretches of the curve, scaled from its lowest to its highest; a stretch without finite
/// values is a blank, a curve without any is empty.
pub fn sparkline(values: &[f64], width: usize) -> String {
    let columns = values.len().min(width);
    let means: Vec<Option<f64>> = (0..columns)
        .map(|column| mean(&values[column * values.len() / columns..(column + 1) * values.len() / columns]))
        .collect();
    let low = means.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let high = means.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return String::new();
    }
    means.into_iter().map(|mean| mean.map_or(' ', |mean| bar((mean - low) / (high - low)))).collect()
}

/// `share` is NaN for a constant curve, which is drawn in the middle.
fn bar(share: f64) -> char {
    let share = if share.is_finite() { share } else { 0.5 };
    BARS[((share * 8.0) as usize).min(7)]
}

fn mean(values: &[f64]) -> Option<f64> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    (!finite.is_empty()).then(|| finite.iter().sum::<f64>() / finite.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[0.0, 0.0, 1.0, 1.0], 2), "▁█");
        assert_eq!(sparkline(&[1.0, f64::NAN, 0.0], 9), "█ ▁");
        assert_eq!(sparkline(&[2.0, 2.0], 9), "▅▅");
        assert_eq!(sparkline(&[f64::NAN], 9), "");
        assert_eq!(sparkline(&[], 9), "");
    }
}
