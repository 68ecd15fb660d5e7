//! Page pairs of the Design2Code evaluator: the pages it rewrites, the blocks it finds, the scores it gives.
//!
//! Layout: `<page>_<system>/golden.json` with the HTML and the six screenshots beside it. Pictures are the stored ones:
//! fonts and browsers differ, the evaluator must not.

use std::path::Path;

use anyhow::Result;
use galley_measure::design2code::{
    Block, Evaluation, Inputs, PageShots, Raster, View, clip_view, evaluate, inpaint, mask,
    preprocess::preprocess, recolor::recolor, text_colors::text_colors,
};
use serde_json::Value;

use super::{
    read::{folders, json, list, number, numbers, picture, places, string, text},
    tally::Tally,
};

/// Of every number that is not exact.
const TOLERANCE: f64 = 1e-9;

pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    for case in folders(folder)?.into_iter().filter(|case| case.join("golden.json").is_file()) {
        let name = case.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        tally.case(&name);
        if let Err(error) = pages(&case, tally).and_then(|()| pair(&case, tally)) {
            tally.failed(&name, &error);
        }
    }
    Ok(())
}

/// The HTML half.
fn pages(case: &Path, tally: &mut Tally) -> Result<()> {
    let golden = json(&case.join("golden.json"))?;
    if case.join("pred_preprocessed.html").is_file() {
        let found = preprocess(&text(&case.join("pred.html"))?)?;
        tally.same("preprocessed page", &found.html, &text(&case.join("pred_preprocessed.html"))?);
        let expected = golden["preprocess"]["dedup_start"].as_u64().map(|start| start as usize);
        tally.same("dedup_start", &found.dedup_start, &expected);
    }
    for (side, source) in [("ref", "ref.html"), ("pred", "pred_preprocessed.html")] {
        let recoloured = case.join(format!("{side}_p.html"));
        if !recoloured.is_file() || !case.join(source).is_file() {
            continue;
        }
        let html = text(&case.join(source))?;
        let first = recolor(&html, 0)?;
        tally.same("recoloured page", &first, &text(&recoloured)?);
        tally.same("recoloured page", &recolor(&html, 50)?, &text(&case.join(format!("{side}_p_1.html")))?);
        let found = text_colors(&first)?;
        let found: Vec<(String, String)> =
            found.into_iter().map(|(text, color)| (text, color.as_str().to_owned())).collect();
        tally.same("text colours", &found, &colors(&golden[side])?);
    }
    Ok(())
}

/// The picture half.
fn pair(case: &Path, tally: &mut Tally) -> Result<()> {
    let golden = json(&case.join("golden.json"))?;
    let side = |name: &str| -> Result<Side> {
        let picture = |suffix: &str| picture(&case.join(format!("{name}{suffix}.png")));
        Ok(Side {
            colors: colors(&golden[name])?,
            pictures: [picture("")?, picture("_p")?, picture("_p_1")?],
        })
    };
    let (reference, prediction) = (side("ref")?, side("pred")?);
    let inputs = Inputs { reference: reference.shots()?, prediction: prediction.shots()? };
    let found = evaluate(&inputs, None);
    blocks_of(&found, &golden, tally)?;
    scores_of(&found, &golden, tally)?;
    views_of(case, &inputs, &found, &golden, tally)
}

struct Side {
    colors: Vec<(String, String)>,
    pictures: [image::RgbImage; 3],
}

impl Side {
    fn shots(&self) -> Result<PageShots<'_>> {
        let [png, png_p, png_p_1] = &self.pictures;
        let text_colors = &self.colors;
        Ok(PageShots { text_colors, png: raster(png)?, png_p: raster(png_p)?, png_p_1: raster(png_p_1)? })
    }
}

fn raster(picture: &image::RgbImage) -> Result<Raster<'_>> {
    let raster = Raster::new(picture.width() as usize, picture.height() as usize, picture.as_raw());
    raster.ok_or_else(|| anyhow::anyhow!("a picture has no pixels"))
}

fn colors(side: &Value) -> Result<Vec<(String, String)>> {
    let Some(items) = side["text_colors"].as_array() else { return Ok(Vec::new()) };
    items.iter().map(|item| Ok((string(&item[0])?.to_owned(), string(&item[1])?.to_owned()))).collect()
}

/// Blocks as the goldens write them; none for null.
pub fn blocks(value: &Value) -> Result<Vec<Block>> {
    let block = |block: &Value| -> Result<Block> {
        let wrong = |_| anyhow::anyhow!("{block} is no block");
        Ok(Block {
            text: string(&block["text"])?.to_owned(),
            bbox: numbers(&block["bbox"])?.try_into().map_err(wrong)?,
            color: numbers(&block["color"])?.try_into().map_err(wrong)?,
        })
    };
    value.as_array().map_or_else(|| Ok(Vec::new()), |blocks| blocks.iter().map(block).collect())
}

fn blocks_of(found: &Evaluation, golden: &Value, tally: &mut Tally) -> Result<()> {
    for (side, name) in [(&found.reference, "ref"), (&found.prediction, "pred")] {
        let expected = &golden[name];
        let pixels = expected["different_pixels"].as_u64().map(|count| count as usize);
        tally.same("text pixels", &side.different_pixels, &pixels);
        tally.same("blocks", &side.blocks_raw, &blocks(&expected["blocks_raw"])?);
        if !expected["blocks_bbox_merged"].is_null() {
            let expected = blocks(&expected["blocks_bbox_merged"])?;
            tally.same("blocks of equal boxes merged", &side.blocks_bbox_merged, &expected);
        }
    }
    let expected = &golden["merged"];
    tally.same("whether blocks were matched", &found.merged.is_some(), &!expected.is_null());
    if let (Some(merged), false) = (&found.merged, expected.is_null()) {
        tally.same("merged blocks", &merged.prediction, &blocks(&expected["pred_blocks"])?);
        tally.same("merged blocks", &merged.reference, &blocks(&expected["ref_blocks"])?);
        tally.same("matching", &merged.matching, &places(&expected["matching_unfiltered"])?);
    }
    Ok(())
}

fn scores_of(found: &Evaluation, golden: &Value, tally: &mut Tally) -> Result<()> {
    let pairs = list(golden, "pairs")?;
    tally.same("number of pairs", &found.pairs.len(), &pairs.len());
    for (found, expected) in found.pairs.iter().zip(pairs) {
        tally.number("text of a pair", found.text, number(&expected["text"])?, TOLERANCE);
        tally.number("position of a pair", found.position, number(&expected["position"])?, TOLERANCE);
        tally.number("color of a pair", found.color, number(&expected["color"])?, TOLERANCE);
    }
    let (found, expected) = (&found.scores, &golden["scores"]);
    for (name, found) in [
        ("sum_areas", found.sum_areas),
        ("block", found.block),
        ("text", found.text),
        ("position", found.position),
        ("color", found.color),
        ("final_without_clip", found.final_without_clip),
    ] {
        tally.number(name, found, number(&expected[name])?, TOLERANCE);
    }
    Ok(())
}

/// What CLIP is shown, where the original's pictures were kept.
fn views_of(
    case: &Path,
    inputs: &Inputs<'_>,
    found: &Evaluation,
    golden: &Value,
    tally: &mut Tally,
) -> Result<()> {
    let masks = &found.clip_mask_boxes;
    for (page, boxes, side) in
        [(inputs.prediction.png, &masks.prediction, "pred"), (inputs.reference.png, &masks.reference, "ref")]
    {
        let expected =
            list(&golden["clip_mask_boxes"], side)?.iter().map(numbers).collect::<Result<Vec<_>>>()?;
        let own: Vec<Vec<f64>> = boxes.iter().map(|bbox| bbox.to_vec()).collect();
        tally.same("boxes masked for CLIP", &own, &expected);
        let file = case.join(format!("clip_{side}_inpainted.png"));
        if file.is_file() && !boxes.is_empty() {
            let painted = inpaint(page, &mask(page.width, page.height, boxes));
            tally.number("inpainted page, levels", apart(&painted, picture(&file)?.as_raw()), 0.0, 0.0);
        }
        let file = case.join(format!("clip_{side}_224.png"));
        if file.is_file() {
            let view: View = clip_view(page, boxes);
            tally.number("view for CLIP, levels", apart(&view.rgb, picture(&file)?.as_raw()), 0.0, 0.0);
        }
    }
    Ok(())
}

/// The largest difference of a channel, of 255.
fn apart(found: &[u8], expected: &[u8]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    found.iter().zip(expected).map(|(a, b)| f64::from(a.abs_diff(*b))).fold(0.0, f64::max)
}
