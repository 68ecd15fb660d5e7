//! Target, render with the boxes of its defects, and the visual difference, side by side.

use galley_core::{Defect, Region};
use galley_store::SampleRecord;
use maud::{Markup, html};

use crate::state::App;

/// Pictures narrower than this are enlarged without smoothing.
const SMALL: u32 = 400;

/// How pictures get into a page: by address, or (in a report) as data.
pub(crate) trait Pictures {
    /// The address of a picture.
    fn picture(&self, hash: &str) -> Option<String>;
    /// The address of the difference of two.
    fn difference(&self, a: &str, b: &str) -> Option<String>;
    /// Its width and height in pixels.
    fn size(&self, hash: &str) -> Option<(u32, u32)>;
}

impl Pictures for App {
    fn picture(&self, hash: &str) -> Option<String> {
        galley_store::is_hash(hash).then(|| format!("/media/{hash}"))
    }

    fn difference(&self, a: &str, b: &str) -> Option<String> {
        (galley_store::is_hash(a) && galley_store::is_hash(b)).then(|| format!("/difference/{a}/{b}"))
    }

    fn size(&self, hash: &str) -> Option<(u32, u32)> {
        png_size(&crate::media::file(self, hash).ok()?)
    }
}

/// Width and height from the first chunk of a PNG.
pub(crate) fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    (bytes.get(12..16)? == b"IHDR").then_some((number(16)?, number(20)?))
}

/// The row of pictures of one sample.
pub(crate) fn row(pictures: &dyn Pictures, sample: &SampleRecord) -> Markup {
    let (target, render) = (sample.media.get("target"), sample.media.get("render"));
    let both = target.zip(render).and_then(|(a, b)| pictures.difference(a, b));
    let size = render.or(target).and_then(|hash| pictures.size(hash));
    let small = size.is_some_and(|(width, _)| width < SMALL);
    html! {
        div.pictures.small[small] {
            (figure("target", target.and_then(|hash| pictures.picture(hash)), &html! {}))
            (figure("render", render.and_then(|hash| pictures.picture(hash)), &overlay(sample, size)))
            (figure("difference", both, &html! {}))
            @for (role, hash) in sample.media.iter().filter(|(role, _)| !matches!(role.as_str(), "target" | "render")) {
                @if let Some(source) = pictures.picture(hash) { (figure(role, Some(source), &html! {})) }
            }
        }
    }
}

fn figure(role: &str, source: Option<String>, over: &Markup) -> Markup {
    html! {
        figure.picture {
            figcaption { (role) }
            @match source {
                Some(source) => { div.frame { img src=(source) alt=(role); (over) } }
                None => { p.blank { "no " (role) } }
            }
        }
    }
}

/// So that a small box can be pointed at where a large one covers it.
fn largest_first(defects: &[Defect]) -> Vec<(usize, &Defect)> {
    let mut ordered: Vec<(usize, &Defect)> = defects.iter().enumerate().collect();
    ordered.sort_by(|a, b| b.1.region.area().total_cmp(&a.1.region.area()));
    ordered
}

/// Boxes in the pixels of the render: defects always, statements when they are pointed at.
fn overlay(sample: &SampleRecord, size: Option<(u32, u32)>) -> Markup {
    let Some((width, height)) = size else { return html! {} };
    let stroke = f64::from(width.max(height)) / 260.0;
    html! {
        svg.boxes viewBox={ "0 0 " (width) " " (height) } stroke-width=(format!("{stroke:.2}")) aria-label="Boxes of the defects" {
            @for (index, statement) in sample.statements.iter().enumerate() {
                @for region in &statement.regions { (rectangle("region", *region, None, Some(index), "")) }
            }
            @for (index, defect) in largest_first(&sample.defects) {
                @let class = if defect.severity > 0.0 { "defect" } else { "defect noted" };
                (rectangle(class, defect.region, Some(index), None, &defect.message))
            }
        }
    }
}

fn rectangle(
    class: &str,
    region: Region,
    defect: Option<usize>,
    statement: Option<usize>,
    title: &str,
) -> Markup {
    html! {
        rect class=(class) x=(region.x) y=(region.y) width=(region.width) height=(region.height)
            data-d=[defect] data-s=[statement] { @if !title.is_empty() { title { (title) } } }
    }
}
