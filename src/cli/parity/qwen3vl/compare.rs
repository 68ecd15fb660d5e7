//! Comparing what a model computes with arrays of the same names.

use std::collections::BTreeMap;

use anyhow::Result;
use candle_core::Tensor;

use super::{
    GRADIENTS,
    arrays::{Arrays, floats},
    inputs::Inputs,
};
use crate::{cli::parity::tally::Tally, policy::inspect::Inspector};

/// A model, its arrays, and what comparing them has shown.
pub struct Check<'a> {
    pub name: &'a str,
    pub arrays: Arrays,
    pub model: Inspector,
    pub tally: &'a mut Tally,
    /// What was computed and is not among the arrays.
    pub missing: Vec<String>,
}

impl Check<'_> {
    /// An error of one part leaves the others their turn.
    pub fn note(&mut self, part: &str, check: impl FnOnce(&mut Self) -> Result<()>) {
        if let Err(error) = check(self) {
            self.tally.failed(&format!("{} {part}", self.name), &error);
        }
    }

    /// Names what one side has and the other has not.
    pub fn report(&mut self) {
        for name in self.arrays.untouched() {
            self.tally.absent(&format!("{}: the array `{name}`", self.name));
        }
        if !self.missing.is_empty() {
            let list = self.missing.join(", ");
            self.tally.absent(&format!("{}: computed, but not among the arrays: {list}", self.name));
        }
    }

    /// Compares floats with the array of a name, if there is one.
    pub fn close(&mut self, number: &str, array: &str, found: &[f64], gate: f64) -> Result<()> {
        let Some(expected) = self.arrays.floats(array)? else {
            self.missing.push(array.into());
            return Ok(());
        };
        self.tally.case(format!("{} {array}", self.name));
        self.tally.numbers(number, found, &expected, gate);
        Ok(())
    }

    pub fn equal(&mut self, number: &str, array: &str, found: &[i64]) -> Result<()> {
        let Some(expected) = self.arrays.integers(array)? else {
            self.missing.push(array.into());
            return Ok(());
        };
        self.tally.case(format!("{} {array}", self.name));
        self.tally.same(number, &found, &expected.as_slice());
        Ok(())
    }

    /// All gradients under a prefix, the largest entry of each being the unit; one that was not computed is zero.
    pub fn gradients(&mut self, number: &str, prefix: &str, found: &BTreeMap<String, Tensor>) -> Result<()> {
        for name in self.arrays.under(prefix) {
            let array = format!("{prefix}{name}");
            let expected = self.arrays.floats(&array)?.unwrap_or_default();
            let found = found.get(&name).map_or_else(|| Ok(vec![0.0; expected.len()]), floats)?;
            let largest = expected.iter().fold(0f64, |top, x| top.max(x.abs()));
            let largest = if largest > 0.0 { largest } else { 1.0 };
            let unit = |values: Vec<f64>| values.into_iter().map(|x| x / largest).collect::<Vec<_>>();
            self.tally.case(format!("{} {array}", self.name));
            self.tally.numbers(number, &unit(found), &unit(expected), GRADIENTS);
        }
        Ok(())
    }

    pub fn inputs(&self, case: &str) -> Result<Inputs> {
        Inputs::read(&self.arrays, self.model.config(), case)
    }
}
