//! Every program of `tests/hostile/python` at the repository's root, with all mechanisms of the jail and without
//! namespaces and control groups, as in a container.
//!
//! A program that gets what it is after draws a figure that says ESCAPED; it may also leave a trace on the host, which
//! [`host::Host`] looks for. After each one the same worker must draw a harmless chart as if nothing had happened.

mod host;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use galley_charts::{ChartRenderer, RendererOptions};
use galley_core::{Render, Renderer};
use galley_sandbox::Mechanisms;

use host::Host;

/// Short, because several programs use all of it.
const DEADLINE: Duration = Duration::from_millis(1500);
const HARMLESS: &str =
    "import matplotlib.pyplot as plt\nplt.bar(['a', 'b'], [2, 1], color='#a3c')\nplt.title('home')\n";

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hostile/python");
    let mut programs: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    programs.sort();
    assert!(programs.len() >= 60, "{} programs", programs.len());
    programs
}

fn renderer(mechanisms: Mechanisms) -> ChartRenderer {
    let options =
        RendererOptions { mechanisms, dpi: Some(30.0), workers: 1, cache: 0, ..RendererOptions::default() };
    ChartRenderer::start(options).unwrap()
}

fn harmless(renderer: &ChartRenderer) -> Render {
    let render = renderer.render(HARMLESS, Duration::from_secs(60)).unwrap();
    assert!(render.ok(), "{:?}", render.faults);
    render
}

fn escaped(render: &Render) -> bool {
    render.elements.iter().any(|element| element.text.contains("ESCAPED"))
}

fn check(mechanisms: Mechanisms) {
    let renderer = renderer(mechanisms);
    let before = Arc::new(harmless(&renderer));
    let (mut wrong, mut slowest) = (Vec::new(), (Duration::ZERO, String::new()));
    for path in programs() {
        let host = Host::new();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let program = host.fill(&std::fs::read_to_string(&path).unwrap());
        let start = Instant::now();
        let render = renderer.render(&program, DEADLINE).unwrap();
        slowest = slowest.max((start.elapsed(), name.clone()));
        if escaped(&render) {
            wrong.push(format!("{name}: escaped"));
        }
        wrong.extend(host.traces().into_iter().map(|trace| format!("{name}: {trace}")));
        if harmless(&renderer) != *before {
            wrong.push(format!("{name}: the next picture is another one"));
        }
    }
    println!("slowest: {} in {:?} of {DEADLINE:?}", slowest.1, slowest.0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn with_everything_that_this_machine_has() {
    check(Mechanisms::ALL);
}

#[test]
fn without_namespaces_and_control_groups() {
    check(Mechanisms { namespaces: false, cgroup: false, ..Mechanisms::ALL });
}
