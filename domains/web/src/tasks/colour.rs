//! 12-bit colours, the only ones that generated pages use.

use std::fmt;

use galley_core::Random;

/// Three hexadecimal digits, each 0..=15; written as `#rgb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    pub const BLACK: Self = Self([0; 3]);
    pub const WHITE: Self = Self([15; 3]);

    /// Reads `#rgb`; other notations are not 12-bit.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 3)?;
        let mut colour = [0; 3];
        for (digit, character) in colour.iter_mut().zip(digits.chars()) {
            *digit = u8::try_from(character.to_digit(16)?).ok()?;
        }
        Some(Self(colour))
    }

    /// Three independent digits of `digits`.
    pub fn draw(digits: &[u8], random: &mut Random) -> Self {
        Self(std::array::from_fn(|_| *random.pick(digits)))
    }

    /// A colour that is told from `other` at a glance: at least two fifths of one channel's range, summed over channels.
    /// Needs at least two digits that lie so far apart.
    pub fn draw_unlike(digits: &[u8], other: Self, random: &mut Random) -> Self {
        loop {
            let colour = Self::draw(digits, random);
            if colour.distance(other) >= 6 {
                return colour;
            }
        }
    }

    /// Sum of the differences of the digits, 0..=45.
    pub fn distance(self, other: Self) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| u32::from(a.abs_diff(b))).sum()
    }

    /// Every digit d becomes 15 − d.
    pub fn complement(self) -> Self {
        Self(self.0.map(|digit| 15 - digit))
    }

    /// Black or white, whichever is read better on this colour (luma above one half takes black).
    pub fn ink(self) -> Self {
        let [r, g, b] = self.0.map(f64::from);
        if 0.3 * r + 0.59 * g + 0.11 * b > 7.5 { Self::BLACK } else { Self::WHITE }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:x}{g:x}{b:x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_written_as_it_is_read() {
        let colour = Colour([10, 3, 12]);
        assert_eq!(colour.to_string(), "#a3c");
        assert_eq!(Colour::parse("#a3c"), Some(colour));
        assert_eq!(Colour::parse("#a3"), None);
        assert_eq!(Colour::parse("#a3g"), None);
        assert_eq!(Colour::parse("#aa33cc"), None);
    }

    #[test]
    fn ink_is_read_on_its_ground() {
        assert_eq!(Colour::WHITE.ink(), Colour::BLACK);
        assert_eq!(Colour::BLACK.ink(), Colour::WHITE);
        assert_eq!(Colour([15, 15, 0]).ink(), Colour::BLACK);
        assert_eq!(Colour([0, 0, 15]).ink(), Colour::WHITE);
    }
}
