//! `galley draw web page.html --reference ref.html -o out.png`: target, render with defects, source by credit.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use galley_core::{
    Assessment, DefectDetector, Prompt, Reference, RegionMapper, Renderer, Reward, Span, Task,
};
use galley_web::{
    RewardConfig, WebReward, detectors,
    draw::{Judged, WIDTH, page},
    mapper::WebMapper,
    renderer::{RendererOptions, WebRenderer},
};

use super::score::assets_beside;

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

const PATIENCE: Duration = Duration::from_secs(60);

/// Writes the picture.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if args.alpha.is_nan() || args.alpha <= 1.0 {
        bail!("--alpha is {}; it must be above 1", args.alpha);
    }
    let (program, reference) = (read(&args.page)?, read(&args.reference)?);
    let assets = assets_beside(&args.reference)?;
    let viewport = (args.width.clamp(16, 4096), 720);
    let options =
        RendererOptions { viewport, full_page: true, assets, browsers: 1, ..RendererOptions::default() };
    let renderer = WebRenderer::start(options)?;
    let wanted = renderer.show(&reference, PATIENCE)?;
    if !wanted.ok() {
        let why = wanted.faults.first().map_or("it shows nothing", |fault| &fault.message);
        bail!("{}: {why}", args.reference.display());
    }
    let task = Task {
        id: "draw".into(),
        prompt: Prompt::default(),
        reference: Some(Reference { program: Some(reference), render: Arc::new(wanted.clone()) }),
        labels: Default::default(),
    };
    let assessment = assess(&task, &program, &renderer)?;
    let judged = Judged { program: &program, reference: &wanted, assessment: &assessment, alpha: args.alpha };
    write(&page(&judged)?, &args.output)?;
    let seen = assessment.defects.iter().filter(|defect| defect.severity > 0.0).count();
    let reward = assessment.score.reward;
    writeln!(
        out,
        "{}: target | render, {seen} defects | source by weight; reward {reward:.4}",
        args.output.display()
    )?;
    Ok(())
}

/// As in a run, but the whole file is the program.
fn assess(task: &Task, program: &str, renderer: &WebRenderer) -> Result<Assessment> {
    let render = renderer.render(program, PATIENCE)?;
    let find = |detector: Box<dyn DefectDetector>| detector.detect(task, &render);
    let defects =
        if render.ok() { detectors::all().into_iter().flat_map(find).collect() } else { Vec::new() };
    let statements = WebMapper::default().map(program, &render);
    let score = WebReward::new(RewardConfig::default()).score(task, &render);
    Ok(Assessment { program: Span::new(0, program.len()), render, defects, statements, score })
}

fn write(html: &str, output: &Path) -> Result<()> {
    let options = RendererOptions {
        viewport: (WIDTH, 720),
        full_page: true,
        browsers: 1,
        ..RendererOptions::default()
    };
    let sheet = WebRenderer::start(options)?.show(html, PATIENCE)?;
    let Some(image) = sheet.image else {
        let why = sheet.faults.first().map_or("no picture", |fault| &fault.message);
        bail!("the sheet cannot be drawn: {why}");
    };
    image::save_buffer(output, &image.rgb, image.width, image.height, image::ExtendedColorType::Rgb8)
        .with_context(|| format!("writing {}", output.display()))
}

fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
