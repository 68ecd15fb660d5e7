//! Reading goldens: JSON, pictures, folders.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

pub fn json(path: &Path) -> Result<Value> {
    serde_json::from_str(&text(path)?).with_context(|| format!("reading {}", path.display()))
}

pub fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

pub fn picture(path: &Path) -> Result<image::RgbImage> {
    Ok(image::open(path).with_context(|| format!("reading {}", path.display()))?.to_rgb8())
}

/// The folders in a folder, sorted.
pub fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(path).with_context(|| format!("reading {}", path.display()))?;
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

/// A list under a key; an error where there is none.
pub fn list<'a>(value: &'a Value, key: &str) -> Result<&'a [Value]> {
    value[key].as_array().map(Vec::as_slice).with_context(|| format!("there is no list `{key}`"))
}

pub fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

pub fn numbers(value: &Value) -> Result<Vec<f64>> {
    value.as_array().with_context(|| format!("{value} is no list"))?.iter().map(number).collect()
}

pub fn string(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

/// Pairs of places in lists.
pub fn places(value: &Value) -> Result<Vec<(usize, usize)>> {
    let pair = |pair: &Value| -> Result<(usize, usize)> {
        let numbers = numbers(pair)?;
        let [a, b] = numbers[..] else { anyhow::bail!("{pair} is no pair") };
        Ok((a as usize, b as usize))
    };
    value.as_array().with_context(|| format!("{value} is no list"))?.iter().map(pair).collect()
}
