//! AeSlides' published measures: whitespace of pictures, the shape of slides, the centre of trees of boxes.
//!
//! Layout: `golden.json` with the pictures and trees that it names beside it. A picture that is decoded otherwise here (a
//! JPEG may differ by one step) is left out, and said to be.

use std::path::Path;

use anyhow::{Context, Result};
use galley_core::Image;
use galley_slides::axes::{
    aspect,
    centroid::{Source, centroid, items},
    smoothstep, tree,
    whitespace::content,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    read::{json, list, number, numbers, picture, string},
    tally::Tally,
};

/// Of shares of pixels; less than one pixel of a slide.
const PIXELS: f64 = 1e-6;
const EXACT: f64 = 1e-9;

pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    let golden = json(&folder.join("golden.json"))?;
    for (name, expected) in golden["whitespace"].as_object().into_iter().flatten() {
        tally.case(name);
        if let Err(error) = whitespace(&folder.join(name), expected, tally) {
            tally.failed(name, &error);
        }
    }
    for (key, check) in
        [("aspect_ratio", shape as fn(&Value, &mut Tally) -> Result<()>), ("smoothstep", step)]
    {
        for (index, case) in list(&golden, key)?.iter().enumerate() {
            tally.case(format!("{key} {index}"));
            check(case, tally)?;
        }
    }
    let view = numbers(&golden["centroid"]["view"])?;
    for (name, expected) in golden["centroid"]["cases"].as_object().into_iter().flatten() {
        tally.case(name);
        if let Err(error) = balance(&json(&folder.join(name))?, &view, expected, tally) {
            tally.failed(name, &error);
        }
    }
    Ok(())
}

fn whitespace(path: &Path, expected: &Value, tally: &mut Tally) -> Result<()> {
    let picture = picture(path)?;
    let bgr: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel.0[2], pixel.0[1], pixel.0[0]]).collect();
    let hash: String = Sha256::digest(&bgr).iter().map(|byte| format!("{byte:02x}")).collect();
    if hash != string(&expected["decoded_bgr_sha256"])? {
        tally.absent("whitespace of a picture that is decoded otherwise here");
        return Ok(());
    }
    let (width, height) = picture.dimensions();
    let found = content(&Image::new(width, height, picture.into_raw()));
    for (key, share) in [("full", found.full), ("crop", found.crop)] {
        tally.number("content ratio", share, number(&expected[format!("content_ratio_{key}")])?, PIXELS);
        let reward = smoothstep::reward(share);
        tally.number("whitespace reward", reward, number(&expected[format!("reward_{key}")])?, PIXELS);
    }
    Ok(())
}

fn shape(case: &Value, tally: &mut Tally) -> Result<()> {
    let found = aspect::reward(number(&case["width"])?, number(&case["height"])?);
    tally.number("aspect ratio reward", found, number(&case["reward"])?, EXACT);
    Ok(())
}

fn step(case: &Value, tally: &mut Tally) -> Result<()> {
    tally.number("smoothstep", smoothstep::reward(number(&case["value"])?), number(&case["reward"])?, EXACT);
    Ok(())
}

fn balance(value: &Value, view: &[f64], expected: &Value, tally: &mut Tally) -> Result<()> {
    let view = (view[0], view[1]);
    let items = items(&tree::flatten(value), view);
    let found = centroid(&items, view).context("nothing has weight")?;
    for (key, own) in [
        ("score", found.score),
        ("center_x_px", found.centre.0),
        ("center_y_px", found.centre.1),
        ("offset_x_px", found.offset.0),
        ("offset_y_px", found.offset.1),
        ("nodes_used", found.items as f64),
        ("total_area", found.total_weight),
    ] {
        tally.number(&format!("centroid {key}"), own, number(&expected[key])?, EXACT);
    }
    tally.same("verdict", &Some(found.is_imbalanced()), &expected["is_visually_imbalanced"].as_bool());
    for source in Source::ALL {
        let own = items.iter().filter(|item| item.source == source).count();
        let wanted = expected["source_breakdown"][source.name()].as_u64().unwrap_or(0) as usize;
        tally.same("items by source", &own, &wanted);
    }
    Ok(())
}
