//! `galley score charts`: charts against their references.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use clap::ValueEnum;
use galley_charts::{ChartRenderer, RendererOptions, scoring::Scorer};
use galley_core::{DomainError, Endpoint};

use crate::{
    judge::{Answers, Chat},
    perceptual::cache_folder,
};

use super::{
    correlation::correlations,
    pairs::{self, Files, Pair},
    report::{Line, Report},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A program; a folder of programs; or, without --reference, a folder of folders with `pred.py` and `golden.py`.
    chart: PathBuf,
    /// The program whose chart it should look like, or the folder that holds the references under the same names.
    #[arg(long)]
    reference: Option<PathBuf>,
    /// Which evaluator.
    #[arg(long, value_enum, default_value_t = Mode::Sound)]
    mode: Mode,
    /// Asks a model as well, by the chat protocol of OpenAI: the address up to the version (https://host/v1). Answers are
    /// kept; the same pictures are not asked about twice.
    #[arg(long, value_name = "ENDPOINT", requires = "judge_model")]
    judge: Option<String>,
    /// The judge's name there.
    #[arg(long, value_name = "MODEL")]
    judge_model: Option<String>,
    /// The environment variable that holds the judge's key.
    #[arg(long, value_name = "VARIABLE")]
    judge_key_env: Option<String>,
    /// Seconds for one program.
    #[arg(long, default_value_t = 60)]
    patience: u64,
    /// Everything that is known, as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The reward's axes, on what the picture shows.
    Sound,
    /// ChartMimic's low-level evaluators.
    Official,
    /// Both, and how they correlate.
    Both,
}

/// What the tables show, in this order.
const COLUMNS: [&str; 14] = [
    "sound.text",
    "sound.layout",
    "sound.type",
    "sound.color",
    "sound.ssim",
    "sound.mean",
    "sound.reward",
    "official.text",
    "official.layout",
    "official.type",
    "official.color",
    "official.average",
    "official.executes",
    "judge.score",
];

/// What both modes measure.
const SHARED: [&str; 4] = ["text", "layout", "type", "color"];

const FILES: Files = Files { extension: "py", prediction: "pred.py", reference: "golden.py" };

/// Returns the exit code.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<u8> {
    let (pairs, alone) = pairs::find(&FILES, &args.chart, args.reference.as_deref())?;
    let options = RendererOptions { workers: 1, cache: 0, ..RendererOptions::default() };
    let scorer =
        Scorer::new(ChartRenderer::start(options)?, Duration::from_secs(args.patience.clamp(1, 3600)));
    let judge = judge(args)?;
    let mut lines = Vec::new();
    for pair in &pairs {
        tracing::info!("scoring {}", pair.name);
        lines.push(line(&scorer, pair, args.mode, judge.as_ref())?);
    }
    let correlations = if lines.len() > 1 { correlations(&lines, &SHARED) } else { Vec::new() };
    let report = Report::new(lines, alone, correlations, Vec::new());
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        report.write(&COLUMNS, !std::io::stdout().is_terminal(), out)?;
    }
    Ok(u8::from(!report.complete()))
}

/// The judge that was asked for.
fn judge(args: &Args) -> Result<Option<Chat>> {
    let Some((endpoint, model)) = args.judge.clone().zip(args.judge_model.clone()) else { return Ok(None) };
    let endpoint = Endpoint { endpoint, model, api_key_env: args.judge_key_env.clone() };
    Ok(Some(Chat::new(&endpoint, Answers::new(cache_folder().join("judge")))?))
}

fn line(scorer: &Scorer, pair: &Pair, mode: Mode, judge: Option<&Chat>) -> Result<Line> {
    let (prediction, reference) = (read(&pair.prediction)?, read(&pair.reference)?);
    let mut line = Line { name: pair.name.clone(), ..Line::default() };
    if mode != Mode::Official {
        sound(scorer, &prediction, &reference, &mut line)?;
    }
    if mode != Mode::Sound {
        official(scorer, &prediction, &reference, &mut line)?;
    }
    if let Some(judge) = judge {
        judged(scorer, &prediction, &reference, judge, &mut line)?;
    }
    Ok(line)
}

fn sound(scorer: &Scorer, prediction: &str, reference: &str, line: &mut Line) -> Result<()> {
    let found = match scorer.sound(prediction, reference) {
        Ok(found) => found,
        Err(error) => {
            line.errors.insert("sound".into(), error.to_string());
            return Ok(());
        }
    };
    line.numbers.extend(found.axes.iter().map(|(axis, value)| (format!("sound.{axis}"), *value)));
    line.numbers.extend([("sound.mean".into(), found.mean), ("sound.reward".into(), found.reward)]);
    line.details.insert("sound".into(), serde_json::to_value(&found)?);
    Ok(())
}

fn official(scorer: &Scorer, prediction: &str, reference: &str, line: &mut Line) -> Result<()> {
    // ChartMimic's charts are named `<family>_<number>`.
    let graph = line.name.starts_with("graph_");
    let found = match scorer.official(prediction, reference, graph) {
        Ok(found) => found,
        Err(error) => {
            line.errors.insert("official".into(), error.to_string());
            return Ok(());
        }
    };
    let scores = &found.scores;
    let known = [
        ("text", scores.text.f1),
        ("layout", scores.layout.f1),
        ("type", scores.calls.f1),
        ("color", scores.color.f1),
        ("average", found.average),
        ("executes", f64::from(u8::from(found.executes))),
    ];
    line.numbers.extend(known.map(|(axis, value)| (format!("official.{axis}"), value)));
    line.details.insert("official".into(), serde_json::to_value(&found)?);
    Ok(())
}

fn judged(scorer: &Scorer, prediction: &str, reference: &str, judge: &Chat, line: &mut Line) -> Result<()> {
    match scorer.judged(prediction, reference, judge) {
        Ok(found) => {
            line.numbers.insert("judge.score".into(), found.score);
            line.details.insert("judge".into(), serde_json::to_value(&found)?);
        }
        // A wrong address or key is wrong for all pairs.
        Err(error @ DomainError::Setup { .. }) => return Err(error.into()),
        Err(error) => {
            line.errors.insert("judge".into(), error.to_string());
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
