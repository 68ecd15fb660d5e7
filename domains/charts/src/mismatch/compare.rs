//! Compares the artists of an attempt with those of the target.

use galley_core::{Defect, Element, Region, Render, Span, Task};

use super::{
    literals::Literals,
    pairs::{Pair, pairs},
};
use crate::detectors::{color, describe, hex, role};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    Color,
    /// What the data of a mark say, or the limits of its axes.
    Data,
    /// A mark that is missing, or that the target does not have.
    Mark,
    Text,
}

impl Mismatch {
    pub fn detector(self) -> &'static str {
        match self {
            Self::Color => "charts/color-mismatch",
            Self::Data => "charts/data-mismatch",
            Self::Mark => "charts/mark-mismatch",
            Self::Text => "charts/text-mismatch",
        }
    }

    fn axis(self) -> &'static str {
        match self {
            Self::Color => "color",
            Self::Data => "data",
            Self::Mark => "type",
            Self::Text => "text",
        }
    }
}

/// Of 255, in a channel.
const SAME_COLOR: f64 = 8.0;

/// Everything of one kind that differs from the target; nothing without a target.
pub fn mismatches(task: &Task, render: &Render, kind: Mismatch) -> Vec<Defect> {
    let Some(reference) = &task.reference else { return Vec::new() };
    let target = &reference.render.elements;
    let literals = Literals::of(reference.program.as_deref().unwrap_or_default());
    let sheet = Sheet { target, attempt: &render.elements, literals, size: size(&reference.render) };
    let found = pairs(target, &render.elements).into_iter();
    let mut defects: Vec<Defect> = found.flat_map(|pair| sheet.compare(pair, kind)).collect();
    if kind == Mismatch::Data {
        defects.extend(sheet.limits());
    }
    defects
}

fn size(render: &Render) -> f64 {
    render.image.as_ref().map_or(0.0, |image| f64::from(image.width.max(image.height)))
}

/// Both sides of the comparison.
pub(super) struct Sheet<'a> {
    pub(super) target: &'a [Element],
    pub(super) attempt: &'a [Element],
    /// Of the target's program.
    pub(super) literals: Literals<'a>,
    /// Larger side of the target's picture.
    pub(super) size: f64,
}

impl Sheet<'_> {
    fn compare(&self, pair: Pair, kind: Mismatch) -> Vec<Defect> {
        match (kind, pair) {
            (Mismatch::Mark, Pair::Missing(at)) => self.missing(at),
            (Mismatch::Mark, Pair::Surplus(at)) => self.surplus(at),
            (Mismatch::Text, Pair::Missing(at)) => self.unwritten(at),
            (Mismatch::Text, Pair::Both(wanted, seen)) => self.text(wanted, seen),
            (Mismatch::Color, Pair::Both(wanted, seen)) => self.color(wanted, seen),
            (Mismatch::Data, Pair::Both(wanted, seen)) => self.data(wanted, seen),
            _ => Vec::new(),
        }
    }

    fn missing(&self, at: usize) -> Vec<Defect> {
        let wanted = &self.target[at];
        if role(wanted) != "data" {
            return Vec::new();
        }
        let message = format!("{} is missing", describe(wanted));
        vec![self.defect(Mismatch::Mark, wanted.region, message, wanted.span)]
    }

    fn surplus(&self, at: usize) -> Vec<Defect> {
        let seen = &self.attempt[at];
        if role(seen) != "data" {
            return Vec::new();
        }
        let message = format!("{} is not on the target", describe(seen));
        vec![self.defect(Mismatch::Mark, seen.region, message, None)]
    }

    /// Texts that no literal says (ticks of numbers, shares) follow from the data.
    fn unwritten(&self, at: usize) -> Vec<Defect> {
        let wanted = &self.target[at];
        let Some(literal) = self.said(at) else { return Vec::new() };
        let message = format!("{} is missing", describe(wanted));
        vec![self.defect(Mismatch::Text, wanted.region, message, Some(literal))]
    }

    fn text(&self, wanted: usize, seen: usize) -> Vec<Defect> {
        let (expected, found) = (&self.target[wanted], &self.attempt[seen]);
        let literal = self.said(wanted).filter(|_| expected.text != found.text);
        let Some(literal) = literal else { return Vec::new() };
        let message = format!("{}: should be `{:.40}`", describe(found), expected.text);
        vec![self.defect(Mismatch::Text, found.region, message, Some(literal))]
    }

    fn said(&self, at: usize) -> Option<Span> {
        let text = &self.target[at].text;
        (!text.is_empty()).then(|| self.literals.text(text, self.before(at, |other| &other.text == text)))?
    }

    fn color(&self, wanted: usize, seen: usize) -> Vec<Defect> {
        let (expected, found) = (&self.target[wanted], &self.attempt[seen]);
        if role(expected) != "data" {
            return Vec::new();
        }
        for name in ["facecolor", "color"] {
            let (Some(right), Some(wrong)) = (color(expected, name), color(found, name)) else { continue };
            if right.iter().zip(wrong).all(|(a, b)| (a - b).abs() <= SAME_COLOR) {
                continue;
            }
            let message = format!("{}: {} instead of {}", describe(found), hex(wrong), hex(right));
            let literal = expected.span.and_then(|span| {
                let number = self
                    .before(wanted, |other| other.span == Some(span) && color(other, name) == Some(right));
                self.literals.color(right, span, number)
            });
            return vec![self.defect(Mismatch::Color, found.region, message, literal)];
        }
        Vec::new()
    }

    /// How many artists before this one of the target are like it.
    pub(super) fn before(&self, at: usize, alike: impl Fn(&Element) -> bool) -> usize {
        self.target[..at].iter().filter(|other| alike(other)).count()
    }

    pub(super) fn defect(
        &self,
        kind: Mismatch,
        region: Region,
        message: String,
        literal: Option<Span>,
    ) -> Defect {
        Defect {
            detector: kind.detector().into(),
            axis: kind.axis().into(),
            region,
            severity: 1.0,
            message,
            target: literal.and_then(|span| self.literals.quoted(span)).map(str::to_owned),
            target_span: literal,
        }
    }
}
