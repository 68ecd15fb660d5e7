//! Collision, **ours**: of AeSlides' measure nothing but the name of its reward is public.

use galley_core::Region;

use crate::{
    items::{Item, ItemKind, is_opaque, items, related},
    scene::{Deck, Slide},
};

/// Less is a rounded corner or the descent of a line.
const LEAST_PIXELS: f64 = 2.0;

/// One item under or over another.
#[derive(Clone, Copy, Debug)]
pub struct Collision<'a> {
    pub item: Item<'a>,
    pub other: Item<'a>,
    pub common: Region,
    /// Of the area of `item`.
    pub share: f64,
}

/// `1 - mean over the texts and pictures of a slide of the largest share of it that another item takes`; 1 for a slide
/// without any. Texts and pictures take from one another; an opaque filling takes from what was painted before it, and a
/// text on a filling is a design.
pub fn reward(deck: &Deck, slide: &Slide) -> f64 {
    let items = items(deck, slide);
    let read = items.iter().filter(|item| item.kind != ItemKind::Filling).count();
    let lost: f64 = worst(slide, &items).iter().map(|collision| collision.share).sum();
    if read == 0 { 1.0 } else { (1.0 - lost / read as f64).clamp(0.0, 1.0) }
}

/// For every text and picture of a slide the item that takes most of it, where one does.
pub fn collisions<'a>(deck: &Deck, slide: &'a Slide) -> Vec<Collision<'a>> {
    worst(slide, &items(deck, slide))
}

fn worst<'a>(slide: &Slide, items: &[Item<'a>]) -> Vec<Collision<'a>> {
    let read = items.iter().filter(|item| item.kind != ItemKind::Filling);
    read.filter_map(|item| {
        let all = items.iter().filter_map(|other| collision(slide, *item, *other));
        all.max_by(|a, b| a.share.total_cmp(&b.share))
    })
    .collect()
}

fn collision<'a>(slide: &Slide, item: Item<'a>, other: Item<'a>) -> Option<Collision<'a>> {
    if item.index == other.index || related(&slide.shapes, item.index, other.index) {
        return None;
    }
    let seen = match other.kind {
        ItemKind::Filling if other.index < item.index => return None,
        // A filled text hides with all of its frame what was painted before.
        ItemKind::Text if other.index > item.index && is_opaque(other.shape) => other.shape.frame,
        _ => other.seen,
    };
    let common = item.seen.intersection(seen);
    let wide = common.width > LEAST_PIXELS && common.height > LEAST_PIXELS;
    wide.then(|| Collision { item, other, common, share: (common.area() / item.seen.area()).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Shape, ShapeKind};

    fn text(x: f64, fill: Option<[u8; 4]>) -> Shape {
        let ink = Some(Region::new(x, 20.0, 100.0, 10.0));
        let frame = Region::new(x - 10.0, 10.0, 120.0, 30.0);
        Shape { kind: ShapeKind::TextBox, ink, frame, fill, text: "a".into(), ..Shape::default() }
    }

    fn value(shapes: Vec<Shape>) -> f64 {
        let slide = Slide { shapes, ..Slide::default() };
        let deck = Deck { width: 400, height: 225, scale: 1.0, slides: Vec::new() };
        reward(&deck, &slide)
    }

    #[test]
    fn texts_on_one_another_lose_what_they_share() {
        assert_eq!(value(vec![text(20.0, None), text(200.0, None)]), 1.0);
        assert_eq!(value(vec![text(20.0, None), text(70.0, None)]), 0.5);
        assert_eq!(value(Vec::new()), 1.0);
    }

    #[test]
    fn a_filling_takes_from_what_it_covers_and_carries_what_is_on_it() {
        let filling = Shape { ink: None, text: String::new(), ..text(20.0, Some([9, 9, 9, 255])) };
        assert_eq!(value(vec![filling.clone(), text(20.0, None)]), 1.0);
        assert_eq!(value(vec![text(20.0, None), filling]), 0.0);
    }
}
