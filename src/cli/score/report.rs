//! What is said of the pairs: a line each, the means, and how the modes go together.

use std::{collections::BTreeMap, io::Write};

use serde::Serialize;
use serde_json::Value;

use super::correlation::Correlation;
use crate::store::view::Table;

/// One pair.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    pub name: String,
    /// By mode and axis: `sound.block`, `official.block`.
    pub numbers: BTreeMap<String, f64>,
    /// Everything that the modes know, by mode.
    pub details: BTreeMap<String, Value>,
    /// Why a mode has no result.
    pub errors: BTreeMap<String, String>,
}

/// All of them.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub pairs: Vec<Line>,
    /// Over the pairs that have the number.
    pub means: BTreeMap<String, f64>,
    pub correlations: Vec<Correlation>,
    /// Predictions or folders without a counterpart.
    pub alone: Vec<String>,
    pub notes: Vec<String>,
}

impl Report {
    pub fn new(
        pairs: Vec<Line>,
        alone: Vec<String>,
        correlations: Vec<Correlation>,
        notes: Vec<String>,
    ) -> Self {
        let mut sums: BTreeMap<String, (f64, usize)> = BTreeMap::new();
        for (key, value) in pairs.iter().flat_map(|line| &line.numbers) {
            let sum = sums.entry(key.clone()).or_default();
            *sum = (sum.0 + value, sum.1 + 1);
        }
        let means = sums.into_iter().map(|(key, (sum, count))| (key, sum / count as f64)).collect();
        Self { pairs, means, correlations, alone, notes }
    }

    /// Whether every pair was judged in every mode.
    pub fn complete(&self) -> bool {
        self.pairs.iter().all(|line| line.errors.is_empty())
    }

    pub fn write(&self, columns: &[&str], plain: bool, out: &mut dyn Write) -> std::io::Result<()> {
        for mode in ["sound", "official", "judge"] {
            let own: Vec<&str> = columns.iter().filter(|key| key.starts_with(mode)).copied().collect();
            if own.iter().any(|key| self.means.contains_key(*key)) {
                writeln!(out, "{mode}\n{}", self.table(&own, mode.len() + 1).text(plain))?;
            }
        }
        if !self.correlations.is_empty() {
            writeln!(out, "sound against official\n{}", correlations(&self.correlations).text(plain))?;
        }
        for (line, (mode, error)) in
            self.pairs.iter().flat_map(|line| line.errors.iter().map(move |e| (line, e)))
        {
            writeln!(out, "{} has no {mode} score: {error}", line.name)?;
        }
        for name in &self.alone {
            writeln!(out, "{name} has no counterpart")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))
    }

    /// One line a pair and one for the means; `prefix` characters of the keys are left out of the headers.
    fn table(&self, columns: &[&str], prefix: usize) -> Table {
        let number = |value: Option<&f64>| value.map_or_else(|| "–".into(), |value| format!("{value:.4}"));
        let mut headers = vec!["pair"];
        headers.extend(columns.iter().map(|key| &key[prefix..]));
        let right: Vec<usize> = (1..headers.len()).collect();
        let mut table = Table::with_headers(&headers).right(&right);
        for line in &self.pairs {
            let cells = columns.iter().map(|key| number(line.numbers.get(*key)));
            table.cells(std::iter::once(line.name.clone()).chain(cells).collect());
        }
        if self.pairs.len() > 1 {
            let cells = columns.iter().map(|key| number(self.means.get(*key)));
            table.cells(std::iter::once("mean".to_owned()).chain(cells).collect());
        }
        table
    }
}

fn correlations(found: &[Correlation]) -> Table {
    let coefficient = |value: Option<f64>| value.map_or_else(|| "–".into(), |value| format!("{value:.3}"));
    let headers = ["axis", "pairs", "Pearson", "Spearman", "mean sound", "mean official"];
    let mut table = Table::new(headers).right(&[1, 2, 3, 4, 5]);
    for line in found {
        table.row([
            line.axis.clone(),
            line.pairs.to_string(),
            coefficient(line.pearson),
            coefficient(line.spearman),
            format!("{:.4}", line.mean_sound),
            format!("{:.4}", line.mean_official),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_over_the_pairs_that_have_the_number() {
        let line = |name: &str, numbers: &[(&str, f64)]| Line {
            name: name.into(),
            numbers: numbers.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect(),
            ..Line::default()
        };
        let lines = vec![
            line("a", &[("sound.block", 0.5)]),
            line("b", &[("sound.block", 1.0), ("sound.clip", 0.25)]),
        ];
        let report = Report::new(lines, vec!["c".into()], Vec::new(), Vec::new());
        let mut out = Vec::new();
        report.write(&["sound.block", "sound.clip"], true, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("a\t0.5000\t–") && text.contains("mean\t0.7500\t0.2500"), "{text}");
        assert!(text.contains("c has no counterpart"), "{text}");
    }
}
