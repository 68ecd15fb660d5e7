//! Text similarities of predicted and reference texts, each computed once.

use std::collections::BTreeMap;

use crate::difflib::{Index, Scratch};

/// A number for a text; predicted and reference texts are numbered separately.
pub(super) type TextId = usize;

/// `SequenceMatcher(None, predicted, reference).ratio()` for all pairs that are asked for.
#[derive(Default)]
pub(super) struct Similarities {
    alphabet: BTreeMap<char, u32>,
    predicted: BTreeMap<String, TextId>,
    referred: BTreeMap<String, TextId>,
    symbols: Vec<Vec<u32>>,
    indices: Vec<Index>,
    /// Of each predicted text to each reference text; NaN where not yet asked for.
    known: Vec<Vec<f64>>,
    scratch: Scratch,
}

impl Similarities {
    pub(super) fn prediction(&mut self, text: &str) -> TextId {
        if let Some(&id) = self.predicted.get(text) {
            return id;
        }
        let id = self.symbols.len();
        self.predicted.insert(text.to_owned(), id);
        let symbols = self.numbered(text);
        self.symbols.push(symbols);
        self.known.push(Vec::new());
        id
    }

    pub(super) fn reference(&mut self, text: &str) -> TextId {
        if let Some(&id) = self.referred.get(text) {
            return id;
        }
        let id = self.indices.len();
        self.referred.insert(text.to_owned(), id);
        let symbols = self.numbered(text);
        self.indices.push(Index::new(symbols, true));
        id
    }

    fn numbered(&mut self, text: &str) -> Vec<u32> {
        text.chars()
            .map(|char| {
                let next = self.alphabet.len() as u32;
                *self.alphabet.entry(char).or_insert(next)
            })
            .collect()
    }

    pub(super) fn ratio(&mut self, prediction: TextId, reference: TextId) -> f64 {
        let row = &mut self.known[prediction];
        if row.len() <= reference {
            row.resize(self.indices.len(), f64::NAN);
        }
        if row[reference].is_nan() {
            row[reference] = self.indices[reference].ratio(&self.symbols[prediction], &mut self.scratch);
        }
        row[reference]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difflib;

    #[test]
    fn a_text_met_later_may_have_new_characters() {
        let mut similarities = Similarities::default();
        let reference = similarities.reference("one two");
        for text in ["one", "three", "two one", "zwei"] {
            let prediction = similarities.prediction(text);
            assert_eq!(similarities.ratio(prediction, reference), difflib::ratio(text, "one two"));
            assert_eq!(similarities.prediction(text), prediction);
        }
        let later = similarities.reference("three");
        let prediction = similarities.prediction("three");
        assert_eq!(similarities.ratio(prediction, later), 1.0);
    }
}
