//! The web domain: tasks, renderer, detectors, mapper and reward put together.

use std::{path::PathBuf, sync::Arc};

use galley_core::{
    BuildContext, Check, DefectDetector, Domain, DomainEntry, DomainError, Perturbed, Random, RegionMapper,
    Renderer, Reward, Span, Split, TaskSet,
};
use galley_kit::{References, RenderedTasks, chosen};
use serde_json::Value;

use crate::{
    RewardKind,
    config::WebConfig,
    detectors, doctor,
    forbidden::Guarded,
    mapper::WebMapper,
    perturb::Perturber,
    renderer::{RendererOptions, WebRenderer},
    tasks::{Folder, Generator, find_program},
};

/// How galley finds this domain.
pub const ENTRY: DomainEntry = DomainEntry {
    name: "web",
    summary: "HTML pages, rendered in Chromium and judged with the Design2Code axes",
    defaults,
    build,
    detectors: detectors::all,
};

fn defaults() -> Value {
    serde_json::to_value(WebConfig::default()).unwrap_or(Value::Null)
}

fn build(settings: Value, context: &BuildContext) -> Result<Box<dyn Domain>, DomainError> {
    Ok(Box::new(WebDomain::new(WebConfig::read(settings)?, context)?))
}

/// HTML pages. Starts its browsers when it is built.
pub struct WebDomain {
    config: WebConfig,
    source: Source,
    renderer: Guarded<WebRenderer>,
    references: Arc<References>,
    detectors: Vec<Box<dyn DefectDetector>>,
    mapper: WebMapper,
    reward: Box<dyn Reward>,
    perturber: Perturber,
    workers: usize,
}

/// Where pages come from.
enum Source {
    Generator(Generator),
    Folder(Folder),
}

impl WebDomain {
    /// # Errors
    /// `Setup` for a name or folder that does not exist, or when there is no browser.
    pub fn new(config: WebConfig, context: &BuildContext) -> Result<Self, DomainError> {
        let source = source(&config, context.seed)?;
        let detectors = chosen_detectors(&config)?;
        let perturber = Perturber { vocabulary: config.scene().vocabulary(), kinds: config.perturbations()? };
        let reward = reward(&config, context)?;
        let renderer = Arc::new(WebRenderer::start(options(&config, &source))?);
        let references = Arc::new(References::new(renderer.clone(), references_folder(context)));
        let renderer = Guarded::new(renderer, config.forbidden()?);
        let mapper = WebMapper::new(config.credit.checked()?);
        let workers = context.workers;
        Ok(Self { config, source, renderer, references, detectors, mapper, reward, perturber, workers })
    }

    fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.config.train_tasks,
            Split::HeldOut => self.config.held_out_tasks,
        }
    }
}

/// The reward, with the network that its picture axis is set to.
fn reward(config: &WebConfig, context: &BuildContext) -> Result<Box<dyn Reward>, DomainError> {
    let reward = &config.reward;
    let Some(name) = reward.network() else { return Ok(reward.build(None)) };
    let network = match &context.similarity {
        Some(networks) => networks.named(name),
        None => Err(DomainError::setup("there are no networks here", "choose visual = \"ssim\"")),
    };
    match (network, reward.kind) {
        (Ok(network), _) => Ok(reward.build(Some(network))),
        (Err(error), RewardKind::Design2code) => Err(error),
        // VCoder's other rewards stand without it; the picture's share goes to them.
        (Err(error), RewardKind::Vcoder) => {
            tracing::warn!("VCoder's visual reward is absent, its weight goes to the others: {error}");
            Ok(reward.build(None))
        }
    }
}

impl Domain for WebDomain {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError> {
        let (references, instruction) = (self.references.clone(), self.config.instruction.as_str());
        Ok(Arc::new(match &self.source {
            Source::Folder(folder) => folder.tasks(split, references, instruction, self.workers)?,
            Source::Generator(generator) => {
                let pages = generator.pages(split, self.count(split)).into_iter().map(Into::into).collect();
                RenderedTasks::new(pages, Vec::new(), references, instruction)
            }
        }))
    }

    fn renderer(&self) -> &dyn Renderer {
        &self.renderer
    }

    fn detectors(&self) -> &[Box<dyn DefectDetector>] {
        &self.detectors
    }

    fn mapper(&self) -> &dyn RegionMapper {
        &self.mapper
    }

    fn reward(&self) -> &dyn Reward {
        &*self.reward
    }

    fn program(&self, response: &str) -> Option<Span> {
        find_program(response)
    }

    fn values(&self, program: &str) -> Vec<Span> {
        crate::values(program)
    }

    fn perturb(&self, program: &str, strength: usize, random: &mut Random) -> Option<Perturbed> {
        self.perturber.perturb(program, strength, random)
    }

    fn primary_metric(&self) -> &'static str {
        self.config.reward.primary_metric()
    }

    fn doctor(&self) -> Vec<Check> {
        if self.config.endpoints.is_empty() {
            doctor::checks()
        } else {
            doctor::remote(&self.config.endpoints)
        }
    }
}

/// The first `n` training programs: what a tokenizer is trained on. Renders nothing.
///
/// # Errors
/// `Setup` for a name or folder that does not exist.
pub fn corpus(config: &WebConfig, seed: u64, n: usize) -> Result<Vec<String>, DomainError> {
    Ok(match source(config, seed)? {
        Source::Generator(generator) => {
            generator.pages(Split::Train, n).into_iter().map(|page| page.program).collect()
        }
        Source::Folder(folder) => folder.programs(Split::Train, n),
    })
}

fn source(config: &WebConfig, seed: u64) -> Result<Source, DomainError> {
    Ok(match &config.data {
        Some(path) => Source::Folder(Folder::open(path)?),
        None => Source::Generator(Generator { seed, families: config.families()?, scene: config.scene() }),
    })
}

fn options(config: &WebConfig, source: &Source) -> RendererOptions {
    let assets = match source {
        Source::Folder(folder) => folder.assets(),
        Source::Generator(_) => Default::default(),
    };
    let viewport = (config.viewport[0], config.viewport[1]);
    RendererOptions {
        viewport,
        full_page: config.full_page,
        scripts: config.scripts,
        jail: config.jail,
        browsers: config.browsers,
        tabs: config.tabs,
        endpoints: config.endpoints.clone(),
        assets,
        ..RendererOptions::default()
    }
}

fn references_folder(context: &BuildContext) -> PathBuf {
    context.cache.join("web-references")
}

fn chosen_detectors(config: &WebConfig) -> Result<Vec<Box<dyn DefectDetector>>, DomainError> {
    let find = |name: &str| detectors::all().into_iter().find(|detector| detector.name() == name);
    let known: Vec<&str> = detectors::all().iter().map(|detector| detector.name()).collect();
    chosen((ENTRY.name, "detectors"), &config.detectors, find, &known)
}
