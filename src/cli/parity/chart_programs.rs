//! Chart programs without stored results: the recording run draws the pixels that matplotlib draws without us, and knows
//! where in the program its artists come from.
//!
//! Layout: `<name>.py`. Both runs are made here, in the sandbox.

use std::{path::Path, time::Duration};

use anyhow::Result;
use galley_charts::{ChartRenderer, RendererOptions, plain::Plain};
use rayon::prelude::*;

use super::{read::text, tally::Tally};

/// For one program.
const PATIENCE: Duration = Duration::from_secs(60);

/// Share of the artists of all programs that may have no place.
const TOLERANCE: f64 = 0.01;

/// What came of one program.
struct Found {
    /// Whether matplotlib alone draws something, and whether we do.
    drawn: [bool; 2],
    same: bool,
    artists: usize,
    located: usize,
}

pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    let mut programs: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    programs.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    programs.sort();
    if programs.is_empty() {
        return Ok(());
    }
    let workers = rayon::current_num_threads();
    let renderer = ChartRenderer::start(RendererOptions { workers, cache: 0, ..RendererOptions::default() })?;
    let plain = Plain::new(workers)?;
    let found: Vec<Result<Found>> = programs.par_iter().map(|path| run(&renderer, &plain, path)).collect();
    let (mut artists, mut located) = (0, 0);
    for (path, found) in programs.iter().zip(found) {
        let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        tally.case(&name);
        match found {
            Ok(found) => {
                tally.same("drawn", &found.drawn[1], &found.drawn[0]);
                if found.drawn == [true; 2] {
                    tally.same("pixels", &found.same, &true);
                }
                (artists, located) = (artists + found.artists, located + found.located);
            }
            Err(error) => tally.failed(&name, &error),
        }
    }
    if artists > 0 {
        let lost = (artists - located) as f64 / artists as f64;
        tally.number("artists without a place", lost, 0.0, TOLERANCE);
    }
    Ok(())
}

fn run(renderer: &ChartRenderer, plain: &Plain, path: &Path) -> Result<Found> {
    let program = text(path)?;
    let wanted = plain.draw(&program, PATIENCE)?;
    let render = renderer.run(&program, PATIENCE)?.render;
    Ok(Found {
        drawn: [wanted.is_some(), render.image.is_some()],
        same: wanted.as_ref() == render.image.as_deref(),
        artists: render.elements.len(),
        located: render.elements.iter().filter(|element| element.span.is_some()).count(),
    })
}
