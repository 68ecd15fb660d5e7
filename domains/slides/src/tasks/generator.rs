//! Draws briefs from a seed.

use std::collections::BTreeSet;

use galley_core::{Random, Split};
use galley_kit::split_of;

use super::{Brief, Family};

/// How many briefs in a row may be old or of the other split before a family counts as exhausted.
const PATIENCE: usize = 20_000;

/// The briefs of one seed. A function: the same generator gives the same briefs in the same order, and fewer are a prefix of
/// more.
#[derive(Clone, Debug)]
pub struct Generator {
    pub seed: u64,
    /// Taken in turn.
    pub families: Vec<Family>,
    pub difficulty: u8,
}

impl Generator {
    /// The first `count` briefs of a split, all different. Fewer when the families do not hold so many.
    pub fn briefs(&self, split: Split, count: usize) -> Vec<Brief> {
        let mut streams: Vec<Stream> = self.families.iter().map(|family| self.stream(*family)).collect();
        let mut seen = BTreeSet::new();
        let mut briefs = Vec::with_capacity(count);
        while briefs.len() < count && !streams.is_empty() {
            let left = count - briefs.len();
            let mut round: Vec<Option<Brief>> = Vec::new();
            for stream in streams.iter_mut().take(left) {
                round.push(stream.next(self.difficulty, split, &mut seen));
            }
            let mut ended = round.iter().map(Option::is_none).collect::<Vec<_>>().into_iter();
            streams.retain(|_| !ended.next().unwrap_or(false));
            briefs.extend(round.into_iter().flatten());
        }
        briefs
    }

    fn stream(&self, family: Family) -> Stream {
        Stream { family, random: Random::new(self.seed).named("slides").named(family.name()), drawn: 0 }
    }
}

struct Stream {
    family: Family,
    random: Random,
    drawn: u64,
}

impl Stream {
    fn next(&mut self, difficulty: u8, split: Split, seen: &mut BTreeSet<String>) -> Option<Brief> {
        (0..PATIENCE).find_map(|_| {
            let mut random = self.random.at(self.drawn);
            self.drawn += 1;
            let (prompt, program) = self.family.write(difficulty, &mut random);
            let brief = Brief::new(self.family.name(), difficulty, prompt, program);
            (split_of(&brief.prompt) == split && seen.insert(brief.id.clone())).then_some(brief)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator(families: &[Family], seed: u64) -> Generator {
        Generator { seed, families: families.to_vec(), difficulty: 2 }
    }

    #[test]
    fn fewer_briefs_are_a_prefix_of_more() {
        let generator = generator(Family::ALL, 7);
        let many = generator.briefs(Split::Train, 23);
        assert_eq!((generator.briefs(Split::Train, 12), many.len()), (many[..12].to_vec(), 23));
    }

    #[test]
    fn no_brief_is_in_both_halves_whatever_the_seeds() {
        let prompts = |split, seed| -> BTreeSet<String> {
            let briefs = generator(&[Family::Bullets], seed).briefs(split, 200);
            briefs.into_iter().map(|brief| brief.prompt).collect()
        };
        assert!(prompts(Split::Train, 1).is_disjoint(&prompts(Split::HeldOut, 2)));
    }

    #[test]
    fn an_exhausted_family_ends() {
        let small = Generator { difficulty: 1, ..generator(&[Family::Figures], 1) };
        let all = small.briefs(Split::HeldOut, 100_000);
        assert!(all.len() > 500 && all.len() < 8_100, "{}", all.len());
    }
}
