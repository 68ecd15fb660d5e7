//! `galley draw web page.html --reference ref.html -o out.png`: target, render with defects, source by credit.

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use galley_web::{
    RewardConfig, WebReward, detectors,
    mapper::WebMapper,
    renderer::{RendererOptions, WebRenderer},
};

use super::{
    draw_judged::{Exhibit, Judge, PATIENCE, read, shown},
    score::assets_beside,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The page to judge.
    page: PathBuf,
    /// The page that it should look like; files beside it may be shown.
    #[arg(long)]
    reference: PathBuf,
    /// PNG file to write.
    #[arg(short, long)]
    output: PathBuf,
    /// Width of the screen in CSS pixels; the whole document is shown.
    #[arg(long, default_value_t = 1280)]
    width: u32,
    /// Weight of a token with full responsibility.
    #[arg(long, default_value_t = 2.0)]
    alpha: f64,
}

/// Writes the picture.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (program, reference) = (read(&args.page)?, read(&args.reference)?);
    let assets = assets_beside(&args.reference)?;
    let viewport = (args.width.clamp(16, 4096), 720);
    let options =
        RendererOptions { viewport, full_page: true, assets, browsers: 1, ..RendererOptions::default() };
    let renderer = WebRenderer::start(options)?;
    let wanted = shown(&args.reference, renderer.show(&reference, PATIENCE)?)?;
    let judge = Judge {
        renderer: &renderer,
        detectors: detectors::all(),
        mapper: &WebMapper::default(),
        reward: &WebReward::new(RewardConfig::default()),
    };
    let exhibit = Exhibit { program: &program, reference: Some((reference, wanted)), alpha: args.alpha };
    exhibit.draw(&judge, &args.output, out)
}
