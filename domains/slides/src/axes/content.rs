//! Content, **ours**: the axes of AeSlides see layout alone, so an empty promise laid out well would be worth as much as
//! the slide that was asked for.

use galley_core::{Part, Prompt};
use galley_measure::difflib;

use crate::scene::Deck;

/// The texts that a prompt asks for: what stands in double quotes, straight or curly, on one line.
pub fn wanted(prompt: &Prompt) -> Vec<String> {
    let texts = prompt.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Image(_) => None,
    });
    texts.flat_map(str::lines).flat_map(quoted).collect()
}

fn quoted(line: &str) -> Vec<String> {
    let pieces: Vec<&str> = line.split(['"', '“', '”']).collect();
    let inside = pieces.iter().skip(1).step_by(2).take(pieces.len().saturating_sub(1) / 2);
    inside.map(|text| fold(text)).filter(|text| !text.is_empty()).collect()
}

/// The mean over the texts of a prompt of how well the deck says each: 1 where a visible text contains it, else the
/// similarity with the most similar one. `None` where the prompt quotes nothing.
pub fn reward(wanted: &[String], deck: &Deck) -> Option<f64> {
    let shapes = deck.slides.iter().flat_map(|slide| &slide.shapes);
    let seen: Vec<String> =
        shapes.filter(|shape| shape.ink.is_some()).map(|shape| fold(&shape.text)).collect();
    let best = |text: &String| {
        let all = seen.iter().map(|own| if own.contains(text) { 1.0 } else { difflib::ratio(text, own) });
        all.fold(0.0, f64::max)
    };
    (!wanted.is_empty()).then(|| wanted.iter().map(best).sum::<f64>() / wanted.len() as f64)
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use galley_core::Region;

    use super::*;
    use crate::scene::{Shape, Slide};

    fn deck(texts: &[&str]) -> Deck {
        let ink = Some(Region::new(0.0, 0.0, 9.0, 9.0));
        let shape = |text: &&str| Shape { text: (*text).into(), ink, ..Shape::default() };
        Deck {
            slides: vec![Slide { shapes: texts.iter().map(shape).collect(), ..Slide::default() }],
            ..Deck::default()
        }
    }

    #[test]
    fn quoted_texts_are_wanted() {
        let prompt = Prompt { parts: vec![Part::Text("Title \"Sales  2024\", “Two”\na \"half".into())] };
        assert_eq!(wanted(&prompt), ["sales 2024", "two"]);
    }

    #[test]
    fn a_text_counts_where_it_is_seen() {
        let wanted = ["sales".to_owned(), "two".to_owned()];
        assert_eq!(reward(&wanted, &deck(&["Our Sales", "two"])), Some(1.0));
        assert_eq!(reward(&wanted, &deck(&["sales"])), Some(0.5));
        assert_eq!(reward(&wanted, &deck(&["sales", "too"])), Some(0.5 + 2.0 / 3.0 / 2.0));
        let mut hidden = deck(&["sales two"]);
        hidden.slides[0].shapes[0].ink = None;
        assert_eq!(reward(&wanted, &hidden), Some(0.0));
        assert_eq!(reward(&[], &deck(&[])), None);
    }
}
