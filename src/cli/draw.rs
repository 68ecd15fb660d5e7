//! `galley draw`: pictures. `run <id>` shows target, render after the warm start with its defects, and render after the
//! objective; a domain that can draw the judgement of one program adds a variant (`web`: [`super::draw_web`], `charts`, `slides`).

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use galley_core::{Defect, Image, Region, Registry};

use super::{draw_charts, draw_program, draw_slides, draw_web};
use crate::store::{RunReader, SampleRecord, find_run, read_image};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The kept held-out samples of a run, one row each.
    Run {
        /// Id, beginning of an id, name, or `latest`.
        run: String,
        /// PNG file to write.
        #[arg(short, long)]
        output: PathBuf,
        /// Rows at most.
        #[arg(long, default_value_t = 6)]
        rows: usize,
    },
    /// The judgement of one page: target, render with its defects, source by credit.
    Web(draw_web::Args),
    /// The judgement of one chart: target, render with its defects, source by credit.
    Charts(draw_charts::Args),
    /// The judgement of one program by the domain of a recipe, whichever it is.
    Program(draw_program::Args),
    /// The judgement of one deck: render with its defects, source by credit; or its regions.
    Slides(draw_slides::Args),
}

/// Pixels of one CSS pixel, so that tiny viewports can be looked at.
const SCALE: u32 = 2;
const GAP: u32 = 8;
const BOX: [u8; 3] = [230, 30, 30];

/// Writes the picture.
pub fn run(args: &Args, registry: &Registry, runs: &Path, out: &mut dyn Write) -> Result<()> {
    let (run, output, rows) = match &args.what {
        What::Run { run, output, rows } => (run, output, rows),
        What::Web(args) => return draw_web::run(args, out),
        What::Charts(args) => return draw_charts::run(args, out),
        What::Program(args) => return draw_program::run(args, registry, out),
        What::Slides(args) => return draw_slides::run(args, out),
    };
    let reader = RunReader::open(&find_run(runs, run)?)?;
    let mut by_task: BTreeMap<String, Vec<SampleRecord>> = BTreeMap::new();
    for sample in reader.samples() {
        let sample = sample?;
        if sample.stage.starts_with("eval-") {
            by_task.entry(sample.task.clone()).or_default().push(sample);
        }
    }
    let mut lines = Vec::new();
    for samples in by_task.values() {
        if let Some(line) = row(runs, samples)? {
            lines.push(line);
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.0));
    lines.truncate(*rows);
    if lines.is_empty() {
        bail!("run {run} has no held-out samples with pictures yet");
    }
    let picture = sheet(&lines.into_iter().map(|line| line.1).collect::<Vec<_>>());
    image::save_buffer(output, &picture.rgb, picture.width, picture.height, image::ExtendedColorType::Rgb8)
        .with_context(|| format!("writing {}", output.display()))?;
    writeln!(
        out,
        "{}: target | after the warm start, defects boxed | after the objective",
        output.display()
    )?;
    Ok(())
}

/// The pictures of one task with the number of defects that the objective removed; `None` where a render is missing.
fn row(runs: &Path, samples: &[SampleRecord]) -> Result<Option<(usize, Vec<Image>)>> {
    let (Some(first), Some(last)) = (samples.iter().find(|s| s.stage == "eval-warm-start"), samples.last())
    else {
        return Ok(None);
    };
    let (Some(target), Some(render), Some(end)) =
        (first.media.get("target"), first.media.get("render"), last.media.get("render"))
    else {
        return Ok(None);
    };
    let mut worse = enlarged(&read_image(runs, render)?);
    first.defects.iter().filter(|defect| defect.severity > 0.0).for_each(|defect| frame(&mut worse, defect));
    let pictures = vec![enlarged(&read_image(runs, target)?), worse, enlarged(&read_image(runs, end)?)];
    Ok(Some((first.defects.len().saturating_sub(last.defects.len()), pictures)))
}

fn enlarged(image: &Image) -> Image {
    let (width, height) = (image.width * SCALE, image.height * SCALE);
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| image.pixel(x / SCALE, y / SCALE)));
    Image::new(width, height, pixels.collect())
}

fn frame(image: &mut Image, defect: &Defect) {
    let canvas = Region::new(0.0, 0.0, f64::from(image.width), f64::from(image.height));
    let scale = f64::from(SCALE);
    let region = defect.region;
    let on = Region::new(region.x * scale, region.y * scale, region.width * scale, region.height * scale);
    let on = on.intersection(canvas);
    if on.width < 2.0 || on.height < 2.0 {
        return;
    }
    let (left, top) = (on.x as u32, on.y as u32);
    let (right, bottom) = (on.right() as u32 - 1, on.bottom() as u32 - 1);
    let mut put = |x: u32, y: u32| {
        let at = ((y * image.width + x) * 3) as usize;
        image.rgb[at..at + 3].copy_from_slice(&BOX);
    };
    for x in left..=right {
        put(x, top);
        put(x, bottom);
    }
    for y in top..=bottom {
        put(left, y);
        put(right, y);
    }
}

/// Rows of pictures on white.
fn sheet(rows: &[Vec<Image>]) -> Image {
    let row_width = |row: &Vec<Image>| row.iter().map(|image| image.width + GAP).sum::<u32>() + GAP;
    let row_height = |row: &Vec<Image>| row.iter().map(|image| image.height).max().unwrap_or(0) + GAP;
    let width = rows.iter().map(row_width).max().unwrap_or(GAP);
    let mut sheet = Image::filled(width, rows.iter().map(row_height).sum::<u32>() + GAP, [255; 3]);
    let mut y = GAP;
    for row in rows {
        let mut x = GAP;
        for image in row {
            paste(&mut sheet, image, x, y);
            x += image.width + GAP;
        }
        y += row_height(row);
    }
    sheet
}

fn paste(sheet: &mut Image, image: &Image, x: u32, y: u32) {
    for line in 0..image.height {
        let to = (((y + line) * sheet.width + x) * 3) as usize;
        let from = (line * image.width * 3) as usize;
        let length = (image.width * 3) as usize;
        sheet.rgb[to..to + length].copy_from_slice(&image.rgb[from..from + length]);
    }
}
