//! The raw pictures of a model's cases.

use std::path::Path;

use anyhow::Result;

use super::{arrays::integers, compare::Check, processor};
use crate::policy::{Processor, ProcessorConfig};

impl Check<'_> {
    /// Raw pictures through the image processor, against resized pixels and the patches of the cases.
    pub fn pictures(&mut self, dir: &Path, cases: &[String]) -> Result<()> {
        let stems = self.arrays.stems(".image");
        if stems.is_empty() {
            self.missing.push("*.image".into());
            return Ok(());
        }
        let processor = Processor::new(ProcessorConfig::load(dir)?)?;
        for stem in &stems {
            self.tally.case(format!("{} {stem}", self.name));
            processor::picture(&self.arrays, &format!("{stem}."), &processor, self.tally)?;
        }
        for case in cases {
            self.patches(case, &stems, &processor)?;
        }
        Ok(())
    }

    /// The patches of a case whose raw pictures are all there.
    fn patches(&mut self, case: &str, stems: &[String], processor: &Processor) -> Result<()> {
        let Some(expected) = self.arrays.get(&format!("{case}.pixel_values")).cloned() else { return Ok(()) };
        let batch = case.strip_suffix("_left").or(case.strip_suffix("_right")).unwrap_or(case);
        let stem = |index: usize| format!("{batch}.image{index}");
        let grids = integers(self.arrays.need(&format!("{case}.image_grid_thw"))?)?;
        let count = grids.len() / 3;
        if !(0..count).all(|index| stems.contains(&stem(index))) {
            self.missing.push(format!("{batch}.image0 … {}", count.saturating_sub(1)));
            return Ok(());
        }
        let (mut found, mut own) = (Vec::new(), Vec::new());
        for index in 0..count {
            let raw = self.arrays.need(&format!("{}.image", stem(index)))?;
            let prepared = processor.prepare(&processor::image(raw)?)?;
            own.extend([prepared.grid.0, prepared.grid.1, prepared.grid.2].map(|n| n as i64));
            found.extend(prepared.patches);
        }
        self.tally.case(format!("{} {case}.pixel_values", self.name));
        self.tally.same("patch grids", &own, &grids);
        processor::patches(&found, &expected, processor.config(), self.tally)
    }
}
