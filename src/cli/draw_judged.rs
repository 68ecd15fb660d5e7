//! The judgement of one program as a picture, for every domain that can be drawn: target, render with its defects,
//! source by credit. The picture is a page, shown by our own browser, because text needs fonts.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use galley_core::{
    Assessment, DefectDetector, Prompt, Reference, RegionMapper, Render, Renderer, Reward, Span, Task,
};
use galley_web::{
    draw::{Judged, WIDTH, page},
    renderer::{RendererOptions, WebRenderer},
};

/// For one program, and for the sheet.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The parts of a domain that judge.
pub struct Judge<'a> {
    pub renderer: &'a dyn Renderer,
    pub detectors: Vec<Box<dyn DefectDetector>>,
    pub mapper: &'a dyn RegionMapper,
    pub reward: &'a dyn Reward,
}

/// What is judged. Programs are whole files.
pub struct Exhibit<'a> {
    pub program: &'a str,
    /// The target's program and render.
    pub reference: Option<(String, Render)>,
    /// Weight of a token with full responsibility.
    pub alpha: f64,
}

impl Exhibit<'_> {
    /// Writes the picture and says what is on it.
    pub fn draw(self, judge: &Judge<'_>, output: &Path, out: &mut dyn Write) -> Result<()> {
        self.draw_as(&|task, program| judge.assess(task, program), output, out)
    }

    /// The same with any judge of whole files.
    pub fn draw_as(
        self,
        assess: &dyn Fn(&Task, &str) -> Result<Assessment>,
        output: &Path,
        out: &mut dyn Write,
    ) -> Result<()> {
        if self.alpha.is_nan() || self.alpha <= 1.0 {
            bail!("--alpha is {}; it must be above 1", self.alpha);
        }
        let wanted = self.reference.as_ref().map(|(_, render)| render.clone());
        let reference = self
            .reference
            .map(|(program, render)| Reference { program: Some(program), render: Arc::new(render) });
        let task =
            Task { id: "draw".into(), prompt: Prompt::default(), reference, labels: Default::default() };
        let assessment = assess(&task, self.program)?;
        let judged = Judged {
            program: self.program,
            reference: wanted.as_ref(),
            assessment: &assessment,
            alpha: self.alpha,
        };
        write(&page(&judged)?, output)?;
        let seen = assessment.defects.iter().filter(|defect| defect.severity > 0.0).count();
        let (target, reward) = match wanted {
            Some(_) => ("target | ", format!("; reward {:.4}", assessment.score.reward)),
            None => ("", String::new()),
        };
        writeln!(out, "{}: {target}render, {seen} defects | source by weight{reward}", output.display())?;
        Ok(())
    }
}

impl Judge<'_> {
    /// As in a run, but the whole file is the program.
    fn assess(&self, task: &Task, program: &str) -> Result<Assessment> {
        let render = self.renderer.render(program, PATIENCE)?;
        let found = self.detectors.iter().flat_map(|detector| detector.detect(task, &render));
        let defects = if render.ok() { found.collect() } else { Vec::new() };
        let statements = self.mapper.map(program, &render);
        let score = self.reward.score(task, &render);
        Ok(Assessment { program: Span::new(0, program.len()), render, defects, statements, score })
    }
}

/// The target's render, or why it is none.
pub fn shown(path: &Path, render: Render) -> Result<Render> {
    if render.ok() {
        return Ok(render);
    }
    let why = render.faults.first().map_or("it shows nothing", |fault| &fault.message);
    bail!("{}: {why}", path.display())
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

/// A program as text.
pub fn read(path: &PathBuf) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
