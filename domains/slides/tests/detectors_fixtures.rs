//! Every detector on the scenes of its folder in `fixtures`: it fires on `bad*.json` and is silent on `good*.json`. A
//! detector without a folder, and a folder without a detector, fail.
//!
//! A scene says what differs from [`ground`]; its picture is painted here, frame by frame, letters as stripes.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_core::{DefectDetector, Element, Image, Prompt, Region, Render, Task};
use galley_slides::{
    detectors,
    scene::{Deck, Shape, ShapeKind, Slide},
};
use serde_json::{Value, json};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// `written` over `defaults`.
fn over(defaults: Value, written: &Value) -> Value {
    let mut all = defaults;
    for (key, value) in written.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    all
}

fn deck(path: &Path) -> Deck {
    let written: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let slides = written["slides"].as_array().unwrap().iter().map(|slide| {
        let shapes = slide["shapes"].as_array().unwrap().iter();
        let shapes: Vec<Value> = shapes.map(|shape| over(json!(Shape::default()), shape)).collect();
        over(json!(Slide::default()), &json!({"shapes": shapes}))
    });
    let slides: Vec<Value> = slides.collect();
    let ground = json!({"width": 1280, "height": 720, "scale": 96.0 / 72.0});
    serde_json::from_value(over(over(ground, &written), &json!({"slides": slides}))).unwrap()
}

fn paint(image: &mut Image, region: Region, color: [u8; 3], every: usize) {
    let width = image.width as usize;
    for y in (region.y.max(0.0) as usize)..(region.bottom().max(0.0) as usize).min(image.height as usize) {
        for x in ((region.x.max(0.0) as usize)..(region.right().max(0.0) as usize).min(width)).step_by(every)
        {
            image.rgb[(y * width + x) * 3..][..3].copy_from_slice(&color);
        }
    }
}

fn picture(deck: &Deck) -> Image {
    let mut image = Image::filled(deck.width, deck.height, [255; 3]);
    for shape in &deck.slides[0].shapes {
        if let Some([r, g, b, _]) = shape.fill {
            paint(&mut image, shape.frame, [r, g, b], 1);
        }
        if shape.kind == ShapeKind::Picture {
            paint(&mut image, shape.frame, [120, 160, 90], 1);
        }
        if let Some(ink) = shape.ink {
            paint(&mut image, ink, shape.text_color.unwrap_or_default(), 4);
        }
    }
    image
}

fn render(deck: &Deck) -> Render {
    let first = Element {
        parent: None,
        kind: "slide".into(),
        span: None,
        region: Region::new(0.0, 0.0, f64::from(deck.width), f64::from(deck.height)),
        text: String::new(),
        text_region: None,
        style: Default::default(),
    };
    let mut render =
        Render { image: Some(Arc::new(picture(deck))), elements: vec![first], faults: Vec::new() };
    deck.attach(&mut render);
    render
}

fn scenes(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut scenes: Vec<PathBuf> = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    scenes.sort();
    assert!(!scenes.is_empty(), "{} has no {prefix}*.json", folder.display());
    scenes
}

fn name(detector: &dyn DefectDetector) -> &'static str {
    detector.name().strip_prefix("slides/").unwrap()
}

#[test]
fn detectors_fire_on_bad_scenes_and_are_silent_on_good_ones() {
    let task =
        Task { id: "f".into(), prompt: Prompt::default(), reference: None, labels: Default::default() };
    let mut wrong = Vec::new();
    for detector in detectors::all() {
        for (prefix, fires) in [("bad", true), ("good", false)] {
            for path in scenes(&fixtures().join(name(&*detector)), prefix) {
                let found = detector.detect(&task, &render(&deck(&path)));
                if found.is_empty() == fires {
                    wrong.push(format!("{}: {} defects: {found:#?}", path.display(), found.len()));
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

/// A slide without any fault has no defect at all.
#[test]
fn a_good_slide_is_good_for_every_detector() {
    let task =
        Task { id: "f".into(), prompt: Prompt::default(), reference: None, labels: Default::default() };
    let render = render(&deck(&fixtures().join("empty-slide/good.json")));
    let found: Vec<_> =
        detectors::all().iter().flat_map(|detector| detector.detect(&task, &render)).collect();
    assert!(found.is_empty(), "{found:#?}");
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
