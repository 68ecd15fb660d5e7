//! `galley score slides`: decks by themselves, with the axes of the reward.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use galley_core::{Prompt, Renderer, Reward, Task};
use galley_slides::{
    RendererOptions, SlideRenderer,
    reward::{RewardConfig, SlideReward},
};
use serde_json::json;

use super::report::{Line, Report};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A python-pptx program, or a folder of programs.
    deck: PathBuf,
    /// Pixels of a slide's width.
    #[arg(long, default_value_t = 1280)]
    width: u32,
    /// Seconds for one program.
    #[arg(long, default_value_t = 60)]
    patience: u64,
    /// Everything that is known, as JSON.
    #[arg(long)]
    json: bool,
}

/// What the table shows, in this order.
const COLUMNS: [&str; 7] = [
    "sound.aspect",
    "sound.whitespace",
    "sound.balance",
    "sound.collision",
    "sound.slide-axes",
    "sound.reward",
    "sound.executes",
];

/// Returns the exit code: 1 when a program shows nothing.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<u8> {
    let options = RendererOptions { workers: 1, cache: 0, width: args.width, ..RendererOptions::default() };
    let renderer = SlideRenderer::start(options)?;
    let reward = SlideReward::new(RewardConfig::default());
    let patience = Duration::from_secs(args.patience.clamp(1, 3600));
    let mut lines = Vec::new();
    for path in programs(&args.deck)? {
        tracing::info!("scoring {}", path.display());
        lines.push(line(&renderer, &reward, &path, patience)?);
    }
    let report = Report::new(lines, Vec::new(), Vec::new(), Vec::new());
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        report.write(&COLUMNS, !std::io::stdout().is_terminal(), out)?;
    }
    Ok(u8::from(!report.complete()))
}

/// The program, or those of a folder, sorted.
fn programs(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("listing {}", path.display()))?;
    let mut found: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    found.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    found.sort();
    if found.is_empty() {
        bail!("there is no program in {}", path.display());
    }
    Ok(found)
}

fn line(renderer: &SlideRenderer, reward: &SlideReward, path: &Path, patience: Duration) -> Result<Line> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let render = renderer.render(&String::from_utf8_lossy(&bytes), patience)?;
    let task =
        Task { id: "score".into(), prompt: Prompt::default(), reference: None, labels: Default::default() };
    let score = reward.score(&task, &render);
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let mut line = Line { name, ..Line::default() };
    line.numbers.extend(score.numbers().into_iter().map(|(key, value)| (format!("sound.{key}"), value)));
    line.numbers.insert("sound.executes".into(), f64::from(u8::from(score.executed)));
    line.details.insert("sound".into(), json!({ "faults": render.faults }));
    if let Some(fault) = render.faults.first().filter(|_| !render.ok()) {
        line.errors.insert("sound".into(), fault.message.clone());
    }
    Ok(line)
}
