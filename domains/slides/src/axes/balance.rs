//! Balance, **ours** on both ends: which boxes a slide of a deck has, and what their centre is worth.
//!
//! Between the two stands AeSlides' published centre and its distance from the middle ([`super::centroid`]).

use super::centroid::{Centroid, Item, Source, centroid};
use crate::{
    items::{self, ItemKind, is_opaque},
    scene::{Deck, Slide},
};

/// `1 / score` and at most 1: a slide that AeSlides calls balanced (score at most 1) is worth 1, one that is off by twice
/// the tolerance half of that, and one with nothing on it nothing. AeSlides' own way from the score to its reward is not
/// published.
pub fn reward(centre: Option<&Centroid>) -> f64 {
    centre.map_or(0.0, |centre| if centre.score <= 1.0 { 1.0 } else { 1.0 / centre.score })
}

/// Where the weight of a slide lies. Texts weigh as much as their ink, or as their frame where that is filled; pictures and
/// fillings as much as their frame.
pub fn of_slide(deck: &Deck, slide: &Slide) -> Option<Centroid> {
    let canvas = items::canvas(deck);
    let items: Vec<Item> = items::items(deck, slide)
        .into_iter()
        .map(|item| {
            let framed = item.kind == ItemKind::Text && is_opaque(item.shape);
            let seen = if framed { item.shape.frame.intersection(canvas) } else { item.seen };
            let source = if item.kind == ItemKind::Text { Source::TextBox } else { Source::Image };
            Item::of([seen.x, seen.y, seen.width, seen.height], 1.0, source)
        })
        .collect();
    centroid(&items, (canvas.width, canvas.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aeslides_calls_balanced_is_worth_one() {
        let at =
            |score| Centroid { score, centre: (0.0, 0.0), offset: (0.0, 0.0), total_weight: 1.0, items: 1 };
        assert_eq!([0.0, 1.0, 4.0].map(|score| reward(Some(&at(score)))), [1.0, 1.0, 0.25]);
        assert_eq!(reward(None), 0.0);
    }
}
