//! Draws generated pages from a seed.

use std::collections::BTreeSet;

use galley_core::{Random, Split};
use galley_kit::split_of;

use super::{Family, Page, Scene};

/// How many pages in a row may be old or of the other split before a family counts as exhausted.
const PATIENCE: usize = 20_000;

/// The pages of one seed. A function: the same generator gives the same pages in the same order, and fewer pages are a
/// prefix of more.
#[derive(Clone, Debug)]
pub struct Generator {
    pub seed: u64,
    /// Taken in turn.
    pub families: Vec<Family>,
    pub scene: Scene,
}

impl Generator {
    /// The first `count` pages of a split, all different. Fewer when the families do not hold so many (there are
    /// only 4096 backgrounds).
    pub fn pages(&self, split: Split, count: usize) -> Vec<Page> {
        let mut streams: Vec<Stream> = self.families.iter().map(|family| self.stream(*family)).collect();
        let mut seen = BTreeSet::new();
        let mut pages = Vec::with_capacity(count);
        while pages.len() < count && !streams.is_empty() {
            streams.retain_mut(|stream| {
                let page =
                    if pages.len() < count { stream.next(&self.scene, split, &mut seen) } else { None };
                let alive = page.is_some();
                pages.extend(page);
                alive
            });
        }
        pages
    }

    fn stream(&self, family: Family) -> Stream {
        Stream { family, random: Random::new(self.seed).named("web-pages").named(family.name()), drawn: 0 }
    }
}

struct Stream {
    family: Family,
    random: Random,
    drawn: u64,
}

impl Stream {
    fn next(&mut self, scene: &Scene, split: Split, seen: &mut BTreeSet<String>) -> Option<Page> {
        (0..PATIENCE).find_map(|_| {
            let page = self.draw(scene);
            (split_of(&page.program) == split && seen.insert(page.id.clone())).then_some(page)
        })
    }

    fn draw(&mut self, scene: &Scene) -> Page {
        let mut random = self.random.at(self.drawn);
        self.drawn += 1;
        Page::new(self.family, scene.difficulty, self.family.page(scene, &mut random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator(families: &[Family]) -> Generator {
        Generator { seed: 7, families: families.to_vec(), scene: Scene { difficulty: 2, width: 256 } }
    }

    #[test]
    fn fewer_pages_are_a_prefix_of_more() {
        let generator = generator(&Family::ALL);
        let many = generator.pages(Split::Train, 50);
        assert_eq!(generator.pages(Split::Train, 20), many[..20]);
        assert_eq!(many.len(), 50);
    }

    #[test]
    fn an_exhausted_family_gives_what_it_has() {
        let mut generator = generator(&[Family::Color]);
        generator.scene.difficulty = 1;
        let train = generator.pages(Split::Train, 300);
        let held_out = generator.pages(Split::HeldOut, 300);
        assert_eq!(train.len() + held_out.len(), 6 * 6 * 6 - 1);
    }

    #[test]
    fn another_seed_gives_other_pages() {
        let one = generator(&[Family::ColorTextSize]);
        let other = Generator { seed: 8, ..one.clone() };
        assert_ne!(one.pages(Split::Train, 5), other.pages(Split::Train, 5));
    }
}
