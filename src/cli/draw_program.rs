//! `galley draw program x.svg --recipe r.toml --reference ref.svg -o out.png`: the judgement of one program by the domain of
//! a recipe: target, render with defects, source by credit.

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use galley_core::{Assessment, BuildContext, Domain, Registry, Span, Task};

use super::draw_judged::{Exhibit, PATIENCE, read, shown};
use crate::recipe::{Sources, load};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The program to judge.
    program: PathBuf,
    /// The recipe whose domain judges it.
    #[arg(long)]
    recipe: PathBuf,
    /// The program whose picture it should look like.
    #[arg(long)]
    reference: PathBuf,
    /// PNG file to write.
    #[arg(short, long)]
    output: PathBuf,
    /// Weight of a token with full responsibility.
    #[arg(long, default_value_t = 2.0)]
    alpha: f64,
}

/// Writes the picture.
pub fn run(args: &Args, registry: &Registry, out: &mut dyn Write) -> Result<()> {
    let recipe = load(&args.recipe, &Sources::of_process(None, Vec::new()), registry)?;
    let config = &recipe.config;
    let context =
        BuildContext { seed: config.data_seed, cache: ".cache".into(), workers: 1, similarity: None };
    let entry = registry.get(&config.domain.name)?;
    let domain = (entry.build)(config.domain.settings(), &context)
        .map_err(|error| recipe.blame(error).map_or_else(anyhow::Error::new, anyhow::Error::new))?;
    let (program, reference) = (read(&args.program)?, read(&args.reference)?);
    // The end of a file is no part of the program.
    let (program, reference) = (program.trim_end(), reference.trim_end().to_owned());
    let target = shown(&args.reference, domain.renderer().render(&reference, PATIENCE)?)?;
    let exhibit = Exhibit { program, reference: Some((reference, target)), alpha: args.alpha };
    exhibit.draw_as(&|task, program| assess(&*domain, task, program), &args.output, out)
}

/// As in a run, but the whole file is the program.
fn assess(domain: &dyn Domain, task: &Task, program: &str) -> Result<Assessment> {
    let render = domain.renderer().render(program, PATIENCE)?;
    let judged = domain.judge(task, program, program, &render)?;
    Ok(Assessment {
        program: Span::new(0, program.len()),
        render,
        defects: judged.defects,
        statements: judged.statements,
        score: judged.score,
    })
}
