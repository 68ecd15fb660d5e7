//! The listener hears: the same pages in a browser without precautions do reach it.

use std::{collections::BTreeSet, fs, time::Duration};

use crate::{corpus::pages, plain::Plain, stage::Stage};

/// How often to look whether something came, and how many times at most.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: usize = 120;

/// Ways to the network that the manifest must at least show to work.
const VECTORS: usize = 25;

#[test]
fn in_a_plain_browser_the_same_pages_reach_the_listener() {
    let _alone = crate::alone_here();
    let stage = Stage::build();
    let plain = Plain::launch(&stage.browser);
    let folder = tempfile::tempdir().unwrap();
    let names_work = stage.browser.file_name().is_some_and(|name| name == "browser");
    if !names_work {
        eprintln!("names are not watched: no name server of our own could be put before the browser");
    }
    let mut silent = BTreeSet::new();
    let mut reached = 0;
    for page in pages() {
        let Some(kind) = page.plain.as_deref().filter(|kind| *kind != "quiet") else { continue };
        let path = folder.path().join(&page.file);
        fs::write(&path, page.program(&stage.world)).unwrap();
        if kind == "dns" && !names_work {
            continue;
        }
        // Datagrams do not say whose they are.
        let word = if kind == "udp" { String::new() } else { page.stem().to_owned() };
        let before = stage.listener.count_of(kind, &word);
        let tab = plain.open(&format!("file://{}", path.display()));
        let heard = (0..LOOKS).any(|_| {
            std::thread::sleep(LOOK);
            stage.listener.count_of(kind, &word) > before
        });
        plain.close(&tab);
        if heard {
            reached += 1;
        } else {
            silent.insert(page.file);
        }
    }
    assert!(silent.is_empty(), "not heard: {silent:?}; heard {:?}", stage.listener.heard());
    assert!(reached >= VECTORS, "only {reached} ways");
}
