//! Short JSON for per-token data: a response of 8,000 tokens must not cost a megabyte of journal.

use galley_core::Span;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Spans as one flat list `gap, length, gap, length, …`; the gap counts from the end of the span before, may be
/// negative, and is 0 between neighbours.
pub(crate) mod spans {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Span};

    pub(crate) fn serialize<S: Serializer>(spans: &[Span], serializer: S) -> Result<S::Ok, S::Error> {
        let mut flat = Vec::with_capacity(spans.len() * 2);
        let mut end = 0i64;
        for span in spans {
            flat.push(span.start as i64 - end);
            flat.push(span.len() as i64);
            end = span.end as i64;
        }
        flat.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Span>, D::Error> {
        let flat = Vec::<i64>::deserialize(deserializer)?;
        let mut end = 0i64;
        let mut spans = Vec::with_capacity(flat.len() / 2);
        for pair in flat.chunks_exact(2) {
            let start = end.saturating_add(pair[0]).max(0);
            end = start.saturating_add(pair[1]).max(start);
            spans.push(Span::new(start as usize, end as usize));
        }
        Ok(spans)
    }
}

/// Mostly equal numbers as runs `[[value, count], …]`, exact.
pub(crate) mod runs {
    use super::{Deserialize, Deserializer, Serialize, Serializer, finite};

    /// No list of per-token numbers is longer; guards against a count that would exhaust memory.
    const LIMIT: usize = 1 << 24;

    pub(crate) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        let mut runs: Vec<(f32, usize)> = Vec::new();
        for &value in values {
            match runs.last_mut() {
                Some((last, count)) if *last == finite(value) => *count += 1,
                _ => runs.push((finite(value), 1)),
            }
        }
        runs.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        let runs = Vec::<(f32, usize)>::deserialize(deserializer)?;
        let mut values = Vec::new();
        for (value, count) in runs {
            values.resize(values.len().saturating_add(count).min(LIMIT), value);
        }
        Ok(values)
    }
}

/// Numbers rounded to four significant digits; NaN is `null`, an infinity the largest float of its sign.
pub(crate) mod rounded {
    use super::{Deserialize, Deserializer, Serialize, Serializer, finite};

    pub(crate) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        let short: Vec<Option<f32>> = values.iter().map(|&value| round(value)).collect();
        short.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        let values = Vec::<Option<f32>>::deserialize(deserializer)?;
        Ok(values.into_iter().map(|value| value.unwrap_or(f32::NAN)).collect())
    }

    fn round(value: f32) -> Option<f32> {
        (!value.is_nan()).then(|| {
            format!("{:.3e}", finite(value)).parse().ok().filter(|v: &f32| v.is_finite()).unwrap_or(value)
        })
    }
}

fn finite(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(f32::MIN, f32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Tokens {
        #[serde(with = "spans")]
        spans: Vec<Span>,
        #[serde(with = "runs")]
        weights: Vec<f32>,
        #[serde(with = "rounded")]
        kl: Vec<f32>,
    }

    #[test]
    fn spans_runs_and_rounded_numbers_come_back() {
        let spans = vec![Span::new(2, 5), Span::new(5, 6), Span::new(9, 9), Span::new(0, 1)];
        let weights = vec![1.0, 1.0, 1.0, 1.73];
        let tokens = Tokens {
            spans: spans.clone(),
            weights: weights.clone(),
            kl: vec![0.012_345_6, f32::NAN, 0.0, 7.0],
        };
        let text = serde_json::to_string(&tokens).unwrap();
        assert_eq!(
            text,
            r#"{"spans":[2,3,0,1,3,0,-9,1],"weights":[[1.0,3],[1.73,1]],"kl":[0.01235,null,0.0,7.0]}"#
        );
        let back: Tokens = serde_json::from_str(&text).unwrap();
        assert_eq!((back.spans, back.weights), (spans, weights));
        assert!(back.kl[1].is_nan());
    }
}
