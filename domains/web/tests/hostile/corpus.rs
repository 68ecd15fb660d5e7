//! The hostile pages and their manifest.
//!
//! Between `«` and `»` a page asks for what only the test knows: `http` and `lan` (this machine's listener, by loopback
//! and by its own address, with the page's name in the path), `named` (the listener by a host name with the page's name
//! in it), `ws`, `udp`, `secret` (a picture that nobody may see), `folder` (where it lies); or for size: `*N TEXT` is
//! `TEXT` N times, with `§` counting from 0.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use galley_web::renderer::Scripts;
use serde::Deserialize;

/// For pages that are not made to use up their time.
const LONG: u64 = 30_000;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub file: String,
    pub tries: String,
    pub expect: String,
    pub scripted: Option<String>,
    pub plain: Option<String>,
    pub deadline: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    page: Vec<Page>,
}

/// What pages are told of the world.
#[derive(Clone, Debug)]
pub struct World {
    pub port: u16,
    /// This machine's address on its network.
    pub lan: String,
    pub secret: PathBuf,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hostile/web")
}

pub fn pages() -> Vec<Page> {
    let text = fs::read_to_string(folder().join("manifest.toml")).unwrap();
    toml::from_str::<Manifest>(&text).unwrap().page
}

impl Page {
    pub fn stem(&self) -> &str {
        self.file.split('.').next().unwrap_or_default()
    }

    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline.unwrap_or(LONG))
    }

    pub fn expected(&self, scripts: Scripts) -> &str {
        let scripted = self.scripted.as_deref().filter(|_| scripts == Scripts::Sandbox);
        scripted.unwrap_or(&self.expect)
    }

    /// The program, in full size.
    pub fn program(&self, world: &World) -> String {
        let bytes = fs::read(folder().join(&self.file)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let mut program = String::with_capacity(text.len());
        let mut parts = text.split('«');
        program.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (asked, rest) = part.split_once('»').unwrap_or((part, ""));
            self.fill(asked, world, &mut program);
            program.push_str(rest);
        }
        program
    }

    fn fill(&self, asked: &str, world: &World, program: &mut String) {
        let (port, stem) = (world.port, self.stem());
        let filled = match asked {
            "http" => format!("http://127.0.0.1:{port}/{stem}"),
            "lan" => format!("http://{}:{port}/{stem}", world.lan),
            "named" => format!("http://{stem}.galley-leak.test:{port}/{stem}"),
            "ws" => format!("ws://127.0.0.1:{port}/{stem}"),
            "udp" => format!("127.0.0.1:{port}"),
            "secret" => world.secret.display().to_string(),
            "folder" => world.secret.parent().unwrap().display().to_string(),
            _ => return repeat(asked, program),
        };
        program.push_str(&filled);
    }
}

fn repeat(asked: &str, program: &mut String) {
    let (count, text) = asked.split_once(' ').unwrap();
    let count: usize = count.strip_prefix('*').unwrap().parse().unwrap();
    for index in 0..count {
        match text.split_once('§') {
            None => program.push_str(text),
            Some(_) => program.push_str(&text.replace('§', &index.to_string())),
        }
    }
}
