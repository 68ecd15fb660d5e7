//! `galley draw charts x.py --reference ref.py -o out.png`: target, render with defects, source by credit.

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use galley_charts::{ChartRenderer, RendererOptions, detectors, mapper::ChartMapper, reward::ChartReward};
use galley_core::Renderer;

use super::draw_judged::{Exhibit, Judge, PATIENCE, read, shown};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The matplotlib program to judge.
    chart: PathBuf,
    /// The program whose chart it should look like; without one the render is judged alone.
    #[arg(long)]
    reference: Option<PathBuf>,
    /// PNG file to write.
    #[arg(short, long)]
    output: PathBuf,
    /// Weight of a token with full responsibility.
    #[arg(long, default_value_t = 2.0)]
    alpha: f64,
}

/// Writes the picture.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let program = read(&args.chart)?;
    let renderer = ChartRenderer::start(RendererOptions { workers: 1, ..RendererOptions::default() })?;
    let reference = match &args.reference {
        Some(path) => {
            let text = read(path)?;
            let render = shown(path, renderer.render(&text, PATIENCE)?)?;
            Some((text, render))
        }
        None => None,
    };
    let judge = Judge {
        renderer: &renderer,
        detectors: detectors::all(),
        mapper: &ChartMapper,
        reward: &ChartReward::default(),
    };
    Exhibit { program: &program, reference, alpha: args.alpha }.draw(&judge, &args.output, out)
}
