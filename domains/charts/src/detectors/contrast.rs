//! `charts/contrast`: text that is hard to read on its background.

use std::collections::BTreeMap;

use galley_core::{Defect, DefectDetector, Element, Image, Region, Render, Task};
use galley_kit::{beyond_target, defect};
use galley_measure::color::contrast;

use super::{color, describe, hex, number};

pub struct Contrast;

/// Charts use grey on purpose: the bounds are those that WCAG 2 sets for large text, and less for larger.
const NEEDED: f64 = 3.0;
const NEEDED_LARGE: f64 = 2.0;
const LARGE: f64 = 24.0;

impl DefectDetector for Contrast {
    fn name(&self) -> &'static str {
        "charts/contrast"
    }

    fn explain(&self) -> &'static str {
        "# Contrast\n\n**What it finds.** Text whose contrast with what is behind it (WCAG 2 ratio) is below 3, or below 2 \
         from 24 px on.\n\n**Why it matters.** Text that cannot be told from its ground cannot be read, by anyone or by \
         a model.\n\n**Known limits.** The ground is the commonest colour of the picture within the text's box, so text \
         on a fine pattern is judged by one of its colours. Outlines around letters are not seen.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let Some(image) = &render.image else { return Vec::new() };
            render.elements.iter().filter_map(|element| low(image, element)).collect()
        })
    }
}

fn low(image: &Image, element: &Element) -> Option<Defect> {
    if element.text.is_empty() || element.region.is_empty() {
        return None;
    }
    let ground = ground(image, element.region)?.map(f64::from);
    let alpha = element.style.get("alpha").and_then(|alpha| alpha.parse().ok()).unwrap_or(1.0);
    let ink = color(element, "color")?;
    let ink = [0, 1, 2].map(|at| ink[at] * alpha + ground[at] * (1.0 - alpha));
    let needed = if number(element, "font-size") >= LARGE { NEEDED_LARGE } else { NEEDED };
    let found = contrast(ink, ground);
    (found < needed).then(|| {
        let message = format!(
            "{}: {} on {}, contrast {found:.1} (needs {needed})",
            describe(element),
            hex(ink),
            hex(ground)
        );
        defect(Contrast.name(), "contrast", element.region, message)
    })
}

/// The commonest colour in and just around a box.
fn ground(image: &Image, region: Region) -> Option<[u8; 3]> {
    let (left, top) = ((region.x - 2.0).max(0.0) as u32, (region.y - 2.0).max(0.0) as u32);
    let right = ((region.right() + 2.0).max(0.0) as u32).min(image.width);
    let bottom = ((region.bottom() + 2.0).max(0.0) as u32).min(image.height);
    let mut counts: BTreeMap<[u8; 3], usize> = BTreeMap::new();
    for y in top..bottom {
        for x in left..right {
            *counts.entry(image.pixel(x, y)).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(color, _)| color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_is_the_commonest_colour() {
        let mut image = Image::filled(20, 10, [9, 9, 9]);
        image.rgb[..3].copy_from_slice(&[255; 3]);
        assert_eq!(ground(&image, Region::new(2.0, 2.0, 4.0, 4.0)), Some([9, 9, 9]));
        assert_eq!(ground(&image, Region::new(-50.0, 2.0, 4.0, 4.0)), None);
    }
}
