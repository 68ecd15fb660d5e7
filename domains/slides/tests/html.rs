//! Pages as slides, in a real browser, against what AeSlides' own scripts say of the same page.

use std::time::Duration;

use galley_core::{Prompt, Renderer, Reward, Task};
use galley_slides::{
    axes::aspect,
    detectors,
    html::{HtmlOptions, HtmlRenderer},
    reward::{Measures, SlideReward},
    scene::Deck,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Every box of it has a size of its own, so that no font moves one.
const CARD: &str = include_str!("pages/card.html");

/// `render_height_norm.py` says 800, `centroid.py` on the tree of `render_rich_semantic.py` 3.766121335437976, and
/// `whitespace.py` 0.8388557942708333 of the cropped picture (whose letters hang on the fonts of a machine).
#[test]
fn a_page_measures_what_aeslides_measures() {
    let renderer = HtmlRenderer::start(HtmlOptions::default()).unwrap();
    let render = renderer.render(CARD, PATIENCE).unwrap();
    assert!(render.ok(), "{:?}", render.faults);
    let deck = Deck::of(&render).unwrap();
    let measures = Measures::of(&render, &deck);
    assert_eq!(measures.aspect, aspect::reward(1280.0, 800.0));
    assert!((measures.imbalance.unwrap() - 3.766_121_335_437_976).abs() < 1e-9, "{measures:?}");
    assert!((measures.content_crop - 0.838_855_794_270_833_3).abs() < 0.02, "{measures:?}");

    let task =
        Task { id: "t".into(), prompt: Prompt::default(), reference: None, labels: Default::default() };
    let score = SlideReward::default().score(&task, &render);
    let names: Vec<&str> = score.axes.iter().map(|axis| axis.name.as_str()).collect();
    assert_eq!(names, ["aspect", "whitespace", "balance", "collision"], "the prompt quotes nothing");
    assert_eq!(score.axis("balance").map(|axis| axis.value), Some(1.0 / measures.imbalance.unwrap()));
    // The footer ends below the window.
    let found =
        detectors::all().iter().flat_map(|detector| detector.detect(&task, &render)).collect::<Vec<_>>();
    assert!(found.iter().any(|defect| defect.detector == "slides/off-slide"), "{found:#?}");

    // What a form puts in place of its own members does not reach the scripts that measure.
    let form = "<form><input name=children><input name=className><input name=firstChild></form><p>a";
    let render = renderer.show(form, PATIENCE).unwrap();
    let measures = Measures::of(&render, &Deck::of(&render).unwrap());
    assert!(measures.imbalance.is_some(), "{measures:?}");
}
