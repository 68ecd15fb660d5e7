//! `galley similarity`: every similarity of two pictures, and which are absent.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use galley_core::Image;
use galley_measure::{block_emd, msps, ssim};
use serde_json::{Map, Value, json};

use crate::perceptual::{Backbone, Clip, Lpips, PerceptualError, Weights, cosine};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The attempt.
    a: PathBuf,
    /// The reference, of the same size.
    b: PathBuf,
    /// As JSON; an absent value is null, with its reason under `absent`.
    #[arg(long)]
    json: bool,
}

/// A value, or why there is none.
type Found = Result<f64, String>;

/// # Errors
/// A file that is no picture, two pictures of different size, or a closed output.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<()> {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    if (a.width, a.height) != (b.width, b.height) {
        let [first, second] = [&a, &b].map(|image| format!("{}x{}", image.width, image.height));
        bail!("the pictures have different sizes, {first} and {second}");
    }
    let mut found = plain(&a, &b);
    found.extend(networks(&a, &b, &Weights::default()));
    if args.json { as_json(&found, out) } else { as_text(&found, out) }
}

fn read(path: &Path) -> anyhow::Result<Image> {
    let rgb = image::open(path).with_context(|| path.display().to_string())?.to_rgb8();
    Ok(Image::new(rgb.width(), rgb.height(), rgb.into_raw()))
}

/// What needs no network.
fn plain(a: &Image, b: &Image) -> Vec<(&'static str, Found)> {
    let (width, height) = (a.width as usize, a.height as usize);
    let size = (width, height);
    let small = || "a side is below 7 pixels".to_owned();
    let none = || "the pictures are empty".to_owned();
    let grey = ssim::gray(&ssim::luma(&a.rgb), &ssim::luma(&b.rgb), width, height);
    let emd = block_emd::block_emd(&a.rgb, &b.rgb, width, height);
    vec![
        ("ssim-gray", grey.ok_or_else(small)),
        ("ssim-helm", ssim::helm(&a.rgb, &b.rgb, width, height).ok_or_else(small)),
        ("ssim-vcoder", Ok(ssim::vcoder(&a.rgb, size, &b.rgb, size).value())),
        ("msps", Ok(msps::msps(&a.rgb, &b.rgb, width, height))),
        ("ems", block_emd::ems(&a.rgb, &b.rgb, width, height).ok_or_else(none)),
        ("block-emd", emd.map(f64::from).ok_or_else(none)),
    ]
}

/// The distances of LPIPS at the pictures' size and at 256×256, the cosine of CLIP.
fn networks(a: &Image, b: &Image, weights: &Weights) -> Vec<(&'static str, Found)> {
    let mut found = Vec::new();
    for (backbone, small) in [(Backbone::Alex, "lpips-alex-256"), (Backbone::Vgg, "lpips-vgg-256")] {
        let lpips = Lpips::load(backbone, weights);
        let distance = |small: bool| {
            let lpips = lpips.as_ref().map_err(reason)?;
            let distance = if small { lpips.distance_256(a, b) } else { lpips.distance(a, b) };
            distance.map_err(|error| error.to_string())
        };
        found.push((backbone.name(), distance(false)));
        found.push((small, distance(true)));
    }
    let clip = Clip::load(weights).and_then(|clip| Ok(cosine(&clip.embed(a)?, &clip.embed(b)?)));
    found.push(("clip", clip.map_err(|error| reason(&error))));
    found
}

fn reason(error: &PerceptualError) -> String {
    match error {
        PerceptualError::Absent { help, .. } => format!("{error}; {help}"),
        error => error.to_string(),
    }
}

fn as_json(found: &[(&str, Found)], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut values = Map::new();
    let mut absent = Map::new();
    for (name, found) in found {
        values.insert((*name).into(), found.as_ref().map_or(Value::Null, |value| json!(value)));
        if let Err(reason) = found {
            absent.insert((*name).into(), json!(reason));
        }
    }
    values.insert("absent".into(), Value::Object(absent));
    writeln!(out, "{:#}", Value::Object(values))?;
    Ok(())
}

fn as_text(found: &[(&str, Found)], out: &mut dyn Write) -> anyhow::Result<()> {
    let width = found.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, found) in found {
        match found {
            Ok(value) => writeln!(out, "{name:<width$}  {value:.6}")?,
            Err(reason) => writeln!(out, "{name:<width$}  absent: {reason}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_networks_are_absent_with_their_reason() {
        let (a, b) = (Image::filled(16, 16, [0; 3]), Image::filled(16, 16, [255; 3]));
        let found = networks(&a, &b, &Weights::under("/nowhere".as_ref()));
        assert_eq!(found.len(), 5);
        let mut out = Vec::new();
        as_json(&found, &mut out).unwrap();
        let value: Value = serde_json::from_slice(&out).unwrap();
        assert!(value["clip"].is_null());
        assert!(value["absent"]["clip"].as_str().unwrap().contains("galley fetch clip"));
        assert!(value["absent"]["lpips-vgg-256"].as_str().unwrap().contains("galley fetch lpips"));
    }

    #[test]
    fn what_needs_no_network_is_always_there() {
        let a = Image::filled(16, 16, [40; 3]);
        for (name, found) in plain(&a, &a) {
            assert_eq!(found.ok(), Some(if name == "block-emd" { 0.0 } else { 1.0 }), "{name}");
        }
    }
}
