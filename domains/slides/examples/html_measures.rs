//! Prints what is measured of HTML slides: `html_measures FILE..`.

use std::time::Duration;

use galley_core::DomainError;
use galley_slides::{
    html::{HtmlOptions, HtmlRenderer},
    reward::Measures,
    scene::Deck,
};

fn main() -> Result<(), DomainError> {
    let renderer = HtmlRenderer::start(HtmlOptions::default())?;
    for file in std::env::args().skip(1) {
        let page = std::fs::read_to_string(&file)
            .map_err(|error| DomainError::setup(file.clone(), error.to_string()))?;
        let render = renderer.show(&page, Duration::from_secs(60))?;
        match Deck::of(&render) {
            Some(deck) => println!("{file} {:?}", Measures::of(&render, &deck)),
            None => println!("{file} {:?}", render.faults),
        }
    }
    Ok(())
}
