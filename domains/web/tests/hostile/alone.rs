//! Every hostile page in the one tab of one browser: how it ends, and what it leaves.

use std::{fmt, time::Duration};

use galley_web::renderer::{Scripts, WebRenderer};

use crate::{
    corpus::{Page, pages},
    stage::{Ending, Neighbours, Stage},
};

/// How long after its deadline a page's result may come, on a machine that is not overloaded.
pub const GRACE: Duration = Duration::from_secs(2);

/// One page's line of the table.
pub struct Line {
    pub page: Page,
    pub ending: String,
    /// The longer of two times.
    pub took: Duration,
    /// What should not be.
    pub faults: Vec<String>,
}

/// Shows every page, the probes after it, and the page again if it gave a picture; says so on the way.
pub fn all(stage: &Stage, scripts: Scripts) -> Vec<Line> {
    let renderer = &stage.renderer(1, scripts);
    let neighbours = Neighbours::of(renderer);
    eprintln!("{} good pages are as they should be", neighbours.len());
    pages().into_iter().map(|page| line(stage, renderer, &neighbours, page, scripts)).collect()
}

impl Line {
    /// What it took beyond what it was given.
    pub fn overrun(&self) -> Duration {
        self.took.saturating_sub(self.page.deadline())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let late = if self.overrun() < GRACE { "" } else { " late" };
        let millis = self.took.as_millis();
        write!(
            f,
            "{:<32} {:<10} {millis:>6} ms{late} {}",
            self.page.file,
            self.ending,
            self.faults.join("; ")
        )
    }
}

fn line(
    stage: &Stage,
    renderer: &WebRenderer,
    neighbours: &Neighbours,
    page: Page,
    scripts: Scripts,
) -> Line {
    let mut faults = Vec::new();
    let before = stage.listener.count();
    let first = stage.show(renderer, &page);
    judge(&first, &page, scripts, &mut faults);
    probe(renderer, neighbours, &mut faults);
    let mut took = first.took;
    if first.name() == "rendered" {
        let second = stage.show(renderer, &page);
        judge(&second, &page, scripts, &mut faults);
        // What scripts draw by the clock is theirs to answer for.
        if page.expected(scripts) == "rendered" {
            faults.extend(difference(&first, &second));
        }
        took = took.max(second.took);
    }
    if stage.listener.count() > before {
        faults.push(format!("heard: {:?}", stage.listener.heard()));
    }
    let line = Line { ending: first.name(), page, took, faults };
    eprintln!("{line}");
    line
}

fn judge(ending: &Ending, page: &Page, scripts: Scripts, faults: &mut Vec<String>) {
    if !ending.is_expected(page, scripts) {
        faults.push(format!("ended as {}, expected {}", ending.name(), page.expected(scripts)));
    }
    if ending.shows_secret() {
        faults.push("shows a file".into());
    }
}

fn probe(renderer: &WebRenderer, neighbours: &Neighbours, faults: &mut Vec<String>) {
    for number in neighbours.probes() {
        if let Err(what) = neighbours.is_clean(renderer, number) {
            faults.push(format!("the next page has {what}"));
        }
    }
}

/// What two renders of one page do not share. A limit is no picture.
fn difference(first: &Ending, second: &Ending) -> Option<String> {
    let (Ok(first), Ok(second)) = (&first.render, &second.render) else { return None };
    if first == second || !second.ok() {
        return None;
    }
    let picture = if first.image == second.image { "one picture" } else { "two pictures" };
    let pairs = first.elements.iter().zip(&second.elements);
    let other =
        pairs.filter(|(one, other)| one != other).map(|(one, other)| format!("{one:?} and {other:?}")).next();
    let counts = (first.elements.len(), second.elements.len());
    Some(format!("not the same twice: {picture}, {counts:?} elements, {:.900}", other.unwrap_or_default()))
}
