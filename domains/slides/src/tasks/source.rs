//! Where briefs come from.

use std::collections::BTreeMap;

use galley_core::{DomainError, Split};

use super::{Brief, Generator, Listing};

/// Behind every brief, unless a recipe says otherwise.
pub const INSTRUCTION: &str = "Write a Python program with python-pptx that makes this as one slide of 13.333 x 7.5 inches \
                               and saves it as deck.pptx. Answer with the code alone.";

/// A generator, or a file of prompts.
#[derive(Clone, Debug)]
pub enum Source {
    Generator(Generator),
    Listing(Listing),
}

impl Source {
    /// The file `data` names, else the generator.
    ///
    /// # Errors
    /// Those of [`Listing::open`].
    pub fn open(data: Option<&str>, generator: Generator) -> Result<Self, DomainError> {
        data.map_or_else(|| Ok(Self::Generator(generator)), |path| Listing::open(path).map(Self::Listing))
    }

    /// The first `count` briefs of a split; fewer where there are no more.
    pub fn briefs(&self, split: Split, count: usize) -> Vec<Brief> {
        match self {
            Self::Generator(generator) => generator.briefs(split, count),
            Self::Listing(listing) => listing.briefs(split, count),
        }
    }
}

/// The demonstrations of briefs, by the ids of their tasks.
#[derive(Clone, Debug, Default)]
pub struct Demonstrations(BTreeMap<String, String>);

impl Demonstrations {
    pub fn add(&mut self, briefs: &[Brief]) {
        let known = briefs.iter().filter_map(|brief| Some((brief.id.clone(), brief.demonstration.clone()?)));
        self.0.extend(known);
    }

    /// `None` for a brief of a file.
    pub fn of(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}
