//! Every detector on the programs of its folder in `fixtures`: it fires on `bad*.py` and is silent on `good*.py`. A
//! detector without a folder, and a folder without a detector, fail.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use galley_charts::{ChartRenderer, RendererOptions, detectors};
use galley_core::{DefectDetector, Reference, Render, Renderer, Task};

const DEADLINE: Duration = Duration::from_secs(30);

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn render(renderer: &ChartRenderer, path: &Path) -> Render {
    let program = std::fs::read_to_string(path).unwrap();
    let render = renderer.render(&program, DEADLINE).unwrap();
    assert!(render.ok(), "{}: {:?}", path.display(), render.faults);
    render
}

fn programs(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut programs: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    programs.sort();
    assert!(!programs.is_empty(), "{} has no {prefix}*.py", folder.display());
    programs
}

/// With the target of the folder, where it has one.
fn task(renderer: &ChartRenderer, folder: &Path) -> Task {
    let path = folder.join("reference.py");
    let reference = path.is_file().then(|| Reference {
        program: Some(std::fs::read_to_string(&path).unwrap()),
        render: Arc::new(render(renderer, &path)),
    });
    Task { id: "fixture".into(), prompt: Default::default(), reference, labels: Default::default() }
}

fn name(detector: &dyn DefectDetector) -> &'static str {
    detector.name().strip_prefix("charts/").unwrap()
}

#[test]
fn detectors_fire_on_bad_programs_and_are_silent_on_good_ones() {
    let renderer = ChartRenderer::start(RendererOptions::default()).unwrap();
    let mut wrong = Vec::new();
    for detector in detectors::all() {
        let folder = fixtures().join(name(&*detector));
        let task = task(&renderer, &folder);
        for (prefix, fires) in [("bad", true), ("good", false)] {
            for path in programs(&folder, prefix) {
                let found = detector.detect(&task, &render(&renderer, &path));
                if found.is_empty() == fires {
                    wrong.push(format!("{}: {} defects: {found:#?}", path.display(), found.len()));
                }
                for defect in &found {
                    assert_eq!(defect.detector, detector.name());
                    let quoted = defect.target_span.is_some_and(|span| {
                        let program = task.reference.as_ref().and_then(|known| known.program.as_deref());
                        span.slice(program.unwrap_or_default()) == defect.target.as_deref()
                    });
                    assert_eq!(defect.target.is_some(), quoted, "{defect:?}");
                    assert!(!defect.message.is_empty() && !defect.axis.is_empty());
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is drawn by the target and by the attempt, and the literals of the target that are to blame.
const DATA: [(&str, &str, &[&str]); 8] = [
    ("ax.plot([1, 5, 2])\nax.set_xlim(0, 4)", "ax.plot([1, 5, 2])\nax.set_xlim(0, 8)", &["4"]),
    ("ax.plot([1, 5, 2])\nax.set_xlim(0, 40)", "ax.plot([1, 5, 2])", &["40"]),
    ("ax.plot([1, 5, 2])", "ax.plot([1, 5, 2])\nax.set_xlim(0, 40)", &["-"]),
    (
        "ax.bar([0, 1, 2], [3, 5, 8])\nplt.ylim(0, 10)",
        "ax.bar([0, 1, 2], [3, 7, 8])\nplt.ylim(0, 20)",
        &["5", "10"],
    ),
    // The limits follow from the data, and every bar stands elsewhere on the picture.
    ("ax.bar([0, 1], [3, 5])", "ax.bar([0, 1], [3, 25])", &["5"]),
    ("ax.plot([1, 2, 3], [4, 9, 6])", "ax.plot([1, 2, 3], [4, 8, 6])", &["9"]),
    ("ax.imshow([[1, 2], [7, 4]])", "ax.imshow([[1, 2], [3, 4]])", &["7"]),
    (
        "ax.plot([1, 5, 2])\nax.set_ylim(0, 9)",
        "ax.set_position([0.1, 0.1, 0.3, 0.3])\nax.plot([1, 5, 2])\nax.set_ylim(0, 9)",
        &[],
    ),
];

#[test]
fn wrong_data_and_wrong_limits_are_told_apart_and_blamed_on_their_literals() {
    let renderer = ChartRenderer::start(RendererOptions::default()).unwrap();
    let draw = |lines: &str| {
        let program = format!("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n{lines}\n");
        let render = renderer.render(&program, DEADLINE).unwrap();
        assert!(render.ok(), "{lines}: {:?}", render.faults);
        (program, render)
    };
    for (target, attempt, expected) in DATA {
        let (program, wanted) = draw(target);
        let reference = Some(Reference { program: Some(program), render: Arc::new(wanted) });
        let task =
            Task { id: "data".into(), prompt: Default::default(), reference, labels: Default::default() };
        let found = detectors::DataMismatch.detect(&task, &draw(attempt).1);
        let blamed: Vec<&str> = found.iter().map(|one| one.target.as_deref().unwrap_or("-")).collect();
        assert_eq!(blamed, expected, "{attempt}: {found:#?}");
    }
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
