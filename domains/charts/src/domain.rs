//! The charts domain: tasks, renderer, detectors, mapper and reward put together.

use std::{path::Path, sync::Arc};

use galley_core::{
    BuildContext, Check, DefectDetector, Domain, DomainEntry, DomainError, Perturbed, Random, RegionMapper,
    Renderer, Reward, Span, Split, TaskSet,
};
use galley_kit::{Folder, References, RenderedTasks, chosen};
use serde_json::Value;

use crate::{
    ChartRenderer, RendererOptions,
    config::ChartsConfig,
    detectors, doctor,
    mapper::ChartMapper,
    perturb::perturb,
    places::values,
    reward::{ChartReward, PRIMARY_METRIC},
    tasks::{Generator, LAYOUT, Listing, find_program},
};

/// How galley finds this domain.
pub const ENTRY: DomainEntry = DomainEntry {
    name: "charts",
    summary: "matplotlib programs, drawn by a jailed interpreter and judged with the ChartMimic axes",
    defaults,
    build,
    detectors: detectors::all,
};

fn defaults() -> Value {
    serde_json::to_value(ChartsConfig::default()).unwrap_or(Value::Null)
}

fn build(settings: Value, context: &BuildContext) -> Result<Box<dyn Domain>, DomainError> {
    Ok(Box::new(ChartsDomain::new(ChartsConfig::read(settings)?, context)?))
}

/// matplotlib programs. Starts an interpreter when it is built.
pub struct ChartsDomain {
    config: ChartsConfig,
    source: Source,
    renderer: Arc<ChartRenderer>,
    references: Arc<References>,
    detectors: Vec<Box<dyn DefectDetector>>,
    reward: ChartReward,
    workers: usize,
}

/// Where charts come from.
enum Source {
    Generator(Generator),
    Folder(Folder),
    Listing(Listing),
}

impl ChartsDomain {
    /// # Errors
    /// `Setup` for a name or folder that does not exist, or when there is no interpreter.
    pub fn new(config: ChartsConfig, context: &BuildContext) -> Result<Self, DomainError> {
        let source = source(&config, context.seed)?;
        let detectors = chosen_detectors(&config)?;
        let interpreters =
            if config.interpreters == 0 { context.workers.clamp(1, 64) } else { config.interpreters };
        let renderer = Arc::new(ChartRenderer::start(RendererOptions {
            dpi: config.dpi,
            workers: interpreters,
            strictness: config.strictness()?,
            ..RendererOptions::default()
        })?);
        let references = References::new(renderer.clone(), context.cache.join("charts-references"));
        let reward = reward(&config, context)?;
        let (references, workers) = (Arc::new(references), context.workers);
        Ok(Self { config, source, renderer, references, detectors, reward, workers })
    }
}

/// The reward, with the network that its picture axis is set to and the judge that it asks.
fn reward(config: &ChartsConfig, context: &BuildContext) -> Result<ChartReward, DomainError> {
    let reward = &config.reward;
    let network = match (reward.visual.network(), &context.similarity) {
        (None, _) => None,
        (Some(name), Some(networks)) => Some(networks.named(name)?),
        (Some(_), None) => {
            return Err(DomainError::setup("there are no networks here", "choose visual = \"ssim\""));
        }
    };
    let judged = ChartReward::new(reward.clone(), network);
    match config.judge.as_ref().filter(|_| reward.weights.judge > 0.0) {
        None => Ok(judged),
        Some(endpoint) => match &context.similarity {
            Some(networks) => Ok(judged.with_judge(networks.judge(endpoint)?)),
            None => Err(DomainError::setup("there is no network here", "set weights.judge = 0")),
        },
    }
}

impl Domain for ChartsDomain {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError> {
        let (references, instruction) = (self.references.clone(), self.config.instruction.as_str());
        let count = match split {
            Split::Train => self.config.train_tasks,
            Split::HeldOut => self.config.held_out_tasks,
        };
        Ok(Arc::new(match &self.source {
            Source::Folder(folder) => folder.tasks(split, references, instruction, self.workers)?,
            Source::Listing(listing) => listing.tasks(split, count, references, instruction, self.workers)?,
            Source::Generator(generator) => {
                let charts = generator.charts(split, count).into_iter().map(Into::into).collect();
                RenderedTasks::new(charts, Vec::new(), references, instruction)
            }
        }))
    }

    fn renderer(&self) -> &dyn Renderer {
        &*self.renderer
    }

    fn detectors(&self) -> &[Box<dyn DefectDetector>] {
        &self.detectors
    }

    fn mapper(&self) -> &dyn RegionMapper {
        &ChartMapper
    }

    fn reward(&self) -> &dyn Reward {
        &self.reward
    }

    fn program(&self, response: &str) -> Option<Span> {
        find_program(response)
    }

    fn values(&self, program: &str) -> Vec<Span> {
        values(program)
    }

    fn perturb(&self, program: &str, strength: usize, random: &mut Random) -> Option<Perturbed> {
        perturb(program, strength, random)
    }

    fn primary_metric(&self) -> &'static str {
        PRIMARY_METRIC
    }

    fn doctor(&self) -> Vec<Check> {
        doctor::checks()
    }
}

/// The first `n` training programs: what a tokenizer is trained on. Renders nothing.
///
/// # Errors
/// `Setup` for a name or folder that does not exist.
pub fn corpus(config: &ChartsConfig, seed: u64, n: usize) -> Result<Vec<String>, DomainError> {
    Ok(match source(config, seed)? {
        Source::Generator(generator) => {
            generator.charts(Split::Train, n).into_iter().map(|chart| chart.program).collect()
        }
        Source::Folder(folder) => folder.programs(Split::Train, n),
        Source::Listing(listing) => listing.programs(Split::Train, n),
    })
}

fn source(config: &ChartsConfig, seed: u64) -> Result<Source, DomainError> {
    Ok(match &config.data {
        Some(path) if is_listing(Path::new(path)) => Source::Listing(Listing::open(path)?),
        Some(path) => Source::Folder(Folder::open(&LAYOUT, path)?),
        None => {
            Source::Generator(Generator { seed, families: config.families()?, difficulty: config.difficulty })
        }
    })
}

/// A file of programs, or a folder of such files: one that holds no programs as files of their own.
fn is_listing(path: &Path) -> bool {
    let has = |fits: &dyn Fn(&Path) -> bool| {
        let entries = path.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).any(|path| fits(&path))
    };
    let program = |path: &Path| path.extension().is_some_and(|ending| ending == "py");
    Listing::accepts(path) || (!has(&program) && has(&|path| path.is_dir() || Listing::accepts(path)))
}

fn chosen_detectors(config: &ChartsConfig) -> Result<Vec<Box<dyn DefectDetector>>, DomainError> {
    let find = |name: &str| detectors::all().into_iter().find(|detector| detector.name() == name);
    let known: Vec<&str> = detectors::all().iter().map(|detector| detector.name()).collect();
    chosen((ENTRY.name, "detectors"), &config.detectors, find, &known)
}
