//! The colours and counts that the sections of one page share.

use galley_core::Random;

use super::Scene;
use crate::tasks::{Colour, Vocabulary};

/// Drawn once a page.
pub(super) struct Theme {
    pub(super) vocabulary: Vocabulary,
    pub(super) difficulty: u8,
    /// Under everything.
    pub(super) paper: Colour,
    /// Under cards and tables.
    pub(super) surface: Colour,
    /// Under headers and buttons.
    pub(super) accent: Colour,
}

impl Theme {
    pub(super) fn draw(scene: &Scene, random: &mut Random) -> Self {
        let vocabulary = scene.vocabulary();
        let paper = Colour::draw(vocabulary.digits, random);
        let surface = Colour::draw_unlike(vocabulary.digits, paper, random);
        let accent = loop {
            let accent = Colour::draw_unlike(vocabulary.digits, paper, random);
            if accent.distance(surface) >= 6 {
                break accent;
            }
        };
        Self { vocabulary, difficulty: scene.difficulty, paper, surface, accent }
    }

    /// How many of a thing: 2 at the lowest difficulty, up to `difficulty + 1` above.
    pub(super) fn count(&self, random: &mut Random) -> usize {
        2 + random.below(usize::from(self.difficulty.max(1)))
    }

    /// `least` to `most` words.
    pub(super) fn words(&self, least: usize, most: usize, random: &mut Random) -> String {
        let count = least + random.below(most - least + 1);
        let words: Vec<&str> = (0..count).map(|_| self.vocabulary.word(random)).collect();
        words.join(" ")
    }

    /// A small length.
    pub(super) fn space(&self, random: &mut Random) -> String {
        format!("{}px", random.pick(&self.vocabulary.pixels[..5]))
    }

    /// Background and the ink on it.
    pub(super) fn filled(&self, colour: Colour) -> Vec<(&'static str, String)> {
        vec![("background", colour.to_string()), ("color", colour.ink().to_string())]
    }
}
