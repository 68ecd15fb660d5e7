//! What a page costs this renderer, against a Playwright pool of four: CPU milliseconds over all processes of either.
//!
//! `web_render --python PYTHON [--pages FOLDER] [--limit N] [--rounds N] [--only TEXT]`. Both sides take turns, in the
//! same run and on the same pages; a line gives medians over the rounds, behind one that warms up.

mod cpu;
mod pages;
mod playwright;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use galley_core::Renderer;
use galley_web::renderer::{RendererOptions, WebRenderer};
use pages::{Corpus, Pages};
use playwright::{Order, Playwright};

const PATIENCE: Duration = Duration::from_secs(60);

/// One line of the table: what we do, what the other side does, and at most how much of its cost we may have.
struct Variant {
    name: &'static str,
    scripts: bool,
    full: bool,
    /// Whether the other side reads the boxes too.
    boxes: bool,
    bar: f64,
}

const VARIANTS: [Variant; 5] = [
    Variant { name: "screen + boxes / screen", scripts: false, full: false, boxes: false, bar: 1.0 / 5.0 },
    Variant {
        name: "scripts, screen + boxes / screen",
        scripts: true,
        full: false,
        boxes: false,
        bar: 1.0 / 4.0,
    },
    Variant {
        name: "screen + boxes / screen + boxes",
        scripts: false,
        full: false,
        boxes: true,
        bar: 1.0 / 7.0,
    },
    Variant { name: "whole page + boxes / whole page", scripts: false, full: true, boxes: false, bar: 1.0 },
    Variant {
        name: "whole page + boxes / whole page + boxes",
        scripts: false,
        full: true,
        boxes: true,
        bar: 1.0 / 7.0,
    },
];

/// CPU and wall-clock milliseconds a page.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

struct Arguments {
    python: PathBuf,
    pages: Option<PathBuf>,
    limit: usize,
    rounds: usize,
    only: String,
}

fn main() -> Result<()> {
    let arguments = arguments()?;
    let corpus = Corpus::read(arguments.pages.as_deref(), arguments.limit)?;
    let chrome = galley_web::browser::find::chromium()?;
    let mut playwright = Playwright::start(&arguments.python, &chrome)?;
    println!("{} pages, {} rounds, {}", corpus.still.files.len(), arguments.rounds, chrome.display());
    println!(
        "{:<42} {:>9} {:>9} {:>11} {:>9} {:>6} {:>5}",
        "CPU ms/page, ours / Playwright", "ours", "pages/s", "Playwright", "pages/s", "ratio", "bar"
    );
    for variant in VARIANTS.iter().filter(|variant| variant.name.contains(&arguments.only)) {
        let pages = if variant.scripts { &corpus.scripted } else { &corpus.still };
        let options = RendererOptions {
            full_page: variant.full,
            cache: 0,
            assets: corpus.assets.clone(),
            ..RendererOptions::default()
        };
        let renderer = WebRenderer::start(options)?;
        let mut costs = (Vec::new(), Vec::new());
        for round in 0..=arguments.rounds {
            let pair = (ours(&renderer, pages, playwright.id()), theirs(&mut playwright, pages, variant)?);
            if round > 0 {
                costs.0.push(pair.0);
                costs.1.push(pair.1);
            }
        }
        line(variant, median(&costs.0), median(&costs.1));
    }
    Ok(())
}

fn ours(renderer: &WebRenderer, pages: &Pages, other: u32) -> Cost {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(program) = pages.programs.get(next.fetch_add(1, Ordering::SeqCst)) {
            match renderer.render(program, PATIENCE) {
                Ok(render) if render.ok() => {}
                Ok(render) => eprintln!("no picture: {:?}", render.faults),
                Err(error) => eprintln!("{error}"),
            }
        }
    };
    let me = std::process::id();
    let (cpu, start) = (cpu::seconds(me, &[other]), Instant::now());
    std::thread::scope(|scope| {
        (0..renderer.pool().seats()).for_each(|_| drop(scope.spawn(work)));
    });
    Cost::per_page(cpu::seconds(me, &[other]) - cpu, start.elapsed().as_secs_f64(), pages)
}

fn theirs(playwright: &mut Playwright, pages: &Pages, variant: &Variant) -> Result<Cost> {
    let order = Order { full: variant.full, boxes: variant.boxes, js: true };
    let cpu = cpu::seconds(playwright.id(), &[]);
    let wall = playwright.render(&pages.files, order)?;
    Ok(Cost::per_page(cpu::seconds(playwright.id(), &[]) - cpu, wall, pages))
}

impl Cost {
    fn per_page(cpu: f64, wall: f64, pages: &Pages) -> Self {
        let each = 1000.0 / pages.files.len() as f64;
        Self { cpu: cpu * each, wall: wall * each }
    }
}

fn line(variant: &Variant, ours: Cost, theirs: Cost) {
    let ratio = theirs.cpu / ours.cpu;
    println!(
        "{:<42} {:>9.1} {:>9.1} {:>11.1} {:>9.1} {:>6} {:>5}",
        variant.name,
        ours.cpu,
        1000.0 / ours.wall,
        theirs.cpu,
        1000.0 / theirs.wall,
        format!("1/{ratio:.1}"),
        format!("1/{:.0}", 1.0 / variant.bar),
    );
}

fn median(costs: &[Cost]) -> Cost {
    let middle = |value: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Cost { cpu: middle(|cost| cost.cpu), wall: middle(|cost| cost.wall) }
}

fn arguments() -> Result<Arguments> {
    let mut found =
        Arguments { python: PathBuf::new(), pages: None, limit: 120, rounds: 3, only: String::new() };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--python" => found.python = value.into(),
            "--pages" => found.pages = Some(value.into()),
            "--limit" => found.limit = value.parse()?,
            "--rounds" => found.rounds = value.parse()?,
            "--only" => found.only = value,
            _ => bail!("there is no argument {name}"),
        }
    }
    Ok(found)
}
