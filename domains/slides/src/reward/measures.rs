//! What is measured of a deck or a page before anything is rewarded.

use std::collections::BTreeMap;

use galley_core::Render;
use serde::{Deserialize, Serialize};

use crate::{
    axes::{aspect, balance, centroid::Centroid, collision, smoothstep, whitespace},
    scene::{Deck, Slide},
};

/// The style key of a render's first element under which measures of its own stand, as JSON: those of a page.
const KEY: &str = "slide-measures";

/// Means over slides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    pub slides: usize,
    /// AeSlides' reward for the shape.
    pub aspect: f64,
    /// Shares of pixels with content near them, of all and without title and margins.
    pub content_full: f64,
    pub content_crop: f64,
    /// AeSlides' reward for the second of them.
    pub whitespace: f64,
    /// Distance of the centre of weight in tolerances; slides without weight are left out, `None` where all are.
    pub imbalance: Option<f64>,
    pub balance: f64,
    pub collision: f64,
}

impl Measures {
    /// Those that a render carries, else those of its deck.
    pub fn of(render: &Render, deck: &Deck) -> Self {
        let carried = render.elements.first().and_then(|first| first.style.get(KEY));
        carried.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| Self::of_deck(deck))
    }

    pub fn of_deck(deck: &Deck) -> Self {
        Self::mean(&deck.slides.iter().map(|slide| Self::of_slide(deck, slide)).collect::<Vec<_>>())
    }

    fn of_slide(deck: &Deck, slide: &Slide) -> Self {
        let content = whitespace::scaled_content(&slide.image);
        let centre = balance::of_slide(deck, slide);
        Self::new(
            (f64::from(deck.width), f64::from(deck.height)),
            content,
            centre.as_ref(),
            collision::reward(deck, slide),
        )
    }

    /// Of one slide or page of that size.
    pub fn new(
        (width, height): (f64, f64),
        content: whitespace::Content,
        centre: Option<&Centroid>,
        collision: f64,
    ) -> Self {
        Self {
            slides: 1,
            aspect: aspect::reward(width, height),
            content_full: content.full,
            content_crop: content.crop,
            whitespace: smoothstep::reward(content.crop),
            imbalance: centre.map(|centre| centre.score),
            balance: balance::reward(centre),
            collision,
        }
    }

    fn mean(all: &[Self]) -> Self {
        let mean = |value: fn(&Self) -> f64| all.iter().map(value).sum::<f64>() / all.len().max(1) as f64;
        let scores: Vec<f64> = all.iter().filter_map(|one| one.imbalance).collect();
        Self {
            slides: all.len(),
            aspect: mean(|one| one.aspect),
            content_full: mean(|one| one.content_full),
            content_crop: mean(|one| one.content_crop),
            whitespace: mean(|one| one.whitespace),
            imbalance: (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
            balance: mean(|one| one.balance),
            collision: mean(|one| one.collision),
        }
    }

    /// Puts it into the style of the render's first element.
    pub fn attach(&self, render: &mut Render) {
        if let (Some(first), Ok(text)) = (render.elements.first_mut(), serde_json::to_string(self)) {
            first.style.insert(KEY.into(), text);
        }
    }

    /// Aspect, whitespace, balance, collision.
    pub fn rewards(&self) -> [f64; 4] {
        [self.aspect, self.whitespace, self.balance, self.collision]
    }

    /// Numbers worth recording, by name.
    pub fn metrics(&self) -> BTreeMap<String, f64> {
        let known = [
            ("slides", Some(self.slides as f64)),
            ("content-ratio", Some(self.content_crop)),
            ("content-ratio-full", Some(self.content_full)),
            ("imbalance", self.imbalance),
            ("collision-ours", Some(self.collision)),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
