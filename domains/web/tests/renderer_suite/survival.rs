//! The same bytes whatever happens around a render: other threads, worn browsers, killed processes.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use crate::common::{PATIENCE, pixel, small};
use galley_core::{Render, Renderer};
use galley_web::renderer::{RendererOptions, WebRenderer};

fn page(number: usize) -> String {
    let (r, g, b) = (number % 251, number / 251, 200);
    format!(
        "<!doctype html><body style='margin:0;background:rgb({r},{g},{b})'><h1 style='margin:{}px'>Page {number}</h1><button>Buy</button>",
        number % 20 + 4
    )
}

fn is_right(render: &Render, number: usize) -> bool {
    let text = render.elements.iter().any(|element| element.text == format!("Page {number}"));
    text && pixel(render, 0, 0) == [(number % 251) as u8, (number / 251) as u8, 200]
}

/// Renders `0..count` on `threads` threads and returns the numbers of those that came out wrong.
fn wrong(renderer: &WebRenderer, threads: usize, count: usize) -> Vec<usize> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= count {
                return wrong;
            }
            let render = renderer.render(&page(number), PATIENCE);
            if !render.as_ref().is_ok_and(|render| is_right(render, number)) {
                eprintln!("page {number}: {:?}", render.map(|render| render.faults));
                wrong.push(number);
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn the_same_bytes_again_and_under_eight_threads() {
    let renderer = small(RendererOptions::default());
    let first: Vec<Render> =
        (0..24).map(|number| renderer.render(&page(number), PATIENCE).unwrap()).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for (number, known) in first.iter().enumerate() {
                    assert!(renderer.render(&page(number), PATIENCE).unwrap() == *known, "page {number}");
                }
            });
        }
    });
}

#[test]
fn browsers_are_replaced_when_worn() {
    let renderer = small(RendererOptions { browsers: 1, recycle: 10, ..RendererOptions::default() });
    assert_eq!(wrong(&renderer, 1, 5), [0; 0]);
    let before = renderer.pool().browsers();
    assert_eq!(wrong(&renderer, 4, 60), [0; 0]);
    assert_ne!(renderer.pool().browsers(), before);
}

#[test]
fn every_page_survives_killed_browsers() {
    let renderer = small(RendererOptions::default());
    assert_eq!(wrong(&renderer, 4, 8), [0; 0]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| kill_now_and_then(&renderer, &done, false));
        let wrong = wrong(&renderer, 4, 400);
        done.store(true, Ordering::SeqCst);
        assert_eq!(wrong, [0; 0]);
    });
}

#[test]
fn every_page_survives_killed_helpers_of_the_browser() {
    let renderer = small(RendererOptions::default());
    assert_eq!(wrong(&renderer, 4, 8), [0; 0]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| kill_now_and_then(&renderer, &done, true));
        let wrong = wrong(&renderer, 4, 400);
        done.store(true, Ordering::SeqCst);
        assert_eq!(wrong, [0; 0]);
    });
}

#[test]
fn nothing_is_left_when_a_renderer_is_dropped() {
    let renderer = small(RendererOptions::default());
    assert_eq!(wrong(&renderer, 2, 10), [0; 0]);
    let groups = renderer.pool().browsers();
    assert!(!groups.is_empty());
    drop(renderer);
    std::thread::sleep(Duration::from_millis(300));
    for group in groups {
        assert!(members(group).is_empty());
    }
}

/// Kills a browser, or (with `helpers`) one of its children, every 500 ms.
fn kill_now_and_then(renderer: &WebRenderer, done: &AtomicBool, helpers: bool) {
    let mut round = 0;
    while !done.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(500));
        let groups = renderer.pool().browsers();
        let Some(&group) = groups.get(round % groups.len().max(1)) else { continue };
        let children: Vec<u32> = members(group).into_iter().filter(|&id| id != group).collect();
        let victim = if helpers { children.get(round % children.len().max(1)).copied() } else { Some(group) };
        if let Some(victim) = victim {
            // SAFETY: a signal to a process that this test started.
            unsafe { libc::kill(victim as libc::pid_t, libc::SIGKILL) };
        }
        round += 1;
    }
}

/// Living processes of a group.
fn members(group: u32) -> Vec<u32> {
    let ids =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields.len() > 2 && fields[0] != "Z" && fields[2] == group.to_string()
    })
    .collect()
}
