//! Hostile pages in a real browser: they end in time, reach nothing, show nothing, and nobody else notices them.

mod alone;
#[path = "../support/audit.rs"]
mod audit;
#[path = "../support/chaos.rs"]
mod chaos;
mod corpus;
mod crowd;
mod kills;
mod listener;
mod numbering;
#[path = "../support/plain.rs"]
mod plain;
mod positive;
#[path = "../support/processes.rs"]
mod processes;
mod stage;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use galley_web::renderer::Scripts;
use stage::Stage;

/// Held by each test: pages have deadlines, and beside other tests they would measure those.
fn alone_here() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_hostile_page_ends_as_it_must_and_leaves_nothing() {
    check(Scripts::Off);
}

#[test]
fn with_scripts_too() {
    check(Scripts::Sandbox);
}

fn check(scripts: Scripts) {
    let _alone = alone_here();
    let stage = Stage::build();
    let lines = alone::all(&stage, scripts);
    // What was sent off last may take a moment to arrive.
    std::thread::sleep(Duration::from_millis(500));
    let wrong: Vec<String> = lines
        .iter()
        .filter(|line| !line.faults.is_empty())
        .map(|line| format!("{} ({}): {:?}", line.page.file, line.page.tries, line.faults))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
    assert_eq!(stage.listener.count(), 0, "{:?}", stage.listener.heard());
    assert!(lines.len() >= 150, "{} pages", lines.len());
}
