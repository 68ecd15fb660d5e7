//! Random kills of browser processes while pages are rendered: every page still gets its own, right result.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use galley_core::{Render, Renderer};
use galley_web::renderer::WebRenderer;

use crate::processes::{family, role};

const PATIENCE: Duration = Duration::from_secs(60);

/// Pages that differ in every result.
const PAGES: usize = 50;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub renders: usize,
    pub kills: usize,
    pub threads: usize,
    pub seed: u64,
}

#[derive(Debug, Default)]
pub struct Outcome {
    /// Results other than the clean one, and errors.
    pub wrong: Vec<String>,
    /// Kills by what was killed.
    pub killed: BTreeMap<String, usize>,
}

/// Renders every page in peace, then `plan.renders` pages under kills, evenly spread over the renders.
pub fn chaos(renderer: &WebRenderer, plan: Plan) -> Outcome {
    let clean: Vec<Render> =
        (0..PAGES).map(|number| renderer.render(&page(number), PATIENCE).unwrap()).collect();
    assert!(clean.iter().all(Render::ok) && clean.windows(2).all(|pair| pair[0] != pair[1]));
    let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let killer = scope.spawn(|| kill(renderer, plan, &next, &done));
        let work = || {
            let mut wrong = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= plan.renders {
                    return wrong;
                }
                wrong.extend(check(renderer, number, &clean[number % PAGES]));
            }
        };
        let threads: Vec<_> = (0..plan.threads).map(|_| scope.spawn(work)).collect();
        let wrong = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        done.store(true, Ordering::SeqCst);
        Outcome { wrong, killed: killer.join().unwrap() }
    })
}

fn check(renderer: &WebRenderer, number: usize, clean: &Render) -> Option<String> {
    match renderer.render(&page(number % PAGES), PATIENCE) {
        Ok(render) if render == *clean => None,
        Ok(render) => Some(format!("render {number} is another: {:?}", render.faults)),
        Err(error) => Some(format!("render {number}: {error}")),
    }
}

/// Kills a random process of a random browser whenever another share of the renders has begun.
fn kill(
    renderer: &WebRenderer,
    plan: Plan,
    begun: &AtomicUsize,
    done: &AtomicBool,
) -> BTreeMap<String, usize> {
    let mut random = plan.seed;
    let mut killed = BTreeMap::new();
    for number in 0..plan.kills {
        while begun.load(Ordering::SeqCst) < number * plan.renders / plan.kills
            && !done.load(Ordering::SeqCst)
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        // At any moment of a render.
        std::thread::sleep(Duration::from_millis(draw(&mut random) % 20));
        while !done.load(Ordering::SeqCst) {
            let victims: Vec<u32> = renderer.pool().browsers().into_iter().flat_map(family).collect();
            let Some(&victim) = victims.get(draw(&mut random) as usize % victims.len().max(1)) else {
                continue;
            };
            let role = role(victim);
            // SAFETY: plain system call; the victim is a process of this renderer's browsers.
            if unsafe { libc::kill(victim as libc::pid_t, libc::SIGKILL) } == 0 {
                *killed.entry(role).or_default() += 1;
                break;
            }
        }
    }
    killed
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn page(number: usize) -> String {
    let hue = number * 360 / PAGES;
    let rows: String = (0..number % 12)
        .map(|row| format!("<li style='margin-left:{}px'>row {row} of page {number}</li>", row * 7 % 40))
        .collect();
    format!(
        "<!doctype html><style>body{{margin:0;background:hsl({hue} 60% 80%)}}h1{{font:{}px serif}}</style>\
         <h1>Page {number}</h1><ul>{rows}</ul><table><tr><td>a<td>{number}</table>\
         <svg width=90 height=40><circle cx={} cy=20 r=15 fill=teal /></svg><input value={number}>",
        16 + number % 20,
        number % 60 + 15
    )
}
