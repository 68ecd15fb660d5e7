//! The visible blocks of a page, and which block of one page is which of another.
//!
//! Design2Code (Si et al. 2024, §3.2) finds text blocks by recolouring the page and reading pixels back. Here they are
//! the text boxes that the browser laid out: the *sound* mode, free of the recolouring's side effects. Generated pages
//! hold few texts and large painted boxes, so a box with a background, a border or a picture of its own is a block too.

use galley_core::{Element, Region, Render};
use galley_measure::{assignment::linear_sum_assignment, color, difflib};

use crate::computed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// An element's own text.
    Text,
    /// An element that paints something behind its text, or a picture.
    Box,
}

/// One visible block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub kind: BlockKind,
    /// Index in [`Render::elements`].
    pub element: usize,
    /// The visible part of its box, in shares of the canvas that was given.
    pub bbox: Region,
    /// Case is kept (Design2Code lowers it); empty for boxes.
    pub text: String,
    /// sRGB in 0..=255 as seen: of the glyphs, of the background, or of the border where there is no background.
    /// `None` for pictures and gradients.
    pub colour: Option<[f64; 3]>,
    /// In pixels; texts only.
    pub font_size: Option<f64>,
}

/// The blocks of a render in document order, a box before its text. `canvas` is the size that boxes are shares of.
///
/// Left out: what lies outside the picture, html and body (they are the canvas), and boxes that cannot be told from
/// what is behind them.
pub fn blocks(render: &Render, canvas: (f64, f64)) -> Vec<Block> {
    let mut found = Vec::new();
    let picture = render.canvas();
    for (at, element) in render.elements.iter().enumerate() {
        let share = |region: Region| {
            let seen = region.intersection(picture);
            let (width, height) = canvas;
            (!seen.is_empty()).then(|| {
                Region::new(seen.x / width, seen.y / height, seen.width / width, seen.height / height)
            })
        };
        if let (Some(colour), Some(bbox)) = (painted(&render.elements, at), share(element.region)) {
            let kind = BlockKind::Box;
            found.push(Block { kind, element: at, bbox, text: String::new(), colour, font_size: None });
        }
        if element.text.is_empty() {
            continue;
        }
        if let Some(bbox) = share(element.text_region.unwrap_or(element.region)) {
            found.push(text_block(&render.elements, at, bbox));
        }
    }
    found
}

fn text_block(elements: &[Element], at: usize, bbox: Region) -> Block {
    Block {
        kind: BlockKind::Text,
        element: at,
        bbox,
        text: elements[at].text.clone(),
        colour: Some(computed::ink(elements, at)),
        font_size: computed::pixels(&elements[at], "font-size"),
    }
}

/// `Some(colour)` when the element paints a box of its own that can be seen.
pub(crate) fn painted(elements: &[Element], at: usize) -> Option<Option<[f64; 3]>> {
    let element = &elements[at];
    if computed::is_root(element) {
        return None;
    }
    if element.style.contains_key("background-image") {
        return Some(None);
    }
    let behind = computed::backdrop(elements, at);
    let own = computed::background(elements, at);
    if computed::is_replaced(element) {
        // An image that did not load shows its background.
        let covered = element.style.get("src").is_some_and(|state| state == "loaded");
        return Some((!covered && computed::differ(own, behind)).then_some(own));
    }
    if computed::differ(own, behind) {
        return Some(Some(own));
    }
    let border = computed::border(element)?.over(behind);
    computed::differ(border, behind).then_some(Some(border))
}

/// Two blocks that show the same thing, as indices, and how alike they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    pub attempt: usize,
    pub reference: usize,
    /// Texts: the difflib ratio. Boxes: 1.
    pub ratio: f64,
    /// How much of the size agrees, 0..=1 (see [`size_iou`]).
    pub size: f64,
}

/// Pairs up the blocks of two pages; each block is in one pair at most, texts and boxes apart. Sorted by reference.
///
/// Texts as in Design2Code: the assignment with the greatest sum of difflib ratios, of which those below 0.5 are
/// dropped; among equal texts the nearer one. What is left over is paired by place, so that a wrong word costs the
/// text axis and not its box, place and colour as well. Boxes are paired by size and place.
pub fn matched(attempt: &[Block], reference: &[Block]) -> Vec<Pair> {
    let (attempt_texts, reference_texts) =
        (of_kind(attempt, BlockKind::Text), of_kind(reference, BlockKind::Text));
    let mut pairs = assigned(&attempt_texts, &reference_texts, |a, r| {
        let (a_text, r_text) = (&attempt[a].text, &reference[r].text);
        let ratio = if may_share_half(a_text, r_text) { text_ratio(a_text, r_text) } else { 0.0 };
        (ratio >= 0.5).then(|| ratio + 1e-3 * closeness(attempt[a].bbox, reference[r].bbox))
    });
    let free_attempt = without(&attempt_texts, pairs.iter().map(|pair| pair.0));
    let free_reference = without(&reference_texts, pairs.iter().map(|pair| pair.1));
    pairs.extend(assigned(&free_attempt, &free_reference, |a, r| {
        let (a, r) = (attempt[a].bbox, reference[r].bbox);
        (a.iou(r) > 0.0 || closeness(a, r) > 0.9).then(|| a.iou(r) + closeness(a, r))
    }));
    let boxes = |side| of_kind(side, BlockKind::Box);
    pairs.extend(assigned(&boxes(attempt), &boxes(reference), |a, r| {
        box_likeness(&attempt[a], &reference[r])
    }));
    pairs.sort_unstable_by_key(|pair| pair.1);
    pairs.into_iter().map(|(a, r)| judged(&attempt[a], a, &reference[r], r)).collect()
}

fn judged(attempt: &Block, a: usize, reference: &Block, r: usize) -> Pair {
    let is_text = reference.kind == BlockKind::Text;
    let ratio = if is_text { text_ratio(&attempt.text, &reference.text) } else { 1.0 };
    let size = match (attempt.font_size, reference.font_size) {
        _ if ratio >= 1.0 => size_iou(attempt.bbox, reference.bbox),
        // The length of a wrong text is the text axis' business; its area grows with the square of its font size.
        (Some(a), Some(r)) if a > 0.0 && r > 0.0 => (a.min(r) / a.max(r)).powi(2),
        _ => 1.0,
    };
    Pair { attempt: a, reference: r, ratio, size }
}

/// IoU of two boxes laid corner to corner: it falls with a wrong width or height and ignores the place.
pub fn size_iou(a: Region, b: Region) -> f64 {
    let at_origin = |region: Region| Region::new(0.0, 0.0, region.width, region.height);
    at_origin(a).iou(at_origin(b))
}

/// 1 for the same centre, 0 for opposite ends of the canvas.
pub fn closeness(a: Region, b: Region) -> f64 {
    let ((ax, ay), (bx, by)) = (a.centre(), b.centre());
    1.0 - (ax - bx).abs().max((ay - by).abs())
}

fn box_likeness(a: &Block, b: &Block) -> Option<f64> {
    let (place, size) = (a.bbox.iou(b.bbox), size_iou(a.bbox, b.bbox));
    let colour = match (a.colour, b.colour) {
        (Some(a), Some(b)) => color::similarity(a, b),
        (None, None) => 1.0,
        _ => 0.0,
    };
    (place > 0.0 || size >= 0.5)
        .then(|| 0.4 * place + 0.4 * size + 0.1 * colour + 0.1 * closeness(a.bbox, b.bbox))
}

/// The difflib ratio with autojunk, attempt first as Design2Code calls it.
fn text_ratio(attempt: &str, reference: &str) -> f64 {
    if attempt == reference { 1.0 } else { difflib::ratio(attempt, reference) }
}

/// A cheap upper bound on the ratio (`quick_ratio` of difflib, on bytes): false only where it is below 0.5.
fn may_share_half(a: &str, b: &str) -> bool {
    let mut spare = [0i32; 256];
    a.bytes().for_each(|byte| spare[usize::from(byte)] += 1);
    let mut common = 0;
    for byte in b.bytes() {
        let left = &mut spare[usize::from(byte)];
        common += usize::from(*left > 0);
        *left -= 1;
    }
    // A character has up to four bytes, so byte counts bound character counts only for texts of one-byte characters.
    !(a.is_ascii() && b.is_ascii()) || 4 * common >= a.len() + b.len()
}

fn of_kind(blocks: &[Block], kind: BlockKind) -> Vec<usize> {
    (0..blocks.len()).filter(|&at| blocks[at].kind == kind).collect()
}

fn without(all: &[usize], used: impl Iterator<Item = usize>) -> Vec<usize> {
    let used: std::collections::BTreeSet<usize> = used.collect();
    all.iter().copied().filter(|at| !used.contains(at)).collect()
}

/// The assignment with the greatest total likeness; pairs of no likeness (`None`) are never made.
fn assigned(
    attempt: &[usize],
    reference: &[usize],
    likeness: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<(usize, usize)> {
    if attempt.is_empty() || reference.is_empty() {
        return Vec::new();
    }
    let likeness: Vec<f64> = attempt
        .iter()
        .flat_map(|&a| reference.iter().map(move |&r| (a, r)))
        .map(|(a, r)| likeness(a, r).unwrap_or(0.0))
        .collect();
    let cost: Vec<f64> = likeness.iter().map(|value| -value).collect();
    linear_sum_assignment(&cost, attempt.len(), reference.len())
        .unwrap_or_default()
        .into_iter()
        .filter(|(row, column)| likeness[row * reference.len() + column] > 0.0)
        .map(|(row, column)| (attempt[row], reference[column]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, x: f64) -> Block {
        let bbox = Region::new(x, 0.0, 0.1, 0.05);
        Block { kind: BlockKind::Text, element: 0, bbox, text: text.into(), colour: None, font_size: None }
    }

    fn boxed(x: f64, width: f64) -> Block {
        let bbox = Region::new(x, 0.0, width, 0.2);
        Block { kind: BlockKind::Box, element: 0, bbox, text: String::new(), colour: None, font_size: None }
    }

    fn indices(pairs: &[Pair]) -> Vec<(usize, usize)> {
        pairs.iter().map(|pair| (pair.attempt, pair.reference)).collect()
    }

    #[test]
    fn equal_texts_pair_with_the_nearer_one() {
        let pairs = matched(&[text("Buy", 0.8), text("Buy", 0.1)], &[text("Buy", 0.1), text("Buy", 0.8)]);
        assert_eq!(indices(&pairs), [(1, 0), (0, 1)]);
    }

    #[test]
    fn a_wrong_word_pairs_by_place() {
        let pairs = matched(&[text("xzq", 0.1)], &[text("Buy", 0.1)]);
        assert_eq!((pairs[0].ratio, pairs[0].size), (0.0, 1.0));
        assert!(matched(&[text("xzq", 0.9)], &[text("Buy", 0.1)]).is_empty());
    }

    #[test]
    fn boxes_keep_their_partner_when_their_size_or_place_is_a_little_wrong() {
        let pairs = matched(&[boxed(0.0, 0.5), boxed(0.5, 0.2)], &[boxed(0.0, 0.4), boxed(0.4, 0.2)]);
        assert_eq!(indices(&pairs), [(0, 0), (1, 1)]);
        assert!((pairs[0].size - 0.8).abs() < 1e-12 && (pairs[1].size - 1.0).abs() < 1e-12);
    }
}
