//! One model folder: all cases of its `cases.safetensors`.

use std::{path::Path, sync::Arc};

use anyhow::Result;
use candle_core::Tensor;

use super::{
    FIXED, LOGPROBS, STATES,
    arrays::{Arrays, floats, integers},
    compare::Check,
    inputs::Inputs,
};
use crate::{
    cli::parity::{read::text, tally::Tally},
    policy::{
        Encoded, ModelConfig, Row,
        inspect::{Inspection, Inspector, log_probs},
    },
};

/// Greedy continuations: their name, and the case that they go on from.
const CONTINUED: [(&str, &str); 2] = [("e", "b"), ("e_batch", "d_left")];
pub fn check(dir: &Path, name: &str, tally: &mut Tally) -> Result<()> {
    let arrays = Arrays::read(&dir.join("cases.safetensors"))?;
    let model = Inspector::load(dir)?;
    configurations(dir, name, model.config(), tally)?;
    let mut check = Check { name, arrays, model, tally, missing: Vec::new() };
    let mut cases = check.arrays.stems(".input_ids");
    cases.sort();
    for case in &cases {
        check.note(case, |check| check.case(case));
    }
    for (name, from) in CONTINUED {
        check.note(name, |check| check.continued(name, from));
    }
    check.note("pictures", |check| check.pictures(dir, &cases));
    check.note("f", Check::weights);
    check.note("g", |check| check.adapters(dir));
    check.report();
    Ok(())
}

/// Both layouts of `config.json` say the same, and so does what is written.
fn configurations(dir: &Path, name: &str, config: &ModelConfig, tally: &mut Tally) -> Result<()> {
    tally.case(format!("{name} config.json"));
    tally.same("configurations", &ModelConfig::from_json(&config.to_json().to_string())?, config);
    let other = dir.join("config_v5_style.json");
    if other.exists() {
        tally.case(format!("{name} config_v5_style.json"));
        tally.same("configurations", &ModelConfig::from_json(&text(&other)?)?, config);
    } else {
        tally.absent(&format!("{name}: there is no config_v5_style.json"));
    }
    Ok(())
}

impl Check<'_> {
    /// Positions, states, logits and log-probabilities of a case.
    fn case(&mut self, case: &str) -> Result<()> {
        let inputs = self.inputs(case)?;
        let found = self.model.inspect(&inputs.rows)?;
        self.positions(case, &inputs, &found)?;
        self.close("logits", &format!("{case}.logits"), &inputs.padded(&found.logits)?, STATES)?;
        let logprobs = next_log_probs(&inputs, &found.logits)?;
        self.close("log-probabilities", &format!("{case}.logprobs"), &logprobs, LOGPROBS)?;
        // The reference's hidden states are noted for sequences without padding alone.
        let alone = inputs.rows.len() == 1;
        for (step, tensor) in found.steps.iter().filter(|_| alone) {
            let (number, gate) = match step {
                step if step.contains("rope") || step.contains("pos_weights") => ("angles and taps", FIXED),
                step if step.starts_with("vision.deepstack") => ("deepstack features", STATES),
                step if step.starts_with("vision.") => ("vision features", STATES),
                _ => ("text hidden states", STATES),
            };
            let array = format!("{case}.{step}");
            if self.arrays.get(&array).is_some() {
                self.close(number, &array, &floats(tensor)?, gate)?;
            }
        }
        let taps = format!("{case}.vision.pos_indices");
        if self.arrays.get(&taps).is_some() {
            let found: Vec<i64> = found.taps.iter().map(|&row| i64::from(row)).collect();
            self.equal("positions of patches", &taps, &found)?;
        }
        if alone { Ok(()) } else { self.alone(case, &inputs, &found) }
    }

    /// A row of a batch has the logits that it has alone.
    fn alone(&mut self, case: &str, inputs: &Inputs, together: &Inspection) -> Result<()> {
        let mut from = 0;
        for (index, row) in inputs.rows.iter().enumerate() {
            let alone = self.model.inspect(std::slice::from_ref(row))?.logits;
            let own = together.logits.narrow(0, from, row.tokens.len())?;
            from += row.tokens.len();
            self.tally.case(format!("{} {case} row {index}", self.name));
            self.tally.numbers("logits alone and in a batch", &floats(&own)?, &floats(&alone)?, STATES);
        }
        Ok(())
    }

    /// Where there is a token; the rest is unspecified.
    fn positions(&mut self, case: &str, inputs: &Inputs, found: &Inspection) -> Result<()> {
        let array = format!("{case}.position_ids");
        match self.arrays.integers(&array)? {
            None => self.missing.push(array),
            Some(expected) => {
                let mask = inputs.mask.iter().cycle();
                let expected: Vec<i64> =
                    expected.into_iter().zip(mask).filter(|(_, mask)| **mask).map(|(p, _)| p).collect();
                self.tally.case(format!("{} {array}", self.name));
                self.tally.same("positions", &by_axis(&found.positions), &expected);
            }
        }
        let lengths = inputs.rows.iter().map(|row| row.tokens.len() as i64);
        let deltas: Vec<i64> = found
            .positions
            .iter()
            .zip(lengths)
            .map(|((_, next), length)| i64::from(*next) - length)
            .collect();
        self.equal("rope deltas", &format!("{case}.rope_deltas"), &deltas)
    }

    /// Greedy tokens with a cache, and their logits.
    fn continued(&mut self, name: &str, from: &str) -> Result<()> {
        let Some(expected) = self.arrays.get(&format!("{name}.new_ids")) else {
            self.missing.push(format!("{name}.new_ids"));
            return Ok(());
        };
        let tokens = expected.dim(1)?;
        let prompts = self.inputs(from)?.rows;
        let sampled = self.model.greedy(&prompts, tokens)?;
        let ids: Vec<i64> = sampled.iter().flat_map(|row| &row.tokens).map(|&id| i64::from(id)).collect();
        self.equal("greedy tokens", &format!("{name}.new_ids"), &ids)?;
        let drawn: Vec<f64> =
            sampled.iter().flat_map(|row| &row.logprobs).map(|&logprob| f64::from(logprob)).collect();
        let expected = integers(self.arrays.need(&format!("{name}.new_ids"))?)?;
        // What follows is compared along the reference's tokens, so that one wrong token is one error.
        let row = |(prompt, ids): (&Encoded, &[i64])| Row {
            prompt: Arc::new(prompt.clone()),
            response: ids.iter().map(|&id| id as u32).collect(),
        };
        let rows: Vec<Row> = prompts.iter().zip(expected.chunks(tokens)).map(row).collect();
        let logits = self.model.response_logits(&rows)?;
        self.close("logits", &format!("{name}.step_logits"), &floats(&logits)?, STATES)?;
        let all: Vec<u32> = rows.iter().flat_map(|row| row.response.iter().copied()).collect();
        let again = floats(&log_probs(&logits, &all)?)?;
        self.tally.case(format!("{} {name}: sampler and forward pass", self.name));
        self.tally.numbers("log-probabilities of sampling and of a pass", &drawn, &again, STATES);
        let array = format!("{name}.step_logprobs");
        if self.arrays.get(&array).is_some() {
            self.close("log-probabilities", &array, &drawn, LOGPROBS)?;
        }
        let array = format!("{name}.position_ids_full");
        if self.arrays.get(&array).is_some() {
            let whole = |row: &Row| Encoded {
                tokens: [row.prompt.tokens.as_slice(), &row.response].concat(),
                images: row.prompt.images.clone(),
            };
            let whole: Vec<Encoded> = rows.iter().map(whole).collect();
            self.equal("positions", &array, &by_axis(&self.model.positions(&whole)?))?;
        }
        Ok(())
    }
}

/// Axis by axis, all sequences.
fn by_axis(positions: &[(Vec<[u32; 3]>, u32)]) -> Vec<i64> {
    (0..3)
        .flat_map(|axis| {
            positions.iter().flat_map(move |(own, _)| own.iter().map(move |p| i64::from(p[axis])))
        })
        .collect()
}

/// log p of the next token at every place of the padded layout but the last, 0 where either is padding.
fn next_log_probs(inputs: &Inputs, logits: &Tensor) -> Result<Vec<f64>> {
    let mut packed = Vec::new();
    let mut from = 0;
    for row in &inputs.rows {
        let n = row.tokens.len();
        let before = logits.narrow(0, from, n)?.narrow(0, 0, n.saturating_sub(1))?;
        packed.push(floats(&log_probs(&before, &row.tokens[1..])?)?);
        from += n;
    }
    let mut out = Vec::new();
    for (mask, values) in inputs.mask.chunks(inputs.width).zip(packed) {
        let mut values = values.into_iter();
        let both = mask.windows(2).map(|pair| pair[0] && pair[1]);
        out.extend(both.map(|both| if both { values.next().unwrap_or(f64::NAN) } else { 0.0 }));
    }
    Ok(out)
}
