//! Which element of the attempt is which of the reference.
//!
//! First by structure: from the roots down, the children of two paired elements are aligned in order (Needleman–Wunsch
//! with the same tag required), and elements that look alike are preferred where their numbers differ. Then what is left
//! of both pages, an element in an added or dropped wrapper for instance, is aligned once more in document order.

use galley_core::{Element, Region, Render};

use crate::computed;

/// For every reference element the attempt element that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correspondence {
    pub of_reference: Vec<Option<usize>>,
    pub of_attempt: Vec<Option<usize>>,
    /// For every reference element: its counterpart was not found where the structure has it.
    pub moved: Vec<bool>,
}

/// Above this many cells the second alignment is left out.
const CELLS: usize = 1 << 22;

impl Correspondence {
    /// Pairs the elements of two pages.
    pub fn new(reference: &Render, attempt: &Render) -> Self {
        let (wanted, seen) = (looks(reference), looks(attempt));
        let mut pairing = Self {
            of_reference: vec![None; wanted.len()],
            of_attempt: vec![None; seen.len()],
            moved: vec![false; wanted.len()],
        };
        let (wanted_children, seen_children) = (children(&reference.elements), children(&attempt.elements));
        let mut pending = vec![(wanted_children.0.clone(), seen_children.0.clone())];
        while let Some((ours, theirs)) = pending.pop() {
            for (r, a) in aligned(&ours, &theirs, |r, a| structural(&wanted[r], &seen[a])) {
                pairing.pair(r, a);
                pending.push((wanted_children.1[r].clone(), seen_children.1[a].clone()));
            }
        }
        let rest_r: Vec<usize> = (0..wanted.len()).filter(|&at| pairing.of_reference[at].is_none()).collect();
        let rest_a: Vec<usize> = (0..seen.len()).filter(|&at| pairing.of_attempt[at].is_none()).collect();
        if rest_r.len().saturating_mul(rest_a.len()) <= CELLS {
            for (r, a) in aligned(&rest_r, &rest_a, |r, a| resembling(&wanted[r], &seen[a])) {
                pairing.pair(r, a);
                pairing.moved[r] = true;
            }
        }
        pairing
    }

    fn pair(&mut self, reference: usize, attempt: usize) {
        self.of_reference[reference] = Some(attempt);
        self.of_attempt[attempt] = Some(reference);
    }
}

/// The roots, and the children of every element, in document order.
fn children(elements: &[Element]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let (mut roots, mut children) = (Vec::new(), vec![Vec::new(); elements.len()]);
    for (at, element) in elements.iter().enumerate() {
        match element.parent {
            Some(parent) if parent < at => children[parent].push(at),
            _ => roots.push(at),
        }
    }
    (roots, children)
}

/// What pairing looks at.
struct Look<'a> {
    kind: &'a str,
    text: &'a str,
    ground: [f64; 3],
    /// In shares of the canvas.
    region: Region,
}

fn looks(render: &Render) -> Vec<Look<'_>> {
    let canvas = render.canvas();
    let (width, height) = (canvas.width.max(1.0), canvas.height.max(1.0));
    let look = |at: usize| {
        let Element { kind, text, region, .. } = &render.elements[at];
        let region =
            Region::new(region.x / width, region.y / height, region.width / width, region.height / height);
        Look { kind, text, ground: computed::background(&render.elements, at), region }
    };
    (0..render.elements.len()).map(look).collect()
}

/// How alike two elements look, 0..=1: text, background, width, height and place, a fifth each.
fn likeness(a: &Look<'_>, b: &Look<'_>) -> f64 {
    let near = |a: f64, b: f64| (1.0 - 8.0 * (a - b).abs()).max(0.0);
    let distance: f64 = a.ground.iter().zip(b.ground).map(|(a, b)| (a - b).abs()).sum();
    let text = if a.text == b.text { 1.0 } else { 0.0 };
    let ground = (1.0 - distance / 100.0).max(0.0);
    let place = near(a.region.x, b.region.x) * near(a.region.y, b.region.y);
    let size = near(a.region.width, b.region.width) + near(a.region.height, b.region.height);
    (text + ground + place + size) / 5.0
}

/// A pair counts 1 and up to 0.9 more where it looks alike, so that looks decide which of several siblings is missing
/// and a few exact partners outweigh one pair more.
fn structural(a: &Look<'_>, b: &Look<'_>) -> Option<f64> {
    (a.kind == b.kind).then(|| 1.0 + 0.9 * (2.0 * likeness(a, b) - 1.0).max(0.0))
}

/// Without structure to go by, only what looks alike is paired.
fn resembling(a: &Look<'_>, b: &Look<'_>) -> Option<f64> {
    let likeness = likeness(a, b);
    (a.kind == b.kind && likeness > 0.5).then_some(likeness)
}

/// The order-preserving pairing of two sequences with the greatest total score; the earliest partners among equals.
fn aligned(
    reference: &[usize],
    attempt: &[usize],
    score: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<(usize, usize)> {
    let (rows, columns) = (reference.len(), attempt.len());
    let width = columns + 1;
    // best[r][a]: the greatest score of reference[r..] against attempt[a..].
    let mut best = vec![0.0f64; (rows + 1) * width];
    let mut scores = vec![None; rows * columns];
    for r in (0..rows).rev() {
        for a in (0..columns).rev() {
            let own = score(reference[r], attempt[a]);
            scores[r * columns + a] = own;
            let paired = own.map_or(0.0, |own| own + best[(r + 1) * width + a + 1]);
            best[r * width + a] = paired.max(best[(r + 1) * width + a]).max(best[r * width + a + 1]);
        }
    }
    let (mut r, mut a, mut pairs) = (0, 0, Vec::new());
    while r < rows && a < columns {
        let here = best[r * width + a];
        let paired = scores[r * columns + a].map(|own| own + best[(r + 1) * width + a + 1]);
        if paired == Some(here) {
            pairs.push((reference[r], attempt[a]));
            (r, a) = (r + 1, a + 1);
        } else if here == best[(r + 1) * width + a] {
            r += 1;
        } else {
            a += 1;
        }
    }
    pairs
}
