//! `galley score`: how well programs match their references, by the reward's own axes and by the published evaluator.
//!
//! [`pairs`] finds what belongs together, [`report`] is what is said of it; the judging is the domain's. A domain that
//! can score adds a variant to [`What`].

mod charts;
mod correlation;
mod pairs;
mod report;
mod slides;
mod web;

use std::io::Write;

pub use pairs::assets_beside;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Web pages, with the Design2Code axes.
    Web(web::Args),
    /// matplotlib programs, with ChartMimic's low-level axes.
    Charts(charts::Args),
    /// python-pptx programs, by themselves, with the axes of slides.
    Slides(slides::Args),
}

/// Returns the exit code: 1 when a pair could not be judged.
///
/// # Errors
/// Nothing to judge, or a closed output.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<u8> {
    match &args.what {
        What::Web(args) => web::run(args, out),
        What::Charts(args) => charts::run(args, out),
        What::Slides(args) => slides::run(args, out),
    }
}
