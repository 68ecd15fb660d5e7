//! Hostile pages in two tabs, good pages in two others: the good ones look as ever, and nothing is left of any.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use galley_web::renderer::Scripts;

use crate::{
    corpus::pages,
    processes::family,
    stage::{Neighbours, Stage},
};

const NEIGHBOURS: usize = 2;
const HOSTILE: usize = 2;

#[test]
fn neighbours_of_hostile_pages_notice_nothing() {
    check(Scripts::Off);
}

#[test]
fn neighbours_of_hostile_scripts_notice_nothing() {
    check(Scripts::Sandbox);
}

fn check(scripts: Scripts) {
    let _alone = crate::alone_here();
    let stage = Stage::build();
    let renderer = stage.renderer(NEIGHBOURS + HOSTILE, scripts);
    let neighbours = Neighbours::of(&renderer);
    let (done, shown) = (AtomicBool::new(false), AtomicUsize::new(0));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut wrong = Vec::new();
            while !done.load(Ordering::SeqCst) {
                let number = shown.fetch_add(1, Ordering::SeqCst);
                wrong.extend(neighbours.is_clean(&renderer, number).err());
            }
            wrong
        };
        let threads: Vec<_> = (0..NEIGHBOURS).map(|_| scope.spawn(work)).collect();
        let pages = pages();
        std::thread::scope(|scope| {
            for share in pages.chunks(pages.len().div_ceil(HOSTILE)) {
                scope.spawn(|| share.iter().for_each(|page| drop(stage.show(&renderer, page))));
            }
        });
        done.store(true, Ordering::SeqCst);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let shown = shown.into_inner();
    assert!(wrong.is_empty(), "{} of {shown} wrong: {}", wrong.len(), wrong.join("\n"));
    assert!(shown > neighbours.len(), "only {shown} good pages beside the hostile ones");
    let groups = renderer.pool().browsers();
    drop(renderer);
    nothing_is_left(&groups);
}

fn nothing_is_left(groups: &[u32]) {
    for group in groups {
        assert_eq!(family(*group), [0; 0], "processes of browser {group}");
    }
}
