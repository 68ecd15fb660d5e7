//! Scores of pages outside of a run, and the guard against pictures, in a real browser.

use std::{sync::Arc, time::Duration};

use galley_core::{FaultKind, Renderer};
use galley_web::{
    RewardConfig,
    draw::{Judged, WIDTH, page},
    forbidden::{Carrier, Guarded},
    renderer::{RendererOptions, WebRenderer},
    scoring::{Assets, OfficialError, Scorer},
};

const PAGE: &str = "<!DOCTYPE html><html><head><style>h1{color:#a00}p{margin:40px;font-size:20px}</style></head>\
                    <body><h1>Fresh bread</h1><p>Baked every morning</p><div>Open all day</div></body></html>";

fn scorer() -> Scorer {
    Scorer::new(RewardConfig::default(), None)
}

#[test]
fn a_page_is_its_own_reference_in_both_modes() {
    let scorer = scorer();
    let sound = scorer.sound(PAGE, PAGE, &Assets::new()).unwrap();
    assert!(sound.reward == 1.0 && sound.mean == 1.0 && sound.faults.is_empty(), "{sound:?}");
    let official = scorer.official(PAGE.as_bytes(), PAGE.as_bytes(), &Assets::new(), None).unwrap();
    let scores = official.evaluation.scores;
    for value in [scores.block, scores.text, scores.position, scores.color] {
        assert!((value - 1.0).abs() < 1e-9, "{scores:?}");
    }
    assert_eq!((scores.clip, scores.total), (None, None));
    assert!(official.why_no_clip.is_some() && official.blank_fallback.is_empty());
    assert_eq!(official.evaluation.prediction.blocks_raw.len(), 3, "{official:?}");
}

#[test]
fn what_is_wrong_lowers_its_axis_in_both_modes() {
    let worse = PAGE.replace("#a00", "#00a").replace("Baked every morning", "Baked every evening");
    let scorer = scorer();
    let sound = scorer.sound(&worse, PAGE, &Assets::new()).unwrap();
    assert!(sound.axes["color"] < 0.95 && sound.axes["text"] < 1.0 && sound.reward < 1.0, "{sound:?}");
    let scores =
        scorer.official(worse.as_bytes(), PAGE.as_bytes(), &Assets::new(), None).unwrap().evaluation.scores;
    assert!(scores.color < 0.95 && scores.text < 1.0 && scores.text > 0.5, "{scores:?}");
}

#[test]
fn broken_pages_are_shown_and_their_faults_told() {
    let scorer = scorer();
    let sound = scorer.sound("<div>Fresh bread", "<div>Fresh bread</div>", &Assets::new()).unwrap();
    assert!(sound.reward == 0.0 && sound.axes["text"] == 1.0, "{sound:?}");
    assert_eq!(sound.faults[0].kind, FaultKind::Syntax);
    assert!(scorer.sound(PAGE, "<p></p>", &Assets::new()).unwrap_err().to_string().contains("reference"));
    let raised = scorer.official(b"\xff", PAGE.as_bytes(), &Assets::new(), None).unwrap_err();
    assert!(matches!(raised, OfficialError::Page { page: "predicted", .. }), "{raised}");
}

#[test]
fn a_page_that_carries_the_picture_is_a_fault() {
    let options = || RendererOptions { viewport: (64, 48), browsers: 1, ..RendererOptions::default() };
    let inner = Arc::new(WebRenderer::start(options()).unwrap());
    let guarded = Guarded::new(inner.clone(), Carrier::ALL.to_vec());
    let program = "<body><svg width=20 height=20><rect width=20 height=20 /></svg></body>";
    let patience = Duration::from_secs(20);
    assert!(inner.render(program, patience).unwrap().ok());
    let refused = guarded.render(program, patience).unwrap();
    assert!(!refused.ok() && refused.faults[0].kind == FaultKind::Forbidden, "{refused:?}");
    assert_eq!(refused.faults[0].span.unwrap().slice(program), Some("<svg width=20 height=20>"));
    assert!(guarded.render("<p>x</p>", patience).unwrap().ok());
    assert_ne!(guarded.version(), inner.version());
}

#[test]
fn the_sheet_of_a_judgement_can_be_drawn() {
    let options = RendererOptions { viewport: (WIDTH, 200), browsers: 1, ..RendererOptions::default() };
    let renderer = WebRenderer::start(options).unwrap();
    let patience = Duration::from_secs(20);
    let reference = renderer.show("<p>x</p>", patience).unwrap();
    let program = "<p>\u{0}</code>&lt;</p>";
    let assessment = galley_core::Assessment {
        program: galley_core::Span::new(0, program.len()),
        render: reference.clone(),
        defects: Vec::new(),
        statements: Vec::new(),
        score: Default::default(),
    };
    let html =
        page(&Judged { program, reference: Some(&reference), assessment: &assessment, alpha: 2.0 }).unwrap();
    let sheet = renderer.show(&html, patience).unwrap();
    let code = sheet.elements.iter().find(|element| element.kind == "code").unwrap();
    assert_eq!(code.text, "<p>␀</code>&lt;</p>");
}
