//! Browsers that others run: the same pages, no network, and an error with a name when they die.

use std::{
    fs,
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::common::{PATIENCE, SMALL, small};
use galley_core::{DomainError, FaultKind, Renderer};
use galley_sandbox::ProcessGroup;
use galley_web::{
    browser::resolve,
    doctor,
    renderer::{RendererOptions, Scripts, WebRenderer},
};
use tempfile::TempDir;

/// A browser as somebody else would start it, with a port.
struct Other {
    group: ProcessGroup,
    port: String,
    path: String,
    _profile: TempDir,
}

impl Other {
    fn start() -> Self {
        let profile = tempfile::Builder::new().prefix("galley-other-").tempdir().unwrap();
        let mut command = Command::new(resolve(None).unwrap());
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--remote-debugging-port=0",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let group = ProcessGroup::spawn(command, Vec::new()).unwrap();
        let start = Instant::now();
        let told = loop {
            let told = fs::read_to_string(profile.path().join("DevToolsActivePort")).unwrap_or_default();
            if told.lines().count() == 2 {
                break told;
            }
            assert!(start.elapsed() < PATIENCE, "the browser opens no port");
            std::thread::sleep(Duration::from_millis(20));
        };
        let (port, path) = told.split_once('\n').unwrap();
        Self { group, port: port.into(), path: path.trim().into(), _profile: profile }
    }

    fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn ws(&self) -> String {
        format!("ws://127.0.0.1:{}{}", self.port, self.path)
    }
}

fn renderer(endpoints: Vec<String>) -> WebRenderer {
    small(RendererOptions { endpoints, tabs: 1, ..RendererOptions::default() })
}

const PAGES: [&str; 4] = [
    "<!doctype html><body style='margin:0;background:#ccc'><h1>Hello</h1><p style='color:teal'>a <b>bold</b> word",
    "<style>@property --x{syntax:'*';inherits:false} p{color:red} .a{color:blue}</style><p class=a>x<button>Buy</button>",
    "<div style='width:400px;height:900px;background:linear-gradient(red,blue)'>tall</div><input value=typed>",
    "<table><tr><td>1<td>2</table><img width=20 height=20 src='data:image/svg+xml,<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"20\" height=\"20\"/></svg>'>",
];

#[test]
fn a_page_is_the_same_here_and_there() {
    let other = Other::start();
    let remote = renderer(vec![other.ws()]);
    for page in PAGES {
        let (ours, theirs) = (SMALL.render(page, PATIENCE).unwrap(), remote.render(page, PATIENCE).unwrap());
        assert!(
            ours.ok() && ours.elements == theirs.elements,
            "{page}:\n{:?}\n{:?}",
            ours.elements,
            theirs.elements
        );
        assert!(ours.image == theirs.image, "another picture: {page}");
        assert!(theirs == remote.render(page, PATIENCE).unwrap(), "not the same twice: {page}");
    }
    assert!(remote.version().starts_with("remote HeadlessChrome/"), "{}", remote.version());
    assert!(remote.pool().browsers().is_empty());
}

#[test]
fn whole_pages_and_scripts_are_the_same() {
    let other = Other::start();
    let options = |endpoints| RendererOptions {
        full_page: true,
        scripts: Scripts::Sandbox,
        endpoints,
        tabs: 1,
        ..RendererOptions::default()
    };
    let (ours, theirs) = (small(options(Vec::new())), small(options(vec![other.http()])));
    for page in [
        PAGES[2],
        "<p>a</p><script>\nalert(1);\nfor (const t of ['b', 'c']) document.body.append(Object.assign(document.createElement('i'), {textContent: t}));\n</script>",
        PAGES[0],
    ] {
        let (ours, theirs) = (ours.render(page, PATIENCE).unwrap(), theirs.render(page, PATIENCE).unwrap());
        assert!(ours.ok() && ours.elements == theirs.elements, "{page}:\n{ours:?}\n{theirs:?}");
        assert!(ours.image == theirs.image, "another picture: {page}");
    }
}

#[test]
fn a_page_that_hangs_costs_the_next_one_nothing() {
    let other = Other::start();
    let options = RendererOptions {
        endpoints: vec![other.http()],
        scripts: Scripts::Sandbox,
        tabs: 1,
        ..RendererOptions::default()
    };
    let remote = small(options);
    let hung = remote.render("<p>x</p><script>while (1);</script>", Duration::from_secs(2)).unwrap();
    assert_eq!(hung.faults[0].kind, FaultKind::Limit);
    assert!(remote.render("<p>x</p><script>document.body.append('y')</script>", PATIENCE).unwrap().ok());
}

/// A browser that shows a page to itself, with the network that it has.
fn open_browser(page: &str) -> (ProcessGroup, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, page).unwrap();
    let mut command = Command::new(resolve(None).unwrap());
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", folder.path().join("profile").display())).arg(file);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    (ProcessGroup::spawn(command, Vec::new()).unwrap(), folder)
}

#[test]
fn pages_reach_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let at = listener.local_addr().unwrap();
    let page = format!(
        "<link rel=stylesheet href='http://{at}/a.css'><link rel=preconnect href='http://{at}'><link rel=prefetch href='http://{at}/p'>\
         <style>@import 'http://{at}/i.css'; @font-face {{ font-family: f; src: url(http://{at}/f) }} p {{ font-family: f; background: url(http://{at}/b.png) }}</style>\
         <p>x<img src='http://{at}/i.png'><iframe src='http://{at}/frame'></iframe><object data='http://{at}/o'></object>\
         <video src='http://{at}/v' autoplay></video><meta http-equiv=refresh content='0;url=http://{at}/r'>\
         <script src='http://{at}/s.js'></script>\
         <script>fetch('http://{at}/f'); new WebSocket('ws://{at}/w'); navigator.sendBeacon('http://{at}/n'); new Worker('http://{at}/x')</script>"
    );
    let open = open_browser(&page);
    let start = Instant::now();
    while listener.accept().is_err() {
        assert!(start.elapsed() < PATIENCE, "a browser that is not sealed reaches nothing either");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(open);
    std::thread::sleep(Duration::from_millis(200));
    while listener.accept().is_ok() {}
    let other = Other::start();
    for scripts in [Scripts::Off, Scripts::Sandbox] {
        let endpoints = vec![other.http()];
        let remote = small(RendererOptions { endpoints, scripts, tabs: 1, ..RendererOptions::default() });
        remote.render(&page, PATIENCE).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        assert!(listener.accept().is_err(), "{scripts:?}: something was reached");
    }
}

#[test]
fn a_dead_browser_is_replaced_by_another_or_named() {
    let (mut first, mut second) = (Other::start(), Other::start());
    let remote = renderer(vec![first.http(), second.ws()]);
    let known = remote.render(PAGES[0], PATIENCE).unwrap();
    first.group.kill();
    assert!(remote.render(PAGES[0], PATIENCE).unwrap() == known);
    second.group.kill();
    let error = remote.render(PAGES[0], PATIENCE).unwrap_err();
    assert!(matches!(error, DomainError::Harness { .. }));
    for address in [first.http(), second.ws()] {
        assert!(error.to_string().contains(&address), "{error}");
    }
    let error =
        WebRenderer::start(RendererOptions { endpoints: vec![first.http()], ..RendererOptions::default() });
    assert!(error.unwrap_err().to_string().contains(&first.http()));
}

#[test]
fn the_doctor_looks_at_each() {
    let other = Other::start();
    let checks = doctor::remote(&[other.http(), "http://127.0.0.1:9".into(), "wss://a/b".into()]);
    assert!(checks[0].ok && checks[0].found.starts_with("HeadlessChrome/"), "{}", checks[0].found);
    assert!(!checks[1].ok && checks[1].found.contains("http://127.0.0.1:9"), "{}", checks[1].found);
    assert!(!checks[2].ok && checks[2].found.contains("tunnel"), "{}", checks[2].found);
}
