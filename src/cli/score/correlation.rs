//! Whether two modes order pages alike.

use galley_measure::correlation::{pearson, spearman};
use serde::Serialize;

use super::report::Line;

/// One axis in two modes, over the pairs that have both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Correlation {
    pub axis: String,
    pub pairs: usize,
    /// Absent where one side does not vary.
    pub pearson: Option<f64>,
    pub spearman: Option<f64>,
    pub mean_sound: f64,
    pub mean_official: f64,
}

/// The axes that both modes have, in the order of `axes`.
pub fn correlations(lines: &[Line], axes: &[&str]) -> Vec<Correlation> {
    axes.iter().filter_map(|axis| correlation(lines, axis)).collect()
}

fn correlation(lines: &[Line], axis: &str) -> Option<Correlation> {
    let both = lines.iter().filter_map(|line| {
        Some((*line.numbers.get(&format!("sound.{axis}"))?, *line.numbers.get(&format!("official.{axis}"))?))
    });
    let (sound, official): (Vec<f64>, Vec<f64>) = both.unzip();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    (!sound.is_empty()).then(|| Correlation {
        axis: axis.into(),
        pairs: sound.len(),
        pearson: pearson(&sound, &official),
        spearman: spearman(&sound, &official),
        mean_sound: mean(&sound),
        mean_official: mean(&official),
    })
}
