//! Where hostile pages are shown: a listener, a secret, a renderer, and good pages that must not notice.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use galley_core::{DomainError, FaultKind, Render, Renderer};
use galley_web::{
    browser::resolve,
    renderer::{RendererOptions, Scripts, WebRenderer},
};
use tempfile::TempDir;

use crate::{
    corpus::{Page, World},
    listener::{Listener, own_address},
};

/// For good pages, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A colour that no page has.
const SECRET: [u8; 3] = [1, 254, 3];

pub struct Stage {
    pub listener: Listener,
    pub world: World,
    /// The browser, as the listener needs it.
    pub browser: PathBuf,
    _folder: TempDir,
}

/// How one page ended.
pub struct Ending {
    pub render: Result<Render, DomainError>,
    pub took: Duration,
}

/// Good pages and what they look like when nothing else happens.
pub struct Neighbours(Vec<(String, Render)>);

impl Stage {
    pub fn build() -> Self {
        let folder = tempfile::Builder::new().prefix("galley-hostile-").tempdir().unwrap();
        let listener = Listener::start();
        let secret = folder.path().join("reference.png");
        image::RgbImage::from_pixel(60, 60, image::Rgb(SECRET)).save(&secret).unwrap();
        let browser = listener.wrap(&resolve(None).unwrap(), folder.path());
        let world = World { port: listener.port, lan: own_address(), secret };
        Self { listener, world, browser, _folder: folder }
    }

    /// One browser with so many tabs, that remembers nothing.
    pub fn renderer(&self, tabs: usize, scripts: Scripts) -> WebRenderer {
        let options = RendererOptions {
            viewport: (640, 480),
            browsers: 1,
            tabs,
            scripts,
            cache: 0,
            chrome: Some(self.browser.clone()),
            ..RendererOptions::default()
        };
        WebRenderer::start(options).unwrap()
    }

    pub fn show(&self, renderer: &WebRenderer, page: &Page) -> Ending {
        let program = page.program(&self.world);
        let start = Instant::now();
        let render = renderer.render(&program, page.deadline());
        Ending { render, took: start.elapsed() }
    }
}

impl Ending {
    pub fn name(&self) -> String {
        let render = match &self.render {
            Ok(render) if render.ok() => return "rendered".into(),
            Ok(render) => render,
            Err(error) => return format!("error: {error}"),
        };
        let name = match render.faults.first().map(|fault| fault.kind) {
            Some(FaultKind::Syntax) => "syntax",
            Some(FaultKind::Runtime) => "runtime",
            Some(FaultKind::Limit) => "limit",
            Some(FaultKind::Blank) => "blank",
            Some(FaultKind::Forbidden) => "forbidden",
            Some(FaultKind::NoProgram | FaultKind::Warning) | None => "nothing",
        };
        name.into()
    }

    /// Whether the page ended as its manifest says.
    pub fn is_expected(&self, page: &Page, scripts: Scripts) -> bool {
        let name = self.name();
        // Where a script leads its own page is the program's affair; that the harness fails is not.
        let ends = ["rendered", "runtime", "limit", "blank"];
        if scripts == Scripts::Sandbox && ends.contains(&name.as_str()) {
            return true;
        }
        match page.expected(scripts) {
            "any" => name == "rendered" || name == "limit",
            expected => name == expected,
        }
    }

    pub fn shows_secret(&self) -> bool {
        let image = self.render.as_ref().ok().and_then(|render| render.image.as_ref());
        image.is_some_and(|image| image.rgb.chunks(3).any(|pixel| pixel == SECRET))
    }
}

impl Neighbours {
    /// The good pages of the detectors, and the probes, which show every trace of another page that a page can see.
    pub fn of(renderer: &WebRenderer) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = Vec::new();
        for folder in [root.join("fixtures"), root.join("../../tests/hostile/web/neighbours")] {
            collect(&folder, &mut paths);
        }
        paths.sort();
        let clean = |path: &PathBuf| {
            let program = fs::read_to_string(path).unwrap();
            let render = renderer.render(&program, PATIENCE).unwrap();
            assert!(render.ok(), "{}: {:?}", path.display(), render.faults);
            (program, render)
        };
        Self(paths.iter().map(clean).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the page of this number looks as it does when nothing else happens.
    pub fn is_clean(&self, renderer: &WebRenderer, number: usize) -> Result<(), String> {
        let (program, clean) = &self.0[number % self.0.len()];
        match renderer.render(program, PATIENCE) {
            Ok(render) if render == *clean => Ok(()),
            Ok(render) => Err(format!("another picture, {:?}: {program:.200}", render.faults)),
            Err(error) => Err(format!("{error}: {program:.200}")),
        }
    }

    pub fn probes(&self) -> std::ops::Range<usize> {
        let of_probe = |(program, _): &&(String, Render)| program.contains("probe");
        self.0.len() - self.0.iter().filter(of_probe).count()..self.0.len()
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, paths);
        } else if name == "good.html" || name.starts_with("probe") {
            paths.push(path);
        }
    }
}
