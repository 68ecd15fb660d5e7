//! `galley draw slides x.py -o out.png`: render with defects, source by credit; `--regions`: the slides with the frame of
//! every shape and the ink of every text.

use std::{io::Write, path::PathBuf};

use anyhow::{Context, Result, bail};
use galley_core::{Image, Region, Renderer};
use galley_slides::{
    RendererOptions, SlideRenderer, detectors,
    mapper::SlideMapper,
    reward::{RewardConfig, SlideReward},
    scene::{Deck, ShapeKind},
};

use super::draw_judged::{Exhibit, Judge, PATIENCE, read, shown};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The python-pptx program to judge.
    deck: PathBuf,
    /// PNG file to write.
    #[arg(short, long)]
    output: PathBuf,
    /// Draw the slides alone, with the frames of shapes (red, parts of them orange) and the ink of texts (blue).
    #[arg(long)]
    regions: bool,
    /// Weight of a token with full responsibility.
    #[arg(long, default_value_t = 2.0)]
    alpha: f64,
}

const FRAME: [u8; 3] = [220, 30, 30];
const PART: [u8; 3] = [240, 150, 30];
const INK: [u8; 3] = [30, 90, 230];

/// Writes the picture.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let program = read(&args.deck)?;
    let renderer = SlideRenderer::start(RendererOptions { workers: 1, ..RendererOptions::default() })?;
    if args.regions {
        let render = shown(&args.deck, renderer.render(&program, PATIENCE)?)?;
        let (Some(deck), Some(image)) = (Deck::of(&render), &render.image) else {
            bail!("{} has no scene", args.deck.display());
        };
        let picture = outlined(&deck, image);
        let kind = image::ExtendedColorType::Rgb8;
        image::save_buffer(&args.output, &picture.rgb, picture.width, picture.height, kind)
            .with_context(|| format!("writing {}", args.output.display()))?;
        writeln!(
            out,
            "{}: {} slides, {} things",
            args.output.display(),
            deck.slides.len(),
            render.elements.len()
        )?;
        return Ok(());
    }
    let judge = Judge {
        renderer: &renderer,
        detectors: detectors::all(),
        mapper: &SlideMapper,
        reward: &SlideReward::new(RewardConfig::default()),
    };
    Exhibit { program: &program, reference: None, alpha: args.alpha }.draw(&judge, &args.output, out)
}

fn outlined(deck: &Deck, image: &Image) -> Image {
    let mut picture = image.clone();
    for slide in &deck.slides {
        for shape in &slide.shapes {
            let color = if shape.kind.is_part() { PART } else { FRAME };
            if !matches!(shape.kind, ShapeKind::Paragraph | ShapeKind::Run) {
                let at = shape.corners.map(|(x, y)| (x, y + f64::from(deck.height) * slide.index as f64));
                (0..4).for_each(|side| line(&mut picture, at[side], at[(side + 1) % 4], color));
            }
            if let Some(ink) = shape.ink.filter(|_| shape.kind == ShapeKind::Paragraph) {
                outline(&mut picture, deck.on_render(slide.index, ink), INK);
            }
        }
    }
    picture
}

fn outline(image: &mut Image, region: Region, color: [u8; 3]) {
    let (left, top, right, bottom) = (region.x, region.y, region.right(), region.bottom());
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    (0..4).for_each(|side| line(image, corners[side], corners[(side + 1) % 4], color));
}

fn line(image: &mut Image, from: (f64, f64), to: (f64, f64), color: [u8; 3]) {
    let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).clamp(1.0, 10_000.0) as u32;
    for step in 0..=steps {
        let share = f64::from(step) / f64::from(steps);
        let (x, y) = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
        if (0.0..f64::from(image.width)).contains(&x) && (0.0..f64::from(image.height)).contains(&y) {
            let at = (y as usize * image.width as usize + x as usize) * 3;
            image.rgb[at..at + 3].copy_from_slice(&color);
        }
    }
}
