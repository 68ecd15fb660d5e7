//! Renders pages as slides.

use std::{path::PathBuf, time::Duration};

use galley_core::{DomainError, Render, Renderer};
use galley_web::renderer::{RendererOptions, WebRenderer};

use super::{
    page::{HEIGHT, TREE, measures},
    scene::deck,
};

/// AeSlides' windows: that of a slide, and the one in which a page shows its own height.
const SLIDE: (u32, u32) = (1280, 720);
const LOW: (u32, u32) = (1280, 10);

/// How pages are rendered.
#[derive(Clone, Debug)]
pub struct HtmlOptions {
    /// Browsers at most, for each of the two windows; 0 is one per core, at most two.
    pub browsers: usize,
    /// The browser; `None` looks for one.
    pub chrome: Option<PathBuf>,
    /// Bytes of pictures to keep in memory; 0 keeps none.
    pub cache: usize,
}

impl Default for HtmlOptions {
    fn default() -> Self {
        Self { browsers: 1, chrome: None, cache: 32 << 20 }
    }
}

/// HTML slides: the web domain's render in the window of a slide, with a [`Deck`](crate::scene::Deck) of one slide and the
/// [`Measures`](crate::reward::Measures) of the page in the style of its first element.
#[derive(Debug)]
pub struct HtmlRenderer {
    screen: WebRenderer,
    tall: WebRenderer,
}

impl HtmlRenderer {
    /// # Errors
    /// Setup, where no browser is found.
    pub fn start(options: HtmlOptions) -> Result<Self, DomainError> {
        let HtmlOptions { browsers, chrome, cache } = options;
        let of = |viewport, full_page, report| {
            let chrome = chrome.clone();
            let rest = RendererOptions::default();
            WebRenderer::start(RendererOptions {
                viewport,
                full_page,
                report,
                browsers,
                chrome,
                cache,
                ..rest
            })
        };
        Ok(Self { screen: of(SLIDE, false, TREE)?, tall: of(LOW, true, HEIGHT)? })
    }
}

impl Renderer for HtmlRenderer {
    fn version(&self) -> String {
        format!("{} and {}", self.screen.version(), self.tall.version())
    }

    fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        let render = self.screen.render(program, deadline)?;
        self.measured(program, render, deadline)
    }
}

impl HtmlRenderer {
    /// Shows a page whatever is wrong with it, as AeSlides does; nothing is remembered.
    ///
    /// # Errors
    /// Faults of the harness.
    pub fn show(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
        let render = self.screen.show(program, deadline)?;
        self.measured(program, render, deadline)
    }

    fn measured(&self, program: &str, mut render: Render, deadline: Duration) -> Result<Render, DomainError> {
        if !render.ok() {
            return Ok(render);
        }
        // A page that is blank in the low window has no content near anything.
        let tall = self.tall.show(program, deadline)?;
        let deck = deck(&render);
        measures(&tall, &render, &deck).attach(&mut render);
        deck.attach(&mut render);
        Ok(render)
    }
}
