//! Why the official evaluator would have died on a page.

use std::fmt;

/// Each of these ends the official program with an uncaught exception: the sample has no result, which the
/// official report counts as zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageError {
    /// `UnicodeDecodeError`: the first byte that is not UTF-8.
    NotUtf8 { at: usize },
    /// `ParserRejectedMarkup`: a marked section `<![…` that `html.parser` refuses.
    Rejected { at: usize },
    /// `ValueError`: a decimal character reference of more digits than `int()` accepts.
    LongReference { digits: usize },
    /// `NotImplementedError`: more text tags than there are colours.
    TooManyTags { colors: usize },
    /// `IndexError`: the last colour declaration of a `style` has no value.
    NoColorValue { declaration: String },
    /// `IndexError`: `rgb(…)` with fewer than three numbers.
    ShortRgb { color: String },
    /// `RecursionError`: elements nested deeper than Python's stack allows.
    TooDeep { levels: usize },
}

impl fmt::Display for PageError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { at } => write!(out, "the page is not UTF-8: byte {at} cannot be decoded"),
            Self::Rejected { at } => write!(out, "the parser rejects the marked section at byte {at}"),
            Self::LongReference { digits } => write!(out, "a character reference has {digits} digits"),
            Self::TooManyTags { colors } => write!(out, "more text tags than the {colors} colours"),
            Self::NoColorValue { declaration } => write!(out, "no colour value in {declaration:?}"),
            Self::ShortRgb { color } => write!(out, "fewer than three numbers in {color:?}"),
            Self::TooDeep { levels } => write!(out, "elements are nested more than {levels} levels deep"),
        }
    }
}

impl std::error::Error for PageError {}
