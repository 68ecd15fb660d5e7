//! Which predicted block is which reference block: assignment by text similarity, and the search for merges.

use super::{
    blocks::Block,
    costs::Costs,
    merge::merge_two,
    similarity::{Similarities, TextId},
};

/// A merge must lower the mean cost by more than this.
const LEAST_GAIN: f64 = 0.05;

/// What [`find_possible_merge`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    pub prediction: Vec<Block>,
    pub reference: Vec<Block>,
    /// `(predicted, reference)` in ascending order, with the similarity of the two texts.
    pub matching: Vec<(usize, usize, f64)>,
}

/// `find_possible_merge` with bonus 0.1 and window 1: joins neighbours on either side as long as that lowers the costs,
/// then assigns with the bonus for neighbours that match, too. The search itself gives no bonus.
pub fn find_possible_merge(prediction: Vec<Block>, reference: Vec<Block>) -> Search {
    let mut similarities = Similarities::default();
    let mut prediction = Texts::new(prediction, |text| similarities.prediction(text));
    let mut reference = Texts::new(reference, |text| similarities.reference(text));
    let mut costs = Costs::new(&prediction.ids, &reference.ids, &mut similarities);
    loop {
        let matched = costs.matched();
        let gains = prediction.gains(&matched, |at, text| {
            let merged = similarities.prediction(text);
            let row = reference.ids.iter().map(|&id| -similarities.ratio(merged, id)).collect();
            costs.with_row(at, row).matched()
        });
        let mut changed = prediction.merge(gains, |text| similarities.prediction(text));
        if changed {
            costs = Costs::new(&prediction.ids, &reference.ids, &mut similarities);
        }
        let matched = if changed { costs.matched() } else { matched };
        let gains = reference.gains(&matched, |at, text| {
            let merged = similarities.reference(text);
            let column: Vec<f64> = prediction.ids.iter().map(|&id| -similarities.ratio(id, merged)).collect();
            costs.with_column(at, &column).matched()
        });
        if reference.merge(gains, |text| similarities.reference(text)) {
            costs = Costs::new(&prediction.ids, &reference.ids, &mut similarities);
            changed = true;
        }
        if !changed {
            break;
        }
    }
    let pairs = costs.adjusted().assignment();
    let matching = pairs.into_iter().map(|(i, j)| (i, j, -costs.at(i, j))).collect();
    Search { prediction: prediction.blocks, reference: reference.blocks, matching }
}

/// One side's blocks, in the order of the page, with the numbers of their texts.
struct Texts {
    blocks: Vec<Block>,
    ids: Vec<TextId>,
}

/// Joining the blocks `at` and `at + 1` lowers the mean cost by `by`.
struct Gain {
    at: usize,
    by: f64,
}

impl Texts {
    fn new(blocks: Vec<Block>, number: impl FnMut(&str) -> TextId) -> Self {
        let ids = blocks.iter().map(|block| block.text.as_str()).map(number).collect();
        Self { blocks, ids }
    }

    /// The merges of two neighbours that are worth it, best first. `costs` gives the costs of the pairs if the
    /// blocks `at` and `at + 1` were one with the given text.
    fn gains(&self, current: &[f64], mut costs: impl FnMut(usize, &str) -> Vec<f64>) -> Vec<Gain> {
        let mut gains = Vec::new();
        for (at, pair) in self.blocks.windows(2).enumerate() {
            let merged = format!("{} {}", pair[0].text, pair[1].text);
            match difference_of_means(current, &costs(at, &merged)) {
                Some(by) if by > LEAST_GAIN => gains.push(Gain { at, by }),
                _ => {}
            }
        }
        gains.sort_by(|a, b| b.by.total_cmp(&a.by));
        gains
    }

    /// `merge_blocks_by_list`: takes the gains in turn, skips those that share a block with one taken. Whether there
    /// was any.
    fn merge(&mut self, gains: Vec<Gain>, mut number: impl FnMut(&str) -> TextId) -> bool {
        let mut taken = vec![false; self.blocks.len()];
        let mut absorbed = vec![false; self.blocks.len()];
        for Gain { at, .. } in &gains {
            if taken[*at] || taken[*at + 1] {
                continue;
            }
            (taken[*at], taken[*at + 1], absorbed[*at + 1]) = (true, true, true);
            self.blocks[*at] = merge_two(&self.blocks[*at], &self.blocks[*at + 1]);
            self.ids[*at] = number(&self.blocks[*at].text);
        }
        let mut keep = absorbed.iter().map(|gone| !gone);
        self.blocks.retain(|_| keep.next().unwrap_or(true));
        let mut keep = absorbed.iter().map(|gone| !gone);
        self.ids.retain(|_| keep.next().unwrap_or(true));
        !gains.is_empty()
    }
}

/// `difference_of_means`: the mean of `first` less that of `second`, both without the numbers they share.
///
/// A positive difference counts only if the least of `first` is above the least of `second`, else it is 0. `None`
/// where the original raises: a positive difference although one side has nothing of its own.
pub fn difference_of_means(first: &[f64], second: &[f64]) -> Option<f64> {
    let (first, second) = own(first, second);
    let mean = |own: &[f64]| if own.is_empty() { 0.0 } else { own.iter().sum::<f64>() / own.len() as f64 };
    let difference = mean(&first) - mean(&second);
    if difference <= 0.0 {
        return Some(difference);
    }
    let least = |own: &[f64]| own.iter().copied().reduce(f64::min);
    Some(if least(&first)? > least(&second)? { difference } else { 0.0 })
}

/// What is left of both after taking away what they share, in the order of Python's `Counter.elements`: equal numbers
/// together, at the place of the first of them.
fn own(first: &[f64], second: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (mut first, mut second) = (counted(first), counted(second));
    let mut others = second.iter_mut().peekable();
    for one in &mut first {
        while others.next_if(|other| other.value < one.value).is_some() {}
        if let Some(other) = others.next_if(|other| other.value == one.value) {
            let shared = one.count.min(other.count);
            one.count -= shared;
            other.count -= shared;
        }
    }
    (elements(first), elements(second))
}

struct Counted {
    value: f64,
    first: usize,
    count: usize,
}

/// The distinct numbers in ascending order.
fn counted(values: &[f64]) -> Vec<Counted> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| (values[a] + 0.0).total_cmp(&(values[b] + 0.0)).then(a.cmp(&b)));
    let mut counted: Vec<Counted> = Vec::with_capacity(values.len());
    for at in order {
        match counted.last_mut() {
            Some(last) if last.value == values[at] => last.count += 1,
            _ => counted.push(Counted { value: values[at], first: at, count: 1 }),
        }
    }
    counted
}

fn elements(mut counted: Vec<Counted>) -> Vec<f64> {
    counted.retain(|item| item.count > 0);
    counted.sort_unstable_by_key(|item| item.first);
    counted.iter().flat_map(|item| std::iter::repeat_n(item.value, item.count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(texts: &[&str]) -> Vec<Block> {
        let block = |(at, text): (usize, &&str)| Block {
            text: (*text).into(),
            bbox: [0.0, at as f64 / 8.0, 0.5, 0.125],
            color: [at as f64; 3],
        };
        texts.iter().enumerate().map(block).collect()
    }

    #[test]
    fn neighbours_that_are_one_text_on_the_other_side_are_joined() {
        let prediction = blocks(&["home", "a long", "sentence here", "footer"]);
        let reference = blocks(&["home", "a long sentence here", "footer"]);
        let found = find_possible_merge(prediction, reference.clone());
        let texts: Vec<&str> = found.prediction.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(texts, ["home", "a long sentence here", "footer"]);
        assert_eq!(found.prediction[1].bbox, [0.0, 0.125, 0.5, 0.25]);
        assert_eq!(found.prediction[1].color, [1.0; 3]);
        assert_eq!(found.reference, reference);
        assert_eq!(found.matching, [(0, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0)]);
    }

    #[test]
    fn means_leave_out_what_both_have() {
        assert_eq!(difference_of_means(&[-0.5, -1.0], &[-1.0, -0.75]), Some(0.25));
        assert_eq!(
            difference_of_means(&[-1.0, -0.25], &[-0.75]),
            Some(0.0),
            "the least is not above the least"
        );
        assert_eq!(difference_of_means(&[-0.5], &[-0.5]), Some(0.0));
        assert_eq!(difference_of_means(&[-0.5], &[-0.5, -0.5]), None);
    }
}
