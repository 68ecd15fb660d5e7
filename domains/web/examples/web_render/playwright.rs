//! The other side: Playwright in a process of its own.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

const POOL: &str = include_str!("pool.py");

/// A running pool, killed on drop.
pub struct Playwright {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What it is asked to do with every page.
#[derive(Clone, Copy)]
pub struct Order {
    pub full: bool,
    pub boxes: bool,
    pub js: bool,
}

impl Playwright {
    pub fn start(python: &Path, chrome: &Path) -> Result<Self> {
        let mut child = Command::new(python)
            .args(["-c", POOL])
            .arg(chrome)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", python.display()))?;
        let orders = child.stdin.take().context("no stdin")?;
        let answers = BufReader::new(child.stdout.take().context("no stdout")?);
        let mut playwright = Self { child, orders, answers };
        playwright.answer()?;
        Ok(playwright)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Renders all pages, four at a time; seconds of wall clock.
    pub fn render(&mut self, pages: &[PathBuf], order: Order) -> Result<f64> {
        let order = json!({ "pages": pages, "full": order.full, "boxes": order.boxes, "js": order.js });
        writeln!(self.orders, "{order}")?;
        self.answer()?["seconds"].as_f64().context("no time in the answer")
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).context("playwright failed; its traceback is above")
    }
}

impl Drop for Playwright {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
