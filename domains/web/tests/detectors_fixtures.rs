//! Every detector on the pages of its folder in `fixtures`: it fires on `bad*.html` and is silent on `good*.html`.
//!
//! A `reference.html` beside them is the target of the task. A detector without a folder, and a folder without a
//! detector, fail.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use galley_core::{DefectDetector, Reference, Render, Renderer, Task};
use galley_web::{
    detectors,
    renderer::{RendererOptions, WebRenderer},
};

const DEADLINE: Duration = Duration::from_secs(20);

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn renderer() -> WebRenderer {
    WebRenderer::start(RendererOptions { viewport: (640, 480), ..RendererOptions::default() }).unwrap()
}

fn render(renderer: &WebRenderer, page: &Path) -> (String, Render) {
    let program = std::fs::read_to_string(page).unwrap().trim().to_owned();
    let render = renderer.render(&program, DEADLINE).unwrap();
    assert!(render.ok(), "{}: {:?}", page.display(), render.faults);
    (program, render)
}

fn task(renderer: &WebRenderer, folder: &Path) -> Task {
    let reference = Some(folder.join("reference.html")).filter(|page| page.exists()).map(|page| {
        let (program, render) = render(renderer, &page);
        Reference { program: Some(program), render: Arc::new(render) }
    });
    Task { id: "fixture".into(), prompt: Default::default(), reference, labels: Default::default() }
}

fn pages(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|page| page.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    pages.sort();
    assert!(!pages.is_empty(), "{} has no {prefix}*.html", folder.display());
    pages
}

fn name(detector: &dyn DefectDetector) -> &'static str {
    detector.name().strip_prefix("web/").unwrap()
}

#[test]
fn detectors_fire_on_bad_pages_and_are_silent_on_good_ones() {
    let renderer = renderer();
    let mut wrong = Vec::new();
    for detector in detectors::all() {
        let folder = fixtures().join(name(&*detector));
        let task = task(&renderer, &folder);
        for (prefix, fires) in [("bad", true), ("good", false)] {
            for page in pages(&folder, prefix) {
                let found = detector.detect(&task, &render(&renderer, &page).1);
                if found.is_empty() == fires {
                    wrong.push(format!("{}: {} defects: {found:#?}", page.display(), found.len()));
                }
                for defect in &found {
                    assert_eq!(defect.detector, detector.name());
                    assert!(!defect.message.is_empty() && !defect.axis.is_empty());
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn detectors_and_folders_are_the_same_set() {
    let folders: BTreeSet<String> = std::fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let names: BTreeSet<String> =
        detectors::all().iter().map(|detector| name(&**detector).to_owned()).collect();
    assert_eq!(folders, names);
}

#[test]
fn explanations_begin_with_a_title_and_tell_the_limits() {
    for detector in detectors::all() {
        let text = detector.explain();
        assert!(text.starts_with("# ") && text.contains("**Known limits.**"), "{}", detector.name());
    }
}
