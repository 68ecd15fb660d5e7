//! The image processor: sizes, resized pixels, patches.

use std::path::Path;

use anyhow::{Context, Result};
use candle_core::Tensor;
use galley_core::Image;

use super::{
    FIXED,
    arrays::{Arrays, bytes, integers},
};
use crate::{
    cli::parity::{
        read::{json, list, number},
        tally::Tally,
    },
    policy::{Processor, ProcessorConfig},
};

/// The folder `processor`: a table of sizes, and a picture under the official settings.
pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    let table = folder.join("smart_resize.json");
    if table.exists() {
        sizes(&table, tally)?;
    } else {
        tally.absent("processor: there is no smart_resize.json");
    }
    let path = folder.join("official_settings_image.safetensors");
    if !path.exists() {
        tally.absent("processor: there is no official_settings_image.safetensors");
        return Ok(());
    }
    let arrays = Arrays::read(&path)?;
    let processor = Processor::new(ProcessorConfig::default())?;
    tally.case("processor official_settings_image");
    picture(&arrays, "", &processor, tally)?;
    let raw = arrays.need("image")?;
    let prepared = processor.prepare(&image(raw)?)?;
    let grid: Vec<i64> = [prepared.grid.0, prepared.grid.1, prepared.grid.2].map(|n| n as i64).to_vec();
    tally.same("patch grids", &grid, &integers(arrays.need("image_grid_thw")?)?);
    patches(&prepared.patches, arrays.need("pixel_values")?, processor.config(), tally)?;
    arrays.untouched().iter().for_each(|name| tally.absent(&format!("processor: {name}")));
    Ok(())
}

/// Rows of height, width, factor, least and most pixels, and the size or `error`.
fn sizes(path: &Path, tally: &mut Tally) -> Result<()> {
    for (index, row) in list(&json(path)?, "rows")?.iter().enumerate() {
        tally.case(format!("smart_resize.json {index}"));
        let at = |column: usize| Ok::<usize, anyhow::Error>(number(&row[column])? as usize);
        let config = ProcessorConfig {
            patch: at(2)? / ProcessorConfig::default().merge,
            min_pixels: at(3)?,
            max_pixels: at(4)?,
            ..ProcessorConfig::default()
        };
        let found = Processor::new(config)?.smart_resize(at(0)?, at(1)?).ok();
        let expected = match row[5].as_array() {
            Some(size) => {
                let side = |at: usize| size.get(at).context("a size has two sides").and_then(number);
                Some((side(0)? as usize, side(1)? as usize))
            }
            None => None,
        };
        tally.same("sizes", &found, &expected);
    }
    Ok(())
}

/// A raw picture.
pub fn image(raw: &Tensor) -> Result<Image> {
    let (height, width, _) = raw.dims3()?;
    Ok(Image::new(width as u32, height as u32, bytes(raw)?))
}

/// `<stem>image` and what it is after resizing.
pub fn picture(arrays: &Arrays, stem: &str, processor: &Processor, tally: &mut Tally) -> Result<()> {
    let raw = arrays.need(&format!("{stem}image"))?;
    let (height, width, _) = raw.dims3()?;
    let expected = arrays.need(&format!("{stem}resized"))?;
    let (to_height, to_width, _) = expected.dims3()?;
    tally.same("sizes", &processor.smart_resize(height, width).ok(), &Some((to_height, to_width)));
    let found = crate::policy::resize(&bytes(raw)?, (height, width), (to_height, to_width));
    tally.same("resized pixels", &found, &bytes(expected)?);
    Ok(())
}

/// Patches of one frame against vectors of (channel, frame, patch²).
pub fn patches(found: &[f32], expected: &Tensor, config: &ProcessorConfig, tally: &mut Tally) -> Result<()> {
    let (area, count) = (config.patch * config.patch, config.temporal_patch);
    let found: Vec<f64> = found
        .chunks(area)
        .flat_map(|frame| std::iter::repeat_n(frame, count).flatten())
        .map(|&x| f64::from(x))
        .collect();
    tally.numbers("patches", &found, &super::arrays::floats(expected)?, FIXED);
    Ok(())
}
