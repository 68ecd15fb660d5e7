//! A chart program while it is written: values drawn from a seed, lines in order.

use galley_core::Random;

const WORDS: [&str; 48] = [
    "oak", "elm", "ash", "fir", "red", "blue", "north", "south", "east", "west", "home", "work", "rain",
    "snow", "wind", "sun", "tea", "milk", "salt", "rice", "corn", "bread", "river", "lake", "stone", "iron",
    "gold", "wood", "train", "ship", "road", "bike", "spring", "summer", "autumn", "winter", "alpha", "beta",
    "gamma", "delta", "first", "second", "third", "old", "new", "cost", "speed", "price",
];

/// Lines are added in the order in which they will run.
pub(super) struct Draft<'a> {
    pub(super) random: &'a mut Random,
    pub(super) difficulty: u8,
    lines: Vec<String>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(difficulty: u8, random: &'a mut Random) -> Self {
        Self { random, difficulty, lines: vec!["import matplotlib.pyplot as plt".into()] }
    }

    pub(super) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// `import ...` behind the imports there are.
    pub(super) fn import(&mut self, line: &str) {
        let at = self.lines.iter().take_while(|line| line.starts_with("import ")).count();
        self.lines.insert(at, line.into());
    }

    /// A number of things: few at difficulty 1, more later.
    pub(super) fn count(&mut self) -> usize {
        match self.difficulty {
            1 => 2 + self.random.below(2),
            2 => 3 + self.random.below(3),
            _ => 4 + self.random.below(4),
        }
    }

    /// Series side by side in one chart.
    pub(super) fn series(&mut self) -> usize {
        match self.difficulty {
            1 => 1,
            2 => 1 + self.random.below(2),
            _ => 2 + self.random.below(2),
        }
    }

    pub(super) fn word(&mut self) -> String {
        (*self.random.pick(&WORDS)).to_owned()
    }

    /// Different words.
    pub(super) fn words(&mut self, count: usize) -> Vec<String> {
        let mut words = WORDS.to_vec();
        self.random.shuffle(&mut words);
        words.into_iter().take(count).map(String::from).collect()
    }

    pub(super) fn int(&mut self, low: usize, high: usize) -> usize {
        low + self.random.below(high - low + 1)
    }

    pub(super) fn ints(&mut self, count: usize, low: usize, high: usize) -> Vec<usize> {
        (0..count).map(|_| self.int(low, high)).collect()
    }

    /// A colour as Python writes it, quotes included; six levels a channel, 12 bits, 24 bits.
    pub(super) fn color(&mut self) -> String {
        let digits: String = match self.difficulty {
            1 => (0..3).map(|_| *self.random.pick(&['0', '3', '6', '9', 'c', 'f'])).collect(),
            2 => (0..3).map(|_| char::from_digit(self.random.below(16) as u32, 16).unwrap_or('0')).collect(),
            _ => (0..3).map(|_| format!("{:02x}", self.random.below(230))).collect(),
        };
        // White on white would show nothing.
        let pale = digits.chars().all(|digit| matches!(digit, 'c'..='f'));
        if pale { self.color() } else { format!("\"#{digits}\"") }
    }

    pub(super) fn colors(&mut self, count: usize) -> Vec<String> {
        let mut colors: Vec<String> = Vec::new();
        while colors.len() < count {
            let color = self.color();
            if !colors.contains(&color) {
                colors.push(color);
            }
        }
        colors
    }

    /// Categories of that many bars: words, or at difficulty 1 their places.
    pub(super) fn categories(&mut self, count: usize) -> String {
        if self.difficulty > 1 { texts(&self.words(count)) } else { list(&(0..count).collect::<Vec<_>>()) }
    }

    /// Labels of both axes, from difficulty 2 on.
    pub(super) fn labels(&mut self, on: &str) {
        if self.difficulty >= 2 {
            let words = self.words(2);
            let set = if on == "plt" { "" } else { "set_" };
            self.line(format!("{on}.{set}xlabel(\"{}\")", words[0]));
            self.line(format!("{on}.{set}ylabel(\"{}\")", words[1]));
        }
    }

    /// The end of every program: a title, and from difficulty 2 on a save. At difficulty 1 it can be read at 20 dots per
    /// inch.
    pub(super) fn finish(mut self) -> String {
        let title = self.word();
        let size = if self.difficulty > 1 { "" } else { ", size=40" };
        self.line(format!("plt.title(\"{title}\"{size})"));
        self.close()
    }

    /// The same without a title.
    pub(super) fn close(mut self) -> String {
        if self.difficulty >= 2 {
            self.line("plt.tight_layout()");
            self.line("plt.savefig(\"chart.png\")");
        }
        self.lines.join("\n") + "\n"
    }
}

/// `[1, 2]`.
pub(super) fn list<T: std::fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    format!("[{}]", items.join(", "))
}

/// `["a", "b"]`.
pub(super) fn texts(items: &[String]) -> String {
    list(&items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>())
}
