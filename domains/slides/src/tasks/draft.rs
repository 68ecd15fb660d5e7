//! A brief and its demonstration while they are written.

use galley_core::Random;

const SUBJECTS: [&str; 16] = [
    "coffee",
    "solar power",
    "city bikes",
    "rail freight",
    "home care",
    "soil health",
    "open data",
    "night buses",
    "river floods",
    "school meals",
    "wind farms",
    "book sales",
    "bee keeping",
    "water use",
    "remote work",
    "tidal energy",
];
const PLACES: [&str; 12] = [
    "Norway", "Kenya", "Peru", "Japan", "Lisbon", "Quebec", "Ghana", "Chile", "Vienna", "Oslo", "Turin",
    "Nepal",
];
const ACTIONS: [&str; 12] = [
    "cut", "double", "measure", "share", "fund", "test", "plan", "repair", "train", "review", "simplify",
    "publish",
];
const THINGS: [&str; 14] = [
    "the costs",
    "early results",
    "local teams",
    "the supply chain",
    "weekly reports",
    "old contracts",
    "storage",
    "public trust",
    "small farms",
    "peak demand",
    "the pilot",
    "open standards",
    "delivery times",
    "spare parts",
];
const WORDS: [&str; 16] = [
    "north", "south", "east", "west", "spring", "summer", "autumn", "winter", "retail", "online", "export",
    "rental", "first", "second", "third", "fourth",
];

pub(super) struct Draft<'a> {
    pub(super) random: &'a mut Random,
    pub(super) difficulty: u8,
    lines: Vec<String>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(difficulty: u8, random: &'a mut Random) -> Self {
        let lines =
            ["from pptx import Presentation", "from pptx.util import Inches as I", "p = Presentation()"];
        Self { random, difficulty, lines: lines.map(String::from).to_vec() }
    }

    pub(super) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// An import behind those there are.
    pub(super) fn import(&mut self, line: &str) {
        let at = self.lines.iter().take_while(|line| line.starts_with("from ")).count();
        self.lines.insert(at, line.into());
    }

    pub(super) fn int(&mut self, low: usize, high: usize) -> usize {
        low + self.random.below(high - low + 1)
    }

    /// How many things of a kind: few at difficulty 1, more later.
    pub(super) fn count(&mut self) -> usize {
        match self.difficulty {
            1 => 2,
            2 => self.int(2, 3),
            _ => self.int(3, 5),
        }
    }

    pub(super) fn heading(&mut self) -> String {
        let (subject, place) = (*self.random.pick(&SUBJECTS), *self.random.pick(&PLACES));
        let subject = subject[..1].to_uppercase() + &subject[1..];
        format!("{subject} in {place}")
    }

    pub(super) fn point(&mut self) -> String {
        let (action, thing) = (*self.random.pick(&ACTIONS), *self.random.pick(&THINGS));
        action[..1].to_uppercase() + &action[1..] + " " + thing
    }

    pub(super) fn points(&mut self, count: usize) -> Vec<String> {
        let mut points: Vec<String> = Vec::new();
        while points.len() < count {
            let point = self.point();
            if !points.contains(&point) {
                points.push(point);
            }
        }
        points
    }

    /// Different words, capitalised.
    pub(super) fn words(&mut self, count: usize) -> Vec<String> {
        let mut words = WORDS.to_vec();
        self.random.shuffle(&mut words);
        words.into_iter().take(count).map(|word| word[..1].to_uppercase() + &word[1..]).collect()
    }

    /// The size of the slides, as likely 16:9 as not, and the slide.
    pub(super) fn slide(&mut self) {
        let (width, height) = *self.random.pick(&[(16, 9), (16, 9), (12, 9), (10, 9), (16, 7), (14, 10)]);
        self.line(format!("p.slide_width, p.slide_height = I({width}), I({height})"));
        self.line("s = p.slides.add_slide(p.slide_layouts[6]).shapes");
    }

    /// A box in inches, anywhere; larger where there is one thing alone.
    pub(super) fn place(&mut self) -> String {
        let (x, y) = (self.int(0, 9), self.int(0, 6));
        let (width, height) = (self.int(3, 7), self.int(1, 4));
        format!("I({x}), I({y}), I({width}), I({height})")
    }

    pub(super) fn finish(mut self) -> String {
        self.line("p.save(\"a.pptx\")");
        self.lines.join("\n") + "\n"
    }
}

/// `"a", "b" and "c"`.
pub(super) fn listed(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// `["a", "b"]`, which Python reads as it is.
pub(super) fn list<T: std::fmt::Debug>(items: &[T]) -> String {
    format!("{items:?}")
}
