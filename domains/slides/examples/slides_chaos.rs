//! Decks in a row while offices are killed and stopped: `chaos [decks]` (1,000). 2 % of the decks meet an office that
//! is killed, 1 % one that hangs, 5 % are corrupt. Every deck must get its own picture or its fault, memory must stay
//! flat, and nothing may be left behind. Exit code 1 where that is not so.

use std::{path::Path, time::Duration};

use galley_core::{Random, Render};
use galley_slides::{RendererOptions, SlideRenderer};

#[path = "../tests/shared/mod.rs"]
mod shared;

/// Long enough for a busy machine, and what an office that hangs costs.
const BUDGET: Duration = Duration::from_secs(6);

fn resident(id: u32) -> f64 {
    let statm = std::fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
    let pages: f64 = statm.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Our own children, of which there must be none at the end.
fn children() -> usize {
    let own = std::process::id().to_string();
    let parent = |id: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        Some(stat.rsplit_once(')')?.1.split_whitespace().nth(1)? == own)
    };
    names(Path::new("/proc")).iter().filter(|id| parent(id) == Some(true)).count()
}

fn signal(workers: &[u32], signal: i32) {
    for worker in workers {
        // SAFETY: the workers are children of this process.
        unsafe { libc::kill(*worker as libc::pid_t, signal) };
    }
}

/// A deck that is none any more.
fn corrupt(deck: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bad = deck[..deck.len() * (20 + random.below(60)) / 100].to_vec();
    for _ in 0..20 {
        let at = random.below(bad.len());
        bad[at] = random.below(256) as u8;
    }
    bad
}

struct Deck {
    name: String,
    bytes: Vec<u8>,
    render: Render,
}

fn decks(renderer: &SlideRenderer) -> Result<Vec<Deck>, Box<dyn std::error::Error>> {
    let wanted = [
        "bullets",
        "turned",
        "group_turned",
        "table",
        "chart_columns",
        "pictures",
        "text_overflow",
        "cjk_emoji",
    ];
    let mut found = Vec::new();
    for (name, program) in shared::programs().into_iter().filter(|(name, _)| wanted.contains(&name.as_str()))
    {
        let bytes = renderer.run(&program, Duration::from_secs(60))?.deck;
        let render = renderer.office().render(&bytes, Duration::from_secs(60))?;
        found.push(Deck { name, bytes, render });
    }
    Ok(found)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let times: usize = std::env::args().nth(1).map_or(Ok(1000), |text| text.parse())?;
    let scratch = tempfile::tempdir()?;
    tempfile::env::override_temp_dir(scratch.path()).map_err(|_| "the temporary folder is set already")?;
    let options = RendererOptions { workers: 1, cache: 0, width: 320, ..RendererOptions::default() };
    let renderer = SlideRenderer::start(options)?;
    let decks = decks(&renderer)?;
    let (mut random, mut wrong, mut done) = (Random::new(7), 0, [0; 4]);
    for at in 0..times {
        let deck = &decks[at % decks.len()];
        let workers = renderer.office().workers();
        let bad = at % 20 == 7;
        match at % 100 {
            // Before its deck, or in the middle of it.
            11 => signal(&workers, libc::SIGKILL),
            61 => {
                let mine = workers.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(25));
                    signal(&mine, libc::SIGKILL);
                });
            }
            33 => signal(&workers, libc::SIGSTOP),
            _ => {}
        }
        done[0] += usize::from(at % 100 == 11 || at % 100 == 61);
        done[1] += usize::from(at % 100 == 33);
        done[2] += usize::from(bad);
        let bytes = if bad { corrupt(&deck.bytes, &mut random) } else { deck.bytes.clone() };
        let render = renderer.office().render(&bytes, BUDGET)?;
        let right = if bad { !render.faults.is_empty() } else { render == deck.render };
        if !right {
            wrong += 1;
            println!("{at}: {} is wrong: {:?}", deck.name, render.faults);
        }
        done[3] += 1;
        if at % (times / 10).max(1) == 0 {
            let office = renderer.office().workers().first().copied().unwrap_or(0);
            println!(
                "{at:6} office {:.1} MB, controller {:.1} MB",
                resident(office),
                resident(std::process::id())
            );
        }
    }
    drop(renderer);
    println!(
        "{} decks, {} killed, {} stopped, {} corrupt: {wrong} wrong",
        done[3], done[0], done[1], done[2]
    );
    let left = [children(), names(scratch.path()).len()];
    println!("left: {} processes, {} files", left[0], left[1]);
    if wrong > 0 || left != [0; 2] {
        std::process::exit(1);
    }
    Ok(())
}
