//! Draws edits and applies them.

use galley_core::{Edit, Perturbed, Random};

use super::{Kind, Source};
use crate::tasks::Vocabulary;

/// What may be changed, and into which values.
#[derive(Clone, Debug)]
pub struct Perturber {
    pub vocabulary: Vocabulary,
    pub kinds: Vec<Kind>,
}

/// All kinds, with the values of difficulty 2.
pub fn perturb(program: &str, strength: usize, random: &mut Random) -> Option<Perturbed> {
    Perturber { vocabulary: Vocabulary::of(2), kinds: Kind::ALL.to_vec() }.perturb(program, strength, random)
}

impl Perturber {
    /// `program` with `strength` (at least one) edits in different places, or with as many as it has places for. The
    /// kinds are drawn evenly from those that find a place. `None` when nothing can be changed.
    pub fn perturb(&self, program: &str, strength: usize, random: &mut Random) -> Option<Perturbed> {
        let source = Source::parse(program);
        let by_kind = self.kinds.iter().map(|kind| kind.propose(&source, &self.vocabulary, random)).collect();
        let mut order = interleave(by_kind, random);
        let mut edits = disjoint(&order, strength.max(1));
        if edits.len() < strength {
            // A large edit took the places of small ones.
            order.sort_by_key(|edit| edit.span.len());
            edits = disjoint(&order, strength);
        }
        edits.sort_by_key(|edit| edit.span);
        // Edits can undo each other: one of two equal neighbours doubled, the other removed.
        while apply(program, &edits) == program {
            edits.pop()?;
        }
        Some(Perturbed { program: apply(program, &edits), edits })
    }
}

/// `original` with the edits, which are sorted and disjoint.
pub fn apply(original: &str, edits: &[Edit]) -> String {
    let mut program = String::with_capacity(original.len());
    let mut at = 0;
    for edit in edits {
        program += original.get(at..edit.span.start).unwrap_or_default();
        program += &edit.replacement;
        at = edit.span.end;
    }
    program + original.get(at..).unwrap_or_default()
}

/// A random order in which every kind comes as early as every other, however many places it has.
fn interleave(mut by_kind: Vec<Vec<Edit>>, random: &mut Random) -> Vec<Edit> {
    for edits in &mut by_kind {
        random.shuffle(edits);
    }
    let mut order = Vec::new();
    loop {
        by_kind.retain(|edits| !edits.is_empty());
        if by_kind.is_empty() {
            return order;
        }
        let kind = random.below(by_kind.len());
        order.extend(by_kind[kind].pop());
    }
}

/// The first `count` edits that do not overlap one chosen before.
fn disjoint(order: &[Edit], count: usize) -> Vec<Edit> {
    let mut chosen: Vec<Edit> = Vec::new();
    for edit in order {
        if chosen.len() == count {
            break;
        }
        if !chosen.iter().any(|other| touches(edit, other)) {
            chosen.push(edit.clone());
        }
    }
    chosen
}

/// Whether two edits share a byte, or one is an insertion at an end of the other.
fn touches(a: &Edit, b: &Edit) -> bool {
    let overlap = a.span.start < b.span.end && b.span.start < a.span.end;
    let at_end = |point: &Edit, other: &Edit| {
        point.span.is_empty() && (other.span.start..=other.span.end).contains(&point.span.start)
    };
    overlap || at_end(a, b) || at_end(b, a)
}
