//! Draws generated charts from a seed.

use std::collections::BTreeSet;

use galley_core::{Random, Split};
use galley_kit::split_of;

use super::{Chart, Family};

/// How many charts in a row may be old or of the other split before a family counts as exhausted.
const PATIENCE: usize = 20_000;

/// The charts of one seed. A function: the same generator gives the same charts in the same order, and fewer charts are a
/// prefix of more.
#[derive(Clone, Debug)]
pub struct Generator {
    pub seed: u64,
    /// Taken in turn.
    pub families: Vec<Family>,
    pub difficulty: u8,
}

impl Generator {
    /// The first `count` charts of a split, all different. Fewer when the families do not hold so many.
    pub fn charts(&self, split: Split, count: usize) -> Vec<Chart> {
        let mut streams: Vec<Stream> = self.families.iter().map(|family| self.stream(*family)).collect();
        let mut seen = BTreeSet::new();
        let mut charts = Vec::with_capacity(count);
        while charts.len() < count && !streams.is_empty() {
            streams.retain_mut(|stream| {
                let chart =
                    if charts.len() < count { stream.next(self.difficulty, split, &mut seen) } else { None };
                let alive = chart.is_some();
                charts.extend(chart);
                alive
            });
        }
        charts
    }

    fn stream(&self, family: Family) -> Stream {
        Stream { family, random: Random::new(self.seed).named("charts").named(family.name()), drawn: 0 }
    }
}

struct Stream {
    family: Family,
    random: Random,
    drawn: u64,
}

impl Stream {
    fn next(&mut self, difficulty: u8, split: Split, seen: &mut BTreeSet<String>) -> Option<Chart> {
        (0..PATIENCE).find_map(|_| {
            let chart = self.draw(difficulty);
            (split_of(&chart.program) == split && seen.insert(chart.id.clone())).then_some(chart)
        })
    }

    fn draw(&mut self, difficulty: u8) -> Chart {
        let mut random = self.random.at(self.drawn);
        self.drawn += 1;
        Chart::new(self.family, difficulty, self.family.program(difficulty, &mut random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator(families: &[Family]) -> Generator {
        Generator { seed: 7, families: families.to_vec(), difficulty: 2 }
    }

    #[test]
    fn fewer_charts_are_a_prefix_of_more() {
        let generator = generator(Family::ALL);
        let many = generator.charts(Split::Train, 50);
        assert_eq!(generator.charts(Split::Train, 20), many[..20]);
        assert_eq!(many.len(), 50);
    }

    #[test]
    fn another_seed_gives_other_charts() {
        let one = generator(&[Family::Bar]);
        let other = Generator { seed: 8, ..one.clone() };
        assert_ne!(one.charts(Split::Train, 5), other.charts(Split::Train, 5));
    }
}
