//! Shows every hostile page and says how it ended: `cargo run --example hostile -- [scripts]`.
//!
//! The same as the test, with the times: ends with 1 where a page did not end as it must, left something, or had no
//! result two seconds after its deadline.

#[path = "../tests/hostile/alone.rs"]
mod alone;
#[path = "../tests/hostile/corpus.rs"]
mod corpus;
#[path = "../tests/hostile/listener.rs"]
mod listener;
#[path = "../tests/hostile/stage.rs"]
mod stage;

use std::process::ExitCode;

use galley_web::renderer::Scripts;

fn main() -> ExitCode {
    let scripted = std::env::args().nth(1).is_some_and(|argument| argument == "scripts");
    let stage = stage::Stage::build();
    let lines = alone::all(&stage, if scripted { Scripts::Sandbox } else { Scripts::Off });
    let wrong = lines.iter().filter(|line| !line.faults.is_empty()).count();
    let late = lines.iter().filter(|line| line.overrun() > alone::GRACE).count();
    println!("pages    {}", lines.len());
    println!("wrong    {wrong}");
    println!("late     {late}");
    for line in lines.iter().filter(|line| !line.faults.is_empty()) {
        println!("         {}: {}", line.page.file, line.page.tries);
    }
    let open =
        lines.iter().filter(|line| line.page.plain.as_ref().is_some_and(|plain| plain != "quiet")).count();
    let reached = ["tcp", "udp", "dns"].map(|kind| stage.listener.count_of(kind, ""));
    println!("reached  {reached:?} by TCP, UDP and DNS, of {open} pages that reach it from a plain browser");
    if wrong + late + stage.listener.count() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
