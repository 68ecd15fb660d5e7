//! The slides domain: tasks, renderer, detectors, mapper and reward put together.

use std::sync::Arc;

use galley_core::{
    BuildContext, Check, DefectDetector, Domain, DomainEntry, DomainError, RegionMapper, Renderer, Reward,
    Span, Split, Task, TaskSet,
};
use galley_kit::{chosen, python};
use galley_web::{mapper::WebMapper, tasks::find_program as find_page};
use serde_json::Value;

use crate::{
    RendererOptions, SlideRenderer,
    config::{Format, SlidesConfig},
    detectors, doctor,
    html::{HtmlOptions, HtmlRenderer},
    mapper::SlideMapper,
    reward::{PRIMARY_METRIC, SlideReward},
    tasks::{Briefs, Demonstrations, Generator, Source},
};

/// How galley finds this domain.
pub const ENTRY: DomainEntry = DomainEntry {
    name: "slides",
    summary: "slides of python-pptx programs, laid out by LibreOffice, or of HTML, judged by themselves",
    defaults,
    build,
    detectors: detectors::all,
};

fn defaults() -> Value {
    serde_json::to_value(SlidesConfig::default()).unwrap_or(Value::Null)
}

fn build(settings: Value, context: &BuildContext) -> Result<Box<dyn Domain>, DomainError> {
    Ok(Box::new(SlidesDomain::new(SlidesConfig::read(settings)?, context)?))
}

/// Slides without references. Starts an interpreter and an office process, or finds a browser, when it is built.
pub struct SlidesDomain {
    config: SlidesConfig,
    source: Source,
    demonstrations: Demonstrations,
    renderer: Box<dyn Renderer>,
    detectors: Vec<Box<dyn DefectDetector>>,
    reward: SlideReward,
    pages: WebMapper,
}

impl SlidesDomain {
    /// # Errors
    /// `Setup` for a name or file that does not exist, or when what renders is missing.
    pub fn new(config: SlidesConfig, context: &BuildContext) -> Result<Self, DomainError> {
        let generator =
            Generator { seed: context.seed, families: config.families()?, difficulty: config.difficulty };
        let source = Source::open(config.data.as_deref(), generator)?;
        let mut demonstrations = Demonstrations::default();
        // Those of pages do not exist: a policy that is made from scratch writes Python.
        if config.format == Format::Pptx {
            demonstrations.add(&source.briefs(Split::Train, config.train_tasks));
            demonstrations.add(&source.briefs(Split::HeldOut, config.held_out_tasks));
        }
        let detectors = chosen_detectors(&config)?;
        let renderer = renderer(&config, context)?;
        let reward = SlideReward::new(config.reward.clone());
        let pages = WebMapper::default();
        Ok(Self { config, source, demonstrations, renderer, detectors, reward, pages })
    }
}

fn renderer(config: &SlidesConfig, context: &BuildContext) -> Result<Box<dyn Renderer>, DomainError> {
    let workers = if config.renderers == 0 { context.workers.clamp(1, 64) } else { config.renderers };
    Ok(match config.format {
        Format::Pptx => {
            let (width, strictness) = (config.width, config.strictness()?);
            let options = RendererOptions { width, workers, strictness, ..RendererOptions::default() };
            Box::new(SlideRenderer::start(options)?)
        }
        Format::Html => Box::new(HtmlRenderer::start(HtmlOptions {
            browsers: config.renderers,
            ..HtmlOptions::default()
        })?),
    })
}

fn chosen_detectors(config: &SlidesConfig) -> Result<Vec<Box<dyn DefectDetector>>, DomainError> {
    let find = |name: &str| detectors::all().into_iter().find(|detector| detector.name() == name);
    let known: Vec<&str> = detectors::all().iter().map(|detector| detector.name()).collect();
    chosen((ENTRY.name, "detectors"), &config.detectors, find, &known)
}

impl Domain for SlidesDomain {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError> {
        let count = match split {
            Split::Train => self.config.train_tasks,
            Split::HeldOut => self.config.held_out_tasks,
        };
        Ok(Arc::new(Briefs::new(&self.source.briefs(split, count), &self.config.instruction)))
    }

    fn renderer(&self) -> &dyn Renderer {
        &*self.renderer
    }

    fn detectors(&self) -> &[Box<dyn DefectDetector>] {
        &self.detectors
    }

    fn mapper(&self) -> &dyn RegionMapper {
        match self.config.format {
            Format::Pptx => &SlideMapper,
            Format::Html => &self.pages,
        }
    }

    fn reward(&self) -> &dyn Reward {
        &self.reward
    }

    fn program(&self, response: &str) -> Option<Span> {
        match self.config.format {
            Format::Pptx => python::find_program(response),
            Format::Html => find_page(response),
        }
    }

    fn demonstration(&self, task: &Task) -> Option<String> {
        self.demonstrations.of(&task.id).map(str::to_owned)
    }

    fn primary_metric(&self) -> &'static str {
        PRIMARY_METRIC
    }

    fn doctor(&self) -> Vec<Check> {
        doctor::checks()
    }
}
