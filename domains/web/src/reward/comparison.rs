//! Two pages side by side: the four axes that are judged on blocks.

use galley_core::Render;
use galley_measure::color;

use crate::{
    blocks::{Block, BlockKind, Pair, blocks, closeness, matched},
    computed,
};

/// An axis before weight and threshold.
#[derive(Clone, Copy)]
pub(super) struct Judgement {
    pub value: f64,
    /// The least value of a single block.
    pub worst: f64,
}

impl Judgement {
    /// The mean of single values; 1 where there is nothing to judge.
    fn mean(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self { value: 1.0, worst: 1.0 };
        }
        let worst = values.iter().copied().fold(1.0, f64::min);
        Self { value: values.iter().sum::<f64>() / values.len() as f64, worst }
    }
}

/// The blocks of two pages, paired up.
pub(super) struct Comparison {
    attempt: Vec<Block>,
    reference: Vec<Block>,
    pairs: Vec<Pair>,
    /// Similarity of the two canvas colours.
    canvas: f64,
}

impl Comparison {
    pub fn new(render: &Render, reference: &Render, canvas: (f64, f64)) -> Self {
        let (attempt, wanted) = (blocks(render, canvas), blocks(reference, canvas));
        let pairs = matched(&attempt, &wanted);
        let colours = (computed::canvas(&render.elements), computed::canvas(&reference.elements));
        Self { attempt, reference: wanted, pairs, canvas: color::similarity(colours.0, colours.1) }
    }

    pub fn block(&self) -> Judgement {
        let (mut matched, mut agreed, mut worst) = (0.0, 0.0, 1.0f64);
        for pair in &self.pairs {
            let area = self.attempt[pair.attempt].bbox.area() + self.reference[pair.reference].bbox.area();
            matched += area;
            agreed += area * pair.size;
            worst = worst.min(pair.size);
        }
        let in_pair = |side: fn(&Pair) -> usize, at: usize| self.pairs.iter().any(|pair| side(pair) == at);
        let lone = |blocks: &[Block], side: fn(&Pair) -> usize| -> (usize, f64) {
            let lone = (0..blocks.len()).filter(|&at| !in_pair(side, at));
            lone.fold((0, 0.0), |(count, area), at| (count + 1, area + blocks[at].bbox.area()))
        };
        let (surplus, surplus_area) = lone(&self.attempt, |pair| pair.attempt);
        let (missing, missing_area) = lone(&self.reference, |pair| pair.reference);
        if surplus + missing > 0 {
            worst = 0.0;
        }
        let total = matched + surplus_area + missing_area;
        Judgement { value: if total > 0.0 { agreed / total } else { 1.0 }, worst }
    }

    pub fn text(&self) -> Judgement {
        let count = |blocks: &[Block]| blocks.iter().filter(|block| block.kind == BlockKind::Text).count();
        let texts = self.pairs.iter().filter(|pair| self.reference[pair.reference].kind == BlockKind::Text);
        let mut ratios: Vec<f64> = texts.map(|pair| pair.ratio).collect();
        ratios.resize(count(&self.attempt).max(count(&self.reference)).max(ratios.len()), 0.0);
        Judgement::mean(&ratios)
    }

    pub fn position(&self) -> Judgement {
        let place = |pair: &Pair| {
            closeness(self.attempt[pair.attempt].bbox, self.reference[pair.reference].bbox).max(0.0)
        };
        let mut places: Vec<f64> = self.pairs.iter().map(place).collect();
        places.resize(self.reference.len(), 0.0);
        Judgement::mean(&places)
    }

    pub fn color(&self) -> Judgement {
        let coloured = self.reference.iter().filter(|block| block.colour.is_some()).count();
        let pair = |pair: &Pair| {
            let wanted = self.reference[pair.reference].colour?;
            Some(self.attempt[pair.attempt].colour.map_or(0.0, |seen| color::similarity(seen, wanted)))
        };
        let mut similarities: Vec<f64> = self.pairs.iter().filter_map(pair).collect();
        similarities.resize(coloured, 0.0);
        similarities.push(self.canvas);
        Judgement::mean(&similarities)
    }
}
