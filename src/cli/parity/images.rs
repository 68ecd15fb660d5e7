//! Similarities of pictures, and colour differences.

use std::path::Path;

use anyhow::Result;
use galley_measure::{block_emd, color, msps, ssim};
use serde_json::Value;

use super::{
    lpips,
    read::{json, list, number, numbers, picture},
    tally::Tally,
};

/// Keys that describe a case and are no result.
const DESCRIPTIONS: [&str; 4] = ["description", "size", "most_frequent_color", "most_frequent_fraction"];

pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    if folder.join("golden.json").is_file() {
        let golden = json(&folder.join("golden.json"))?;
        for (name, expected) in golden["pairs"].as_object().into_iter().flatten() {
            tally.case(name);
            if let Err(error) = pictures(folder, name, expected, tally) {
                tally.failed(name, &error);
            }
        }
    }
    if folder.join("ciede2000.json").is_file() {
        for (index, pair) in list(&json(&folder.join("ciede2000.json"))?, "pairs")?.iter().enumerate() {
            tally.case(format!("ciede2000.json {index}"));
            colours(pair, tally)?;
        }
    }
    Ok(())
}

fn pictures(folder: &Path, name: &str, expected: &Value, tally: &mut Tally) -> Result<()> {
    let (a, b) = (
        picture(&folder.join(format!("{name}_pred.png")))?,
        picture(&folder.join(format!("{name}_ref.png")))?,
    );
    anyhow::ensure!(a.dimensions() == b.dimensions(), "the pictures differ in size");
    let (width, height) = (a.width() as usize, a.height() as usize);
    let whole = (a.clone(), b.clone());
    let (a, b) = (a.as_raw().as_slice(), b.as_raw().as_slice());
    let mut vcoder = None;
    for (key, value) in expected.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        match key.as_str() {
            "msps" => tally.number("msps", msps::msps(a, b, width, height), number(value)?, 1e-6),
            "msps_mse_levels" => {
                tally.numbers("msps levels", &msps::mse_levels(a, b, width, height), &numbers(value)?, 1e-6);
            }
            "ssim_gray_skimage" => {
                let found = ssim::gray(&ssim::luma(a), &ssim::luma(b), width, height);
                tally.number(key, found.unwrap_or(f64::NAN), number(value)?, 1e-9);
            }
            "ssim_helm" => {
                let found = ssim::helm(a, b, width, height);
                tally.number(key, found.unwrap_or(f64::NAN), number(value)?, 1e-9);
            }
            "ssim_vcoder" | "ssim_vcoder_ssim_part" | "ssim_vcoder_pixel_part" => {
                let parts =
                    vcoder.get_or_insert_with(|| ssim::vcoder(a, (width, height), b, (width, height)));
                let found = match key.as_str() {
                    "ssim_vcoder" => parts.value(),
                    "ssim_vcoder_ssim_part" => parts.ssim,
                    _ => parts.pixel,
                };
                tally.number(key, found, number(value)?, 1e-9);
            }
            "block_emd" => {
                let found = block_emd::block_emd(a, b, width, height).map_or(f64::NAN, f64::from);
                tally.number(key, found, number(value)?, 1e-5);
            }
            "ems" => {
                let found = block_emd::ems(a, b, width, height);
                tally.number(key, found.unwrap_or(f64::NAN), number(value)?, 1e-5);
            }
            other if DESCRIPTIONS.contains(&other) => {}
            "block_emd_denominator" => {
                let found = block_emd::blank_emd(b, width, height).map_or(f64::NAN, f64::from);
                tally.number(key, found, number(value)?, 1e-5);
            }
            other if lpips::check(other, &whole.0, &whole.1, number(value)?, tally) => {}
            other => tally.absent(other),
        }
    }
    Ok(())
}

fn colours(pair: &Value, tally: &mut Tally) -> Result<()> {
    let rgb = |key: &str| -> Result<[f64; 3]> {
        numbers(&pair[key])?.try_into().map_err(|_| anyhow::anyhow!("`{key}` is no colour"))
    };
    let (first, second) = (rgb("rgb1")?, rgb("rgb2")?);
    let (one, two) = (color::lab(first), color::lab(second));
    tally.numbers("Lab", &[one.l, one.a, one.b], &numbers(&pair["lab1"])?, 1e-9);
    if !pair["lab2"].is_null() {
        tally.numbers("Lab", &[two.l, two.a, two.b], &numbers(&pair["lab2"])?, 1e-9);
    }
    tally.number("ΔE 2000", color::ciede2000(one, two), number(&pair["delta_e"])?, 1e-9);
    tally.number("colour similarity", color::similarity(first, second), number(&pair["similarity"])?, 1e-9);
    Ok(())
}
