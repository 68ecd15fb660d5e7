//! The values that generated pages are made of; perturbations draw from the same ones.

use galley_core::Random;

/// Every value that a page of one difficulty may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// Digits of a `#rgb`.
    pub digits: &'static [u8],
    /// Widths and heights in per cent.
    pub percents: &'static [u32],
    /// Lengths in pixels: paddings, gaps, margins.
    pub pixels: &'static [u32],
    pub words: &'static [&'static str],
}

impl Vocabulary {
    /// 1: six levels a channel and 10 % steps; 2: 12-bit colours and 5 % steps; 3: the same over a wider range.
    pub fn of(difficulty: u8) -> Self {
        match difficulty {
            0 | 1 => {
                Self { digits: &[0, 3, 6, 9, 12, 15], percents: &COARSE, pixels: &PIXELS, words: &WORDS }
            }
            2 => Self { digits: &DIGITS, percents: &MEDIUM, pixels: &PIXELS, words: &WORDS },
            _ => Self { digits: &DIGITS, percents: &FINE, pixels: &PIXELS, words: &WORDS },
        }
    }

    pub fn word(&self, random: &mut Random) -> &'static str {
        self.words[random.below(self.words.len())]
    }
}

const DIGITS: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const COARSE: [u32; 7] = [30, 40, 50, 60, 70, 80, 90];
const MEDIUM: [u32; 13] = [30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90];
const FINE: [u32; 16] = [20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95];
const PIXELS: [u32; 8] = [4, 8, 12, 16, 24, 32, 48, 64];

/// Short, so that one fits into a narrow box at the default font size.
const WORDS: [&str; 32] = [
    "home", "shop", "news", "blog", "cart", "mail", "help", "user", "login", "about", "price", "order",
    "green", "river", "stone", "cloud", "apple", "bread", "chair", "table", "light", "music", "paper",
    "plant", "queen", "radio", "sugar", "tiger", "uncle", "video", "water", "zebra",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harder_page_has_at_least_the_values_of_an_easier_one() {
        for (easy, hard) in [(1, 2), (2, 3)] {
            let (easy, hard) = (Vocabulary::of(easy), Vocabulary::of(hard));
            assert!(easy.digits.iter().all(|digit| hard.digits.contains(digit)));
            assert!(easy.percents.iter().all(|percent| hard.percents.contains(percent)));
        }
    }

    #[test]
    fn words_are_distinct() {
        let mut words = WORDS.to_vec();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), WORDS.len());
    }
}
