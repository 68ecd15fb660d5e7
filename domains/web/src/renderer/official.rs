//! Pictures as the official evaluation of Design2Code takes them (`screenshot_single.py`).
//!
//! It opens a page with Playwright in a viewport of 1280x720, scripts on, waits for `load` and takes a picture of
//! everything that can be scrolled to, with finite animations at their end and endless ones not begun. What goes wrong
//! gives a white picture of 1280x960. Here the page is written into a fresh window, so that it reaches no file: what
//! stands beside it comes as `data:` URLs.

use std::{collections::BTreeMap, time::Duration};

use galley_core::{DomainError, Image};

use super::{
    RendererOptions, picture,
    pools::{pool, urls},
};
use crate::{
    browser::{Extent, Outcome, Page, Pool},
    inject::{Loads, outline, with_assets},
};

const VIEWPORT: (u32, u32) = (1280, 720);
const BLANK: (u32, u32) = (1280, 960);

/// What the official evaluation gives a page.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Browsers that take such pictures. Cheap to call from many threads.
#[derive(Debug)]
pub struct OfficialShots {
    pool: Pool,
    assets: BTreeMap<String, String>,
}

impl OfficialShots {
    /// Of `options` only the browsers, their jail and the assets count.
    ///
    /// # Errors
    /// Setup, where no browser is found.
    pub fn start(options: RendererOptions) -> Result<Self, DomainError> {
        let options = RendererOptions { viewport: VIEWPORT, ..options };
        Ok(Self { pool: pool(&options, Extent::Everything)?, assets: urls(&options.assets) })
    }

    /// The picture of a page; `None` where it gives none in time, and the original would go on with [`blank`].
    ///
    /// # Errors
    /// Only for faults of the harness.
    pub fn shoot(&self, program: &str, deadline: Duration) -> Result<Option<Image>, DomainError> {
        let html = with_assets(program, &outline(program), &self.assets);
        let page = Page {
            html: &html,
            attribute: "none",
            slots: 0,
            loads: Loads::Inside,
            spoils: true,
            scripts: true,
            report: "",
        };
        match self.pool.show(page, deadline)? {
            Outcome::Shown(shot) => picture::decode(&shot.png).map(Some),
            Outcome::Late | Outcome::Crashed | Outcome::Fled => Ok(None),
        }
    }
}

/// The official pictures of `programs`, in their order, as many at once as there are tabs.
///
/// # Errors
/// Those of [`OfficialShots`].
pub fn official_shots(programs: &[&str], options: RendererOptions) -> Result<Vec<Image>, DomainError> {
    let shots = OfficialShots::start(options)?;
    let mut pictures: Vec<Option<Result<Image, DomainError>>> = programs.iter().map(|_| None).collect();
    let each = programs.len().div_ceil(shots.pool.seats()).max(1);
    std::thread::scope(|scope| {
        for (programs, pictures) in programs.chunks(each).zip(pictures.chunks_mut(each)) {
            let shots = &shots;
            scope.spawn(move || {
                for (program, picture) in programs.iter().zip(pictures) {
                    let shot = shots.shoot(program, PATIENCE);
                    *picture = Some(shot.map(|shot| shot.unwrap_or_else(blank)));
                }
            });
        }
    });
    pictures.into_iter().flatten().collect()
}

/// The white picture that stands for a page that could not be shown.
pub fn blank() -> Image {
    Image::new(BLANK.0, BLANK.1, vec![255; (BLANK.0 * BLANK.1 * 3) as usize])
}
