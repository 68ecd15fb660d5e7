//! Limits of axes that the program has set, and not as the target's: what is drawn may be right and yet stand elsewhere.

use galley_core::{Defect, Element, Span};

use super::{
    Mismatch,
    compare::Sheet,
    data::{SAME_PLACE, near},
    facts::Range,
};
use crate::detectors::role;

impl Sheet<'_> {
    /// Of each pair of axes, in the order in which they are drawn.
    pub(super) fn limits(&self) -> Vec<Defect> {
        let pairs = axes(self.target).zip(axes(self.attempt));
        pairs.flat_map(|(wanted, seen)| self.of_axes(wanted, seen)).collect()
    }

    fn of_axes(&self, wanted: usize, seen: usize) -> Vec<Defect> {
        let ranges = (Range::of(&self.target[wanted]), Range::of(&self.attempt[seen]));
        let (Some(right), Some(wrong)) = ranges else { return Vec::new() };
        let names = ["x", "y"].into_iter().zip(right.into_iter().zip(wrong));
        names.flat_map(|(name, (right, wrong))| self.of_axis(name, (wanted, right), (seen, wrong))).collect()
    }

    /// Limits that both leave to their data differ only with the data.
    fn of_axis(
        &self,
        name: &str,
        (wanted, right): (usize, Range),
        (seen, wrong): (usize, Range),
    ) -> Vec<Defect> {
        let off = [0, 1].map(|end| right.apart(right.ends[end], wrong.ends[end]) > SAME_PLACE);
        if !(right.set || wrong.set) || !off.contains(&true) {
            return Vec::new();
        }
        let region = axis(self.attempt, seen, name).unwrap_or(&self.attempt[seen]).region;
        let ends = |range: Range| format!("{} to {}", range.ends[0], range.ends[1]);
        let message = format!("{name} axis: from {} instead of {}", ends(wrong), ends(right));
        let place = axis(self.target, wanted, name).filter(|_| right.set).and_then(|axis| axis.span);
        let literals = place.map(|place| self.ends(place, right, off)).unwrap_or_default();
        let defect = |literal| self.defect(Mismatch::Data, region, message.clone(), literal);
        match literals.is_empty() {
            false => literals.into_iter().map(|span| defect(Some(span))).collect(),
            true => vec![defect(None)],
        }
    }

    /// The numbers of the call that set the ends which differ: those that say just that, or, of two, by their order.
    fn ends(&self, call: Span, right: Range, off: [bool; 2]) -> Vec<Span> {
        let all = self.literals.each(call);
        let says = |end: usize, at: usize| match all.len() {
            2 => at == end,
            _ => near(all[at].1.abs(), right.ends[end].abs()),
        };
        let wrong = |at: &usize| [0, 1].into_iter().any(|end| off[end] && says(end, *at));
        (0..all.len()).filter(wrong).map(|at| all[at].0).collect()
    }
}

fn axes(elements: &[Element]) -> impl Iterator<Item = usize> {
    (0..elements.len()).filter(|at| role(&elements[*at]) == "axes")
}

fn axis<'a>(elements: &'a [Element], axes: usize, name: &str) -> Option<&'a Element> {
    let mut own = elements.iter().filter(|element| element.parent == Some(axes) && role(element) == "axis");
    own.find(|element| element.kind.starts_with(name))
}
