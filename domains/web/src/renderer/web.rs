//! The renderer itself.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use galley_core::{DomainError, Fault, FaultKind, Render, Renderer};
use galley_kit::{Cache, Key};
use galley_sandbox::Deadline;
use parking_lot::Mutex;

use super::{
    RendererOptions, Scripts,
    elements::elements,
    picture,
    pools::{chromium, pool, urls},
    statements::Statements,
};
use crate::{
    browser::{Extent, Fonts, Outcome, Page, Pool, Shot},
    faults,
    inject::{Injected, Outline, inject, outline},
};

/// Part of the version: raised whenever the same program can give another render.
const REVISION: u32 = 4;

/// Programs longer than this are a limit before anything reads them, in bytes.
const LONGEST: usize = 16 << 20;

/// The same by a program's time, in bytes a millisecond: nothing reads a page faster.
const FASTEST: u128 = 2048;

/// Renders HTML in chromium. Cheap to call from many threads; browsers start with the first renders.
///
/// Pages reach no network and no file, and see nothing of each other; what their scripts may do, [`Scripts`] says.
#[derive(Debug)]
pub struct WebRenderer {
    pool: Pool,
    scripts: Scripts,
    assets: BTreeMap<String, String>,
    report: &'static str,
    version: String,
    cache: Mutex<Cache>,
}

impl WebRenderer {
    /// # Errors
    /// Setup, where no browser is found.
    pub fn start(options: RendererOptions) -> Result<Self, DomainError> {
        let pool = pool(&options, if options.full_page { Extent::Height } else { Extent::Screen })?;
        let assets = urls(&options.assets);
        let version = version(&chromium(&pool)?, &options, &assets);
        Ok(Self {
            pool,
            scripts: options.scripts,
            assets,
            report: options.report,
            version,
            cache: Mutex::new(Cache::new(options.cache)),
        })
    }

    /// How its browsers are kept in.
    pub fn jail(&self) -> &'static str {
        if self.pool.endpoints().is_some() { "that of remote browsers" } else { self.pool.jail().name() }
    }

    /// The browsers behind it, for measurements and tests.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Shows a page whatever is wrong with it, as a browser does; nothing is remembered.
    ///
    /// # Errors
    /// Faults of the harness.
    pub fn show(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        let clock = Deadline::after(deadline);
        self.draw(program, &outline(program), deadline, clock)
    }

    fn draw(
        &self,
        program: &str,
        outline: &Outline,
        deadline: Duration,
        clock: Deadline,
    ) -> Result<Render, DomainError> {
        let scripts = self.scripts == Scripts::Sandbox && outline.acts();
        let injected = inject(program, outline, &self.assets, scripts);
        let Injected { html, attribute, loads, slots } = &injected;
        let spoils = outline.taints();
        let page =
            Page { html, attribute, slots: *slots, loads: *loads, spoils, scripts, report: self.report };
        if clock.passed() {
            return Ok(late(deadline));
        }
        match self.pool.show(page, clock.left())? {
            Outcome::Shown(shot) => {
                let made = !shot.traces.is_empty();
                let statements = made.then(|| Statements::of(program, outline, &injected));
                develop(&shot, outline, statements.as_ref())
            }
            Outcome::Late => Ok(late(deadline)),
            Outcome::Crashed => Ok(limit("the page crashes the browser".into())),
            Outcome::Fled => Ok(Render::failed(Fault::new(FaultKind::Runtime, "a script leaves the page"))),
        }
    }
}

impl Renderer for WebRenderer {
    fn version(&self) -> String {
        self.version.clone()
    }

    fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        if program.len() > LONGEST {
            return Ok(limit(format!(
                "the program has {} bytes, of which {LONGEST} are the limit",
                program.len()
            )));
        }
        if program.len() as u128 > deadline.as_millis() * FASTEST {
            return Ok(late(deadline));
        }
        let clock = Deadline::after(deadline);
        let key: Key = blake3::hash(program.as_bytes()).into();
        if let Some(known) = self.cache.lock().get(&key) {
            return Ok(Render::clone(&known));
        }
        let outline = outline(program);
        if let Some(fault) = faults::of(program, &outline) {
            return Ok(Render::failed(fault));
        }
        let render = self.draw(program, &outline, deadline, clock)?;
        // Limits depend on the moment; everything else is a function of the program.
        if render.faults.iter().all(|fault| fault.kind != FaultKind::Limit) {
            self.cache.lock().put(key, Arc::new(render.clone()));
        }
        Ok(render)
    }
}

fn develop(
    shot: &Shot,
    outline: &Outline,
    statements: Option<&Statements<'_>>,
) -> Result<Render, DomainError> {
    let image = picture::decode(&shot.png)?;
    if picture::is_blank(&image) {
        return Ok(Render::failed(Fault::new(FaultKind::Blank, "the page shows nothing")));
    }
    let mut elements = elements(shot, outline, statements)?;
    if let Some(first) = elements.first_mut().filter(|_| !shot.report.is_empty()) {
        first.style.insert(REPORT.into(), shot.report.clone());
    }
    Ok(Render { image: Some(Arc::new(image)), elements, faults: Vec::new() })
}

/// The style entry of the first element that holds what [`RendererOptions::report`] read.
pub const REPORT: &str = "report";

fn late(deadline: Duration) -> Render {
    limit(format!("the page takes longer than {} ms", deadline.as_millis()))
}

fn limit(message: String) -> Render {
    Render::failed(Fault::new(FaultKind::Limit, message))
}

fn version(chromium: &str, options: &RendererOptions, assets: &BTreeMap<String, String>) -> String {
    let (width, height) = options.viewport;
    let full = if options.full_page { " full page" } else { "" };
    let scripts = if options.scripts == Scripts::Sandbox { " scripts" } else { "" };
    let mut hasher = blake3::Hasher::new();
    for (name, url) in assets {
        hasher.update(name.as_bytes()).update(&[0]).update(url.as_bytes()).update(&[0]);
    }
    let assets = if assets.is_empty() {
        String::new()
    } else {
        format!(" assets {}", &hasher.finalize().to_hex()[..8])
    };
    // Nobody knows the fonts of a remote browser.
    let fonts = if options.endpoints.is_empty() {
        let fonts = Fonts::installed();
        format!(" fonts {}-{}", fonts.count(), fonts.hash())
    } else {
        String::new()
    };
    let report = match options.report {
        "" => String::new(),
        report => format!(" report {}", &blake3::hash(report.as_bytes()).to_hex()[..8]),
    };
    format!("{chromium} {width}x{height}{full}{scripts}{fonts}{assets}{report} r{REVISION}")
}
