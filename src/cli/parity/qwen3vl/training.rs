//! Losses and gradients of a model's weights, and of adapters.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};

use super::{LOSS, STATES, arrays::floats, compare::Check};
use crate::{
    cli::parity::read::{json, number},
    policy::{
        LoraConfig, Row,
        inspect::{Differentiated, Inspector},
    },
};

/// Targets of the loss: the last so many tokens of case b.
const TARGETS: usize = 12;

impl Check<'_> {
    /// The end of case b as a response.
    fn targets(&self) -> Result<Row> {
        let mut prompt = self.inputs("b")?.rows.into_iter().next().context("case b is empty")?;
        let from = prompt.tokens.len().checked_sub(TARGETS).context("case b is too short for the loss")?;
        let response = prompt.tokens.split_off(from);
        Ok(Row { prompt: Arc::new(prompt), response })
    }

    /// Loss and gradients of all weights.
    pub fn weights(&mut self) -> Result<()> {
        if self.arrays.get("f.loss").is_none() {
            self.missing.push("f.loss".into());
            return Ok(());
        }
        let Differentiated { loss, gradients } = self.model.differentiate(&[self.targets()?])?;
        self.close("loss", "f.loss", &[f64::from(loss)], LOSS)?;
        let mut square = 0.0;
        for gradient in gradients.values() {
            square += floats(gradient)?.iter().map(|x| x * x).sum::<f64>();
        }
        self.gradients("gradients", "f.grad.", &gradients)?;
        let Some(norm) = self.arrays.floats("f.global_grad_norm")? else { return Ok(()) };
        self.tally.case(format!("{} f.global_grad_norm", self.name));
        self.tally.number("norm of all gradients, relative", square.sqrt() / norm[0], 1.0, LOSS);
        Ok(())
    }

    /// The same with adapters on a frozen base.
    pub fn adapters(&mut self, dir: &Path) -> Result<()> {
        let params = self.arrays.under("g.param.");
        let Some(first) = params.first() else {
            self.missing.push("g.param.*".into());
            return Ok(());
        };
        let rank = self.arrays.need(&format!("g.param.{first}"))?.dims().iter().min().copied();
        let mut targets: Vec<String> =
            params.iter().filter_map(|name| Some(name.rsplit('.').nth(1)?.to_owned())).collect();
        targets.sort();
        targets.dedup();
        let alpha = number(&json(&dir.join("cases.json"))?["lora"]["alpha"]).context("lora.alpha")?;
        let config = LoraConfig { rank: rank.unwrap_or(0), alpha, targets, ..LoraConfig::default() };
        let arrays = &self.arrays;
        let adapted =
            Inspector::load(dir)?.adapted(config, &|name| arrays.get(&format!("g.param.{name}")).cloned())?;
        let Differentiated { loss, gradients } = adapted.differentiate(&[self.targets()?])?;
        self.close("adapters: loss", "g.loss", &[f64::from(loss)], LOSS)?;
        let inputs = self.inputs("b")?;
        let logits = inputs.padded(&adapted.inspect(&inputs.rows)?.logits)?;
        self.close("adapters: logits", "g.logits", &logits, STATES)?;
        self.gradients("adapters: gradients", "g.grad.", &gradients)
    }
}
