//! The six kinds of perturbation.

use galley_core::{Edit, Random, Span};

use super::{Source, alignment, color, component, image, layout, text};
use crate::tasks::Vocabulary;

/// VisRefiner §8.3. The names are those of [`Edit::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Color,
    Layout,
    Alignment,
    Component,
    Image,
    Text,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Color, Self::Layout, Self::Alignment, Self::Component, Self::Image, Self::Text];

    pub fn name(self) -> &'static str {
        match self {
            Self::Color => "color",
            Self::Layout => "layout",
            Self::Alignment => "alignment",
            Self::Component => "component",
            Self::Image => "image",
            Self::Text => "text",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// One or more edits for every place of this kind, values drawn from `random`; they may overlap one another.
    pub(super) fn propose(self, source: &Source, vocabulary: &Vocabulary, random: &mut Random) -> Vec<Edit> {
        let mut proposals = Proposals { source, vocabulary, random, kind: self, edits: Vec::new() };
        match self {
            Self::Color => color::propose(&mut proposals),
            Self::Layout => layout::propose(&mut proposals),
            Self::Alignment => alignment::propose(&mut proposals),
            Self::Component => component::propose(&mut proposals),
            Self::Image => image::propose(&mut proposals),
            Self::Text => text::propose(&mut proposals),
        }
        proposals.edits
    }
}

/// Collects the edits of one kind.
pub(super) struct Proposals<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) random: &'a mut Random,
    kind: Kind,
    edits: Vec<Edit>,
}

impl Proposals<'_> {
    /// Proposes to put `replacement` in the place of `span`, unless it stands there already.
    pub(super) fn replace(&mut self, span: Span, replacement: impl Into<String>) {
        let replacement = replacement.into();
        if span.slice(self.source.text).is_some_and(|old| old != replacement) {
            self.edits.push(Edit { kind: self.kind.name().into(), span, replacement });
        }
    }
}
