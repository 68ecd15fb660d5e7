//! The official mode: the published Design2Code evaluator on our own screenshots.

use std::borrow::Cow;

use galley_core::{DomainError, Image};
use galley_measure::design2code::{
    Evaluation, Inputs, PageShots, Raster, View, evaluate,
    preprocess::preprocess,
    recolor::recolor,
    soup::{PageError, decode},
    text_colors::text_colors,
};
use serde::Serialize;

use crate::renderer::{OfficialShots, PATIENCE, blank};

/// One pair of pages, with every intermediate number of the evaluator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Official {
    /// The character at which the prediction was cut off because it repeats itself.
    pub dedup_start: Option<usize>,
    /// Screenshots that failed and became a white picture of 1280 × 960.
    pub blank_fallback: Vec<&'static str>,
    #[serde(rename = "clip_absent")]
    pub why_no_clip: Option<&'static str>,
    pub evaluation: Evaluation,
}

/// Why an evaluation gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum OfficialError {
    /// The original raises on such a page, too.
    #[error("the {page} page: {error}")]
    Page { page: &'static str, error: PageError },
    #[error(transparent)]
    Harness(#[from] DomainError),
}

/// The cosine of the CLIP embeddings of two masked views, prediction and reference.
pub type ClipCosine<'a> = dyn Fn(&View, &View) -> Option<f64> + 'a;

/// The three pictures of a page, and its texts with their colours.
struct Shots {
    pictures: [Image; 3],
    colors: Vec<(String, String)>,
}

impl Official {
    pub(super) fn of(
        camera: &OfficialShots,
        prediction: &[u8],
        reference: &[u8],
        clip: Option<&ClipCosine<'_>>,
    ) -> Result<Self, OfficialError> {
        let page = |page: &'static str| move |error| OfficialError::Page { page, error };
        let preprocessed = decode(prediction).and_then(preprocess).map_err(page("predicted"))?;
        let reference: Cow<'_, str> = decode(reference).map_err(page("reference"))?.into();
        let mut blank_fallback = Vec::new();
        let names = ["ref", "ref_p", "ref_p_1"];
        let wanted = shots(camera, &reference, names, &mut blank_fallback, "reference")?;
        let names = ["pred", "pred_p", "pred_p_1"];
        let seen = shots(camera, &preprocessed.html, names, &mut blank_fallback, "predicted")?;
        let inputs = Inputs { reference: wanted.as_inputs()?, prediction: seen.as_inputs()? };
        let evaluation = evaluate(&inputs, clip);
        let why_no_clip = evaluation.scores.clip.is_none().then_some("no CLIP weights were given");
        Ok(Self { dedup_start: preprocessed.dedup_start, blank_fallback, why_no_clip, evaluation })
    }
}

fn shots(
    camera: &OfficialShots,
    html: &str,
    names: [&'static str; 3],
    failed: &mut Vec<&'static str>,
    page: &'static str,
) -> Result<Shots, OfficialError> {
    let raised = |error| OfficialError::Page { page, error };
    let (first, second) = (recolor(html, 0).map_err(raised)?, recolor(html, 50).map_err(raised)?);
    let colors = text_colors(&first).map_err(raised)?;
    let mut pictures = Vec::new();
    for (html, name) in [html, &first, &second].into_iter().zip(names) {
        pictures.push(match camera.shoot(html, PATIENCE)? {
            Some(picture) => picture,
            None => {
                failed.push(name);
                blank()
            }
        });
    }
    let colors = colors.into_iter().map(|(text, color)| (text, color.as_str().to_owned())).collect();
    let pictures = pictures.try_into().map_err(|_| DomainError::harness("score", "a picture is missing"))?;
    Ok(Shots { pictures, colors })
}

impl Shots {
    fn as_inputs(&self) -> Result<PageShots<'_>, DomainError> {
        let [png, png_p, png_p_1] = &self.pictures;
        Ok(PageShots {
            text_colors: &self.colors,
            png: raster(png)?,
            png_p: raster(png_p)?,
            png_p_1: raster(png_p_1)?,
        })
    }
}

fn raster(image: &Image) -> Result<Raster<'_>, DomainError> {
    Raster::new(image.width as usize, image.height as usize, &image.rgb)
        .ok_or_else(|| DomainError::harness("score", "a picture has no pixels"))
}
