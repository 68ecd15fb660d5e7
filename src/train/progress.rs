//! What a person watching sees: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Seconds between lines when the output is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Progress of one stage.
pub struct Progress {
    bar: Option<ProgressBar>,
    stage: String,
    total: u64,
    done: u64,
    first: u64,
    began: Instant,
    said: Instant,
}

impl Progress {
    /// Begins a stage of `total` items of which `done` are behind us.
    pub fn new(stage: &str, total: u64, done: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total).with_position(done).with_prefix(stage.to_owned());
            let template = "{prefix:>14} {bar:28} {pos}/{len} {elapsed}<{eta} {msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        let now = Instant::now();
        let progress = Self { bar, stage: stage.to_owned(), total, done, first: done, began: now, said: now };
        if progress.bar.is_none() {
            eprintln!("{stage}: {done}/{total}");
        }
        progress
    }

    /// `done` items are finished; `message` holds the live numbers.
    pub fn at(&mut self, done: u64, message: &str) {
        self.done = done;
        match &self.bar {
            Some(bar) => {
                bar.set_position(done);
                bar.set_message(message.to_owned());
            }
            None if self.said.elapsed() >= EVERY => {
                self.said = Instant::now();
                eprintln!("{}: {done}/{} {} {message}", self.stage, self.total, self.remaining());
            }
            None => {}
        }
    }

    /// Ends the stage with a line that stays.
    pub fn finish(self, message: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{}: {} in {:.0} s", self.stage, message, self.began.elapsed().as_secs_f64());
    }

    fn remaining(&self) -> String {
        let made = self.done.saturating_sub(self.first);
        if made == 0 {
            return String::new();
        }
        let left =
            self.began.elapsed().as_secs_f64() / made as f64 * self.total.saturating_sub(self.done) as f64;
        format!("eta {left:.0} s")
    }
}
