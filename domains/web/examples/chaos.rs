//! Kills browser processes while pages render: `cargo run --example chaos -- [KILLS] [RENDERS] [THREADS] [SEED]`.
//!
//! The defaults are 100 kills (`SIGKILL`; the browser itself and any of its children) during 5,000 renders from 6
//! threads. Every render must be byte-equal to the same page's render in peace; ends with 1 where one is not, or where
//! a process of a browser is left.

#[path = "../tests/support/chaos.rs"]
mod chaos;
#[path = "../tests/support/processes.rs"]
mod processes;

use std::{process::ExitCode, time::Instant};

use chaos::{Plan, chaos};
use galley_web::renderer::{RendererOptions, WebRenderer};

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .map(|argument| argument.parse().unwrap_or_else(|error| panic!("{argument}: {error}")))
        .collect();
    let number = |index: usize, otherwise: u64| numbers.get(index).copied().unwrap_or(otherwise);
    let plan = Plan {
        kills: number(0, 100) as usize,
        renders: number(1, 5000) as usize,
        threads: number(2, 6) as usize,
        seed: number(3, 1),
    };
    let options = RendererOptions { viewport: (640, 480), cache: 0, ..RendererOptions::default() };
    let renderer = WebRenderer::start(options).unwrap_or_else(|error| panic!("{error}"));
    let start = Instant::now();
    let outcome = chaos(&renderer, plan);
    let took = start.elapsed();
    let groups = renderer.pool().browsers();
    drop(renderer);
    let left: Vec<u32> = groups.into_iter().flat_map(processes::family).collect();
    println!("renders  {} in {:.0} s, {} threads", plan.renders, took.as_secs_f64(), plan.threads);
    println!("kills    {} {:?}", outcome.killed.values().sum::<usize>(), outcome.killed);
    println!("wrong    {}", outcome.wrong.len());
    outcome.wrong.iter().take(20).for_each(|what| println!("         {what}"));
    println!("left     {left:?}");
    if outcome.wrong.is_empty() && left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
