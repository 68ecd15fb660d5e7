//! Rotary frequencies that are stretched for longer contexts than a model was first trained on: linear, Llama 3, YaRN.
//!
//! Formulas as in transformers' `modeling_rope_utils` (YaRN: Peng et al. 2023, eq. 17–23). Kinds whose frequencies depend on
//! the length of a sequence (`dynamic`, `longrope`) are refused: a cache would have to be computed anew as it grows.

use std::f64::consts::TAU;

use serde_json::{Map, Value, json};

use crate::policy::{Result, node::Node};

/// How frequencies are stretched.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Stretch {
    #[default]
    None,
    /// All frequencies divided by `factor`.
    Linear { factor: f64 },
    /// Slow frequencies divided by `factor`, fast ones kept, by wavelength in parts of the original length.
    Llama3 { factor: f64, low: f64, high: f64, original: f64 },
    /// The same by a ramp over the slots that make `fast` to `slow` turns in the original length; cosines and sines are
    /// multiplied by `attention`.
    Yarn { factor: f64, fast: f64, slow: f64, original: f64, attention: f64, truncate: bool },
}

impl Stretch {
    /// Reads `rope_scaling` or `rope_parameters`; `positions` is the model's own length.
    ///
    /// # Errors
    /// For a kind that is not known here, and for numbers that are none.
    pub(super) fn read(rope: &Node<'_>, positions: usize) -> Result<Self> {
        let field = if rope.has("rope_type") { "rope_type" } else { "type" };
        let real = |name: &str| {
            let value = rope.real(name)?;
            match value.is_finite() && value > 0.0 {
                true => Ok(value),
                false => Err(rope.error(name, format!("is {value}, must be above 0"))),
            }
        };
        let or = |name: &str, otherwise: f64| if rope.has(name) { real(name) } else { Ok(otherwise) };
        let original = || or("original_max_position_embeddings", positions as f64);
        match rope.optional_text(field) {
            None | Some("default" | "mrope") => Ok(Self::None),
            Some("linear") => Ok(Self::Linear { factor: real("factor")? }),
            Some("llama3") => {
                let (low, high) = (real("low_freq_factor")?, real("high_freq_factor")?);
                if low >= high {
                    return Err(rope.error("low_freq_factor", format!("is {low}, must be below {high}")));
                }
                Ok(Self::Llama3 { factor: real("factor")?, low, high, original: original()? })
            }
            Some("yarn") => {
                let original = original()?;
                let factor = or("factor", positions as f64 / original)?;
                let attention =
                    match (rope.has("attention_factor"), rope.has("mscale"), rope.has("mscale_all_dim")) {
                        (true, ..) => real("attention_factor")?,
                        (_, true, true) => {
                            magnitude(factor, real("mscale")?) / magnitude(factor, real("mscale_all_dim")?)
                        }
                        _ => magnitude(factor, 1.0),
                    };
                let truncate = rope.optional_flag("truncate").unwrap_or(true);
                let (fast, slow) = (or("beta_fast", 32.0)?, or("beta_slow", 1.0)?);
                Ok(Self::Yarn { factor, fast, slow, original, attention, truncate })
            }
            Some(kind) => {
                Err(rope.error(field, format!("is `{kind}`; known: default, mrope, linear, llama3, yarn")))
            }
        }
    }

    /// The fields of `rope_scaling`.
    pub(super) fn to_json(self) -> Map<String, Value> {
        let fields = match self {
            Self::None => json!({"rope_type": "default"}),
            Self::Linear { factor } => json!({"rope_type": "linear", "factor": factor}),
            Self::Llama3 { factor, low, high, original } => json!({
                "rope_type": "llama3", "factor": factor, "low_freq_factor": low, "high_freq_factor": high,
                "original_max_position_embeddings": original as u64,
            }),
            Self::Yarn { factor, fast, slow, original, attention, truncate } => json!({
                "rope_type": "yarn", "factor": factor, "beta_fast": fast, "beta_slow": slow,
                "original_max_position_embeddings": original as u64, "attention_factor": attention,
                "truncate": truncate,
            }),
        };
        fields.as_object().cloned().unwrap_or_default()
    }

    /// θ^(−k/n) for k in 0..n, stretched.
    pub fn frequencies(self, theta: f64, n: usize) -> Vec<f32> {
        let plain = (0..n).map(|k| 1.0 / theta.powf(k as f64 / n as f64));
        let stretched = |(k, plain): (usize, f64)| match self {
            Self::None => plain,
            Self::Linear { factor } => plain / factor,
            Self::Llama3 { factor, low, high, original } => {
                let turns = original * plain / TAU;
                let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                plain * (kept + (1.0 - kept) / factor)
            }
            Self::Yarn { factor, .. } => {
                let kept = 1.0 - self.ramp(theta, n, k);
                plain * (kept + (1.0 - kept) / factor)
            }
        };
        plain.enumerate().map(stretched).map(|frequency| frequency as f32).collect()
    }

    /// How far slot `k` is on its way from kept to stretched, YaRN's γ.
    fn ramp(self, theta: f64, n: usize, k: usize) -> f64 {
        let Self::Yarn { fast, slow, original, truncate, .. } = self else { return 0.0 };
        let slot = |turns: f64| n as f64 * (original / (turns * TAU)).ln() / theta.ln();
        let (low, high) = (slot(fast), slot(slow));
        let (low, high) = if truncate { (low.floor(), high.ceil()) } else { (low, high) };
        let (low, high) = (low.max(0.0), high.min(2.0 * n as f64 - 1.0));
        let width = if low == high { 0.001 } else { high - low };
        ((k as f64 - low) / width).clamp(0.0, 1.0)
    }

    /// What cosines and sines are multiplied by.
    pub fn attention(self) -> f32 {
        if let Self::Yarn { attention, .. } = self { attention as f32 } else { 1.0 }
    }
}

fn magnitude(factor: f64, scale: f64) -> f64 {
    if factor <= 1.0 { 1.0 } else { 0.1 * scale * factor.ln() + 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rope: Value, positions: usize) -> Result<Stretch> {
        Stretch::read(&Node { value: &rope, path: String::new() }, positions)
    }

    /// Numbers of transformers 5.23, heads of 16.
    #[test]
    fn frequencies_are_the_references() {
        let original = "original_max_position_embeddings";
        let cases: [(Value, f64, [f32; 8], f32); 5] = [
            (
                json!({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, original: 8192}),
                500_000.0,
                [
                    1.0,
                    0.193_922_76,
                    0.037_606_03,
                    0.007_292_665,
                    5.248_46e-4,
                    3.428_102_4e-5,
                    6.647_87e-6,
                    1.289_173_1e-6,
                ],
                1.0,
            ),
            (
                json!({"type": "yarn", "factor": 4.0, original: 32768}),
                1e6,
                [
                    1.0,
                    0.177_827_94,
                    0.031_622_78,
                    0.004_217_56,
                    5e-4,
                    4.445_698_5e-5,
                    7.905_694e-6,
                    1.405_853_4e-6,
                ],
                1.138_629_4,
            ),
            (
                json!({"rope_type": "yarn", "factor": 16.0, original: 512, "beta_fast": 16, "beta_slow": 2, "mscale": 0.7, "mscale_all_dim": 0.4}),
                1e4,
                [
                    1.0,
                    0.316_227_76,
                    0.068_749_994,
                    0.011_858_542,
                    6.25e-4,
                    1.976_423_7e-4,
                    6.25e-5,
                    1.976_423_7e-5,
                ],
                1.074_873_9,
            ),
            (
                json!({"rope_type": "yarn", "factor": 16.0, original: 512, "attention_factor": 1.25, "truncate": false}),
                1e4,
                [
                    1.0,
                    0.297_701_15,
                    0.062_998_295,
                    0.010_073_504,
                    6.25e-4,
                    1.976_423_7e-4,
                    6.25e-5,
                    1.976_423_7e-5,
                ],
                1.25,
            ),
            (
                json!({"rope_type": "linear", "factor": 2.5}),
                1e4,
                [0.4, 0.126_491_1, 0.04, 0.012_649_111, 0.004, 0.001_264_911_1, 4e-4, 1.264_911_1e-4],
                1.0,
            ),
        ];
        for (rope, theta, wanted, attention) in cases {
            let stretch = read(rope.clone(), 131_072).unwrap();
            for (found, wanted) in stretch.frequencies(theta, 8).into_iter().zip(wanted) {
                assert!((found / wanted - 1.0).abs() < 2e-6, "{rope}: {found} {wanted}");
            }
            assert!((stretch.attention() - attention).abs() < 1e-6, "{rope}");
            let again = read(Value::Object(stretch.to_json()), 131_072).unwrap();
            assert_eq!(again, stretch, "{rope}");
        }
    }

    #[test]
    fn what_is_not_known_or_no_number_is_named() {
        let error = |rope: Value| read(rope, 100).unwrap_err().to_string();
        assert!(error(json!({"rope_type": "dynamic", "factor": 2.0})).contains("`rope_type` is `dynamic`"));
        assert!(error(json!({"rope_type": "linear", "factor": 0.0})).contains("`factor`"));
        assert!(error(json!({"rope_type": "llama3", "factor": 8.0})).contains("`low_freq_factor`"));
        assert_eq!(read(json!({"mrope_section": [4, 2, 2]}), 100).unwrap(), Stretch::None);
    }
}
