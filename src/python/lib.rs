//! The metrics of galley-measure for Python: `import galley_metrics`.
//!
//! For evaluators that are written in Python and want the ported numbers without a subprocess. A picture is
//! `(width, height, rgb)` with `width · height · 3` bytes, as `PIL.Image` gives them: `(*image.size, image.tobytes())`.
//! What does not fit is a `ValueError`. Nothing here renders or runs a program: untrusted code stays in its jail.

use std::collections::BTreeMap;

use galley_measure::{
    block_emd, chartmimic, color,
    design2code::{self, PageShots, Raster},
    difflib, msps, ssim,
};
use pyo3::{exceptions::PyValueError, prelude::*};

/// Width, height, RGB bytes.
type Picture = (usize, usize, Vec<u8>);

/// Precision, recall, F1.
type Scores = (f64, f64, f64);

fn wrong(why: impl ToString) -> PyErr {
    PyValueError::new_err(why.to_string())
}

fn checked((width, height, rgb): &Picture) -> PyResult<()> {
    let wanted = width.checked_mul(*height).and_then(|pixels| pixels.checked_mul(3));
    if *width == 0 || *height == 0 || wanted != Some(rgb.len()) {
        return Err(wrong(format!("{} bytes are no RGB picture of {width} x {height}", rgb.len())));
    }
    Ok(())
}

/// Of equal size.
fn both(a: &Picture, b: &Picture) -> PyResult<(usize, usize)> {
    checked(a)?;
    checked(b)?;
    if (a.0, a.1) != (b.0, b.1) {
        return Err(wrong(format!("the pictures are {}x{} and {}x{}", a.0, a.1, b.0, b.1)));
    }
    Ok((a.0, a.1))
}

fn scores(found: chartmimic::Scores) -> Scores {
    (found.precision, found.recall, found.f1)
}

/// 1 - ΔE00 / 100 of two sRGB colours in 0..=255, at least 0 (colormath's numbers).
#[pyfunction]
fn color_similarity(a: [f64; 3], b: [f64; 3]) -> f64 {
    color::similarity(a, b)
}

/// `difflib.SequenceMatcher(None, a, b).ratio()`.
#[pyfunction]
fn text_ratio(a: &str, b: &str) -> f64 {
    difflib::ratio(a, b)
}

/// Structural similarity of the grey pictures (scikit-image's defaults on Pillow's `L`).
#[pyfunction]
fn ssim_gray(a: Picture, b: Picture) -> PyResult<f64> {
    let (width, height) = both(&a, &b)?;
    let grey = |picture: &Picture| ssim::luma(&picture.2);
    ssim::gray(&grey(&a), &grey(&b), width, height).ok_or_else(|| wrong("a side is below 7 pixels"))
}

/// Multi-scale pixel similarity.
#[pyfunction]
fn multi_scale_pixel_similarity(a: Picture, b: Picture) -> PyResult<f64> {
    let (width, height) = both(&a, &b)?;
    Ok(msps::msps(&a.2, &b.2, width, height))
}

/// Earth mover's similarity of Image2Struct.
#[pyfunction]
fn ems(attempt: Picture, reference: Picture) -> PyResult<f64> {
    let (width, height) = both(&attempt, &reference)?;
    block_emd::ems(&attempt.2, &reference.2, width, height).ok_or_else(|| wrong("the pictures are empty"))
}

/// ChartMimic's text score of two lists of strings; also its layout score, of cells as strings.
#[pyfunction]
fn chart_texts(generated: Vec<String>, golden: Vec<String>) -> Scores {
    scores(chartmimic::multiset(&generated, &golden))
}

/// ChartMimic's type score of two dicts of calls.
#[pyfunction]
fn chart_types(generated: BTreeMap<String, u64>, golden: BTreeMap<String, u64>) -> Scores {
    scores(chartmimic::calls(&generated, &golden))
}

/// ChartMimic's colour score of two lists of `<function>--<colour>`, thinned out as the original does it.
#[pyfunction]
fn chart_colors(generated: Vec<String>, golden: Vec<String>) -> Scores {
    scores(chartmimic::colors(&chartmimic::filter_colors(&generated), &chartmimic::filter_colors(&golden)))
}

/// Design2Code's recoloured page: `offset` 0 and 50.
#[pyfunction]
fn recolor(html: &str, offset: u8) -> PyResult<String> {
    design2code::recolor::recolor(html, offset).map_err(wrong)
}

/// Design2Code without CLIP: block, text, position, color and their mean as `final_without_clip` has it. A page is its
/// source recoloured with offset 0, and its screenshots plain, recoloured with 0, recoloured with 50.
#[pyfunction]
fn design2code_scores(prediction: Page, reference: Page) -> PyResult<BTreeMap<&'static str, f64>> {
    let (ours, theirs) = (Texts::of(&prediction)?, Texts::of(&reference)?);
    let inputs =
        design2code::Inputs { reference: theirs.shots(&reference), prediction: ours.shots(&prediction) };
    let found = design2code::evaluate(&inputs, None).scores;
    Ok(BTreeMap::from([
        ("block", found.block),
        ("text", found.text),
        ("position", found.position),
        ("color", found.color),
        ("final_without_clip", found.final_without_clip),
    ]))
}

/// Recoloured source; screenshots plain, recoloured with 0, with 50.
type Page = (String, Picture, Picture, Picture);

/// The texts of a page with their colours.
struct Texts(Vec<(String, String)>);

impl Texts {
    fn of((html, plain, zero, fifty): &Page) -> PyResult<Self> {
        [plain, zero, fifty].into_iter().try_for_each(checked)?;
        let found = design2code::text_colors::text_colors(html).map_err(wrong)?;
        Ok(Self(found.into_iter().map(|(text, color)| (text, color.as_str().to_owned())).collect()))
    }

    fn shots<'a>(&'a self, (_, plain, zero, fifty): &'a Page) -> PageShots<'a> {
        let raster = |picture: &'a Picture| Raster { rgb: &picture.2, width: picture.0, height: picture.1 };
        PageShots { text_colors: &self.0, png: raster(plain), png_p: raster(zero), png_p_1: raster(fifty) }
    }
}

#[pymodule]
fn galley_metrics(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(color_similarity, module)?)?;
    module.add_function(wrap_pyfunction!(text_ratio, module)?)?;
    module.add_function(wrap_pyfunction!(ssim_gray, module)?)?;
    module.add_function(wrap_pyfunction!(multi_scale_pixel_similarity, module)?)?;
    module.add_function(wrap_pyfunction!(ems, module)?)?;
    module.add_function(wrap_pyfunction!(chart_texts, module)?)?;
    module.add_function(wrap_pyfunction!(chart_types, module)?)?;
    module.add_function(wrap_pyfunction!(chart_colors, module)?)?;
    module.add_function(wrap_pyfunction!(recolor, module)?)?;
    module.add_function(wrap_pyfunction!(design2code_scores, module)?)
}
