//! `galley score web`: pages against their references.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::ValueEnum;
use galley_measure::design2code::View;
use galley_web::{
    RewardConfig,
    scoring::{Assets, ClipCosine, Official, Scorer, Sound},
};

use crate::perceptual::{Clip, Weights, cosine};

use super::{
    correlation::correlations,
    pairs::{self, Files, Pair, assets_beside},
    report::{Line, Report},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A page; a folder of pages; or, without --reference, a folder of folders with `pred.html` and `ref.html`.
    page: PathBuf,
    /// The page that it should look like, or the folder that holds the references under the same names.
    #[arg(long)]
    reference: Option<PathBuf>,
    /// Which evaluator.
    #[arg(long, value_enum, default_value_t = Mode::Sound)]
    mode: Mode,
    /// Folder with config.json and model.safetensors of openai/clip-vit-base-patch32, for the official mode.
    #[arg(long)]
    clip: Option<PathBuf>,
    /// Everything that is known, as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The reward's axes, on the boxes that the browser laid out.
    Sound,
    /// The published Design2Code evaluator, on recoloured screenshots.
    Official,
    /// Both, and how they correlate.
    Both,
}

/// What the tables show, in this order.
const COLUMNS: [&str; 13] = [
    "sound.block",
    "sound.text",
    "sound.position",
    "sound.color",
    "sound.ssim",
    "sound.mean",
    "sound.reward",
    "official.block",
    "official.text",
    "official.position",
    "official.color",
    "official.clip",
    "official.final_without_clip",
];

/// What both modes measure.
const SHARED: [&str; 4] = ["block", "text", "position", "color"];

const FILES: Files = Files { extension: "html", prediction: "pred.html", reference: "ref.html" };

const NO_CLIP: &str = "official.clip is null, so there is no `final`; final_without_clip is a fifth of the sum of the other \
                       four";

/// Returns the exit code.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<u8> {
    let (pairs, alone) = pairs::find(&FILES, &args.page, args.reference.as_deref())?;
    let scorer = Scorer::new(RewardConfig::default(), None);
    let (clip, notes) =
        if args.mode == Mode::Sound { (None, Vec::new()) } else { clip(args.clip.as_deref()) };
    let cosine = clip.as_ref().map(|clip| {
        move |a: &View, b: &View| {
            Some(cosine(&clip.embed_rgb224(&a.rgb).ok()?, &clip.embed_rgb224(&b.rgb).ok()?))
        }
    });
    let cosine = cosine.as_ref().map(|cosine| cosine as &ClipCosine<'_>);
    let mut lines = Vec::new();
    for pair in &pairs {
        tracing::info!("scoring {}", pair.name);
        lines.push(line(&scorer, pair, args.mode, cosine)?);
    }
    let correlations = if lines.len() > 1 { correlations(&lines, &SHARED) } else { Vec::new() };
    let report = Report::new(lines, alone, correlations, notes);
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        report.write(&COLUMNS, !std::io::stdout().is_terminal(), out)?;
    }
    Ok(u8::from(!report.complete()))
}

/// CLIP, or the note that says why that axis is absent.
fn clip(folder: Option<&Path>) -> (Option<Clip>, Vec<String>) {
    let mut weights = Weights::default();
    if let Some(folder) = folder {
        weights.clip = folder.to_owned();
    }
    match Clip::load(&weights) {
        Ok(clip) => (Some(clip), Vec::new()),
        Err(error) => (None, vec![format!("{NO_CLIP} ({error})")]),
    }
}

fn line(scorer: &Scorer, pair: &Pair, mode: Mode, clip: Option<&ClipCosine<'_>>) -> Result<Line> {
    let (prediction, reference) = (read(&pair.prediction)?, read(&pair.reference)?);
    let assets = assets_beside(&pair.reference)?;
    let mut line = Line { name: pair.name.clone(), ..Line::default() };
    if mode != Mode::Official {
        sound(scorer, (&prediction, &reference), &assets, &mut line)?;
    }
    if mode != Mode::Sound {
        official(scorer, (&prediction, &reference), &assets, clip, &mut line)?;
    }
    Ok(line)
}

fn sound(
    scorer: &Scorer,
    (prediction, reference): (&[u8], &[u8]),
    assets: &Assets,
    line: &mut Line,
) -> Result<()> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let found = match scorer.sound(&text(prediction), &text(reference), assets) {
        Ok(found) => found,
        Err(error) => {
            line.errors.insert("sound".into(), error.to_string());
            return Ok(());
        }
    };
    let Sound { reward, mean, axes, .. } = &found;
    line.numbers.extend(axes.iter().map(|(axis, value)| (format!("sound.{axis}"), *value)));
    line.numbers.extend([("sound.mean".into(), *mean), ("sound.reward".into(), *reward)]);
    line.details.insert("sound".into(), serde_json::to_value(&found)?);
    Ok(())
}

fn official(
    scorer: &Scorer,
    (prediction, reference): (&[u8], &[u8]),
    assets: &Assets,
    clip: Option<&ClipCosine<'_>>,
    line: &mut Line,
) -> Result<()> {
    let found: Official = match scorer.official(prediction, reference, assets, clip) {
        Ok(found) => found,
        Err(error) => {
            line.errors.insert("official".into(), error.to_string());
            return Ok(());
        }
    };
    let scores = found.evaluation.scores;
    let known = [
        ("block", Some(scores.block)),
        ("text", Some(scores.text)),
        ("position", Some(scores.position)),
        ("color", Some(scores.color)),
        ("clip", scores.clip),
        ("final_without_clip", Some(scores.final_without_clip)),
        ("final", scores.total),
    ];
    line.numbers
        .extend(known.iter().filter_map(|(axis, value)| Some((format!("official.{axis}"), (*value)?))));
    line.details.insert("official".into(), serde_json::to_value(&found)?);
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}
