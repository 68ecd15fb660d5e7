//! Regions against pixels: what changes on the picture when a shape is taken away is what the scene says of it; and the
//! places of shapes in the program.

mod shared;

use std::{ops::Range, time::Duration};

use galley_core::{Image, Region, Render};
use galley_slides::{
    RendererOptions, SlideRenderer,
    scene::{Deck, Shape, ShapeKind},
};

const PATIENCE: Duration = Duration::from_secs(120);

fn render(renderer: &SlideRenderer, program: &str) -> Render {
    let render = renderer.run(program, PATIENCE).unwrap().render;
    assert!(render.ok(), "{program}: {:?}", render.faults);
    render
}

/// One pair of processes for all: most of what a test costs is warming them.
#[test]
fn scenes_are_what_is_seen() {
    let options = RendererOptions { workers: 1, cache: 0, width: 480, ..RendererOptions::default() };
    let renderer = SlideRenderer::start(options).unwrap();
    let every = shared::programs();
    let decks: Vec<(&str, &str, Deck)> = every
        .iter()
        .map(|(name, program)| {
            (name.as_str(), program.as_str(), Deck::of(&render(&renderer, program)).unwrap())
        })
        .collect();
    shapes_know_their_places(&decks);
    frames_are_where_pixels_change(&renderer, &decks);
    the_same_program_gives_the_same_bytes(&renderer, &every[2].1);
    texts_that_overflow_have_ink_outside(&decks);
    faults_carry_the_frames_of_the_program(&renderer);
}

fn shapes_know_their_places(decks: &[(&str, &str, Deck)]) {
    let (mut all, mut located) = (0, 0);
    for (name, program, deck) in decks {
        for shape in deck.slides.iter().flat_map(|slide| &slide.shapes) {
            all += 1;
            match shape.span.and_then(|span| span.slice(program)) {
                Some(_) => located += 1,
                None => println!("{name}: {:?} {} has no place", shape.kind, shape.name),
            }
        }
        assert!(deck.slides.iter().all(|slide| slide.span.is_some()), "{name}: a slide has no place");
    }
    println!("{located} of {all} shapes, cells, paragraphs and runs have a place");
    assert!(located * 100 >= all * 98 && all > 200);
    let (_, program, deck) = &decks[0];
    let places: Vec<&str> = deck.slides[0].shapes.iter().filter_map(|s| s.span?.slice(program)).collect();
    assert_eq!(places[0], "s.shapes.title.text");
}

/// The shapes of the first slide that can be taken away one by one.
fn frames_are_where_pixels_change(renderer: &SlideRenderer, decks: &[(&str, &str, Deck)]) {
    let (mut found, mut poor) = (Vec::new(), Vec::new());
    for (name, program, deck) in decks {
        let slide = &deck.slides[0];
        let tops = slide.shapes.iter().enumerate().filter(|(_, shape)| shape.parent.is_none());
        for (nth, (at, shape)) in tops.enumerate() {
            let taken = format!(
                "{program}\n_one = prs.slides[0].shapes[{nth}]._element\n_one.getparent().remove(_one)\n"
            );
            let without = renderer.run(&taken, PATIENCE).unwrap().render;
            let empty = Image::filled(deck.width, deck.height * deck.slides.len() as u32, blank(deck));
            let without = without.image.as_deref().unwrap_or(&empty);
            let last = at + 1 + slide.shapes[at + 1..].iter().take_while(|one| one.parent.is_some()).count();
            let Some(seen) = changed(&slide.image, without, deck.height) else {
                println!("{name}: {} shows nothing", shape.name);
                continue;
            };
            let expected = extent(&slide.shapes, at..last);
            let iou = padded(expected).iou(padded(seen));
            found.push(iou);
            if iou < 0.9 {
                poor.push(format!(
                    "{name}: {:?} {} {expected:?} is seen at {seen:?}: {iou:.2}",
                    shape.kind, shape.name
                ));
            }
        }
    }
    let mean = found.iter().sum::<f64>() / found.len() as f64;
    println!("{} shapes, mean IoU {mean:.3}, {} below 0.9\n{}", found.len(), poor.len(), poor.join("\n"));
    assert!(mean >= 0.9 && poor.len() * 10 <= found.len(), "{}", poor.join("\n"));
}

fn blank(deck: &Deck) -> [u8; 3] {
    let [r, g, b, _] = deck.slides[0].background.unwrap_or([255; 4]);
    [r, g, b]
}

/// Where a shape is seen: its filling or picture in its frame, its text where the ink is; a group where its parts are.
fn extent(shapes: &[Shape], range: Range<usize>) -> Region {
    let inks = shapes[range.start].ink.into_iter();
    let own = &shapes[range.start];
    let text_only = matches!(own.kind, ShapeKind::TextBox | ShapeKind::Placeholder) && own.ink.is_some();
    let parts: Vec<Region> = match own.kind {
        ShapeKind::Group => shapes[range]
            .iter()
            .filter(|one| one.kind != ShapeKind::Group && !one.kind.is_part())
            .map(|one| one.frame)
            .collect(),
        _ if text_only => inks.collect(),
        _ => inks.chain([own.frame]).collect(),
    };
    parts.into_iter().reduce(Region::union).unwrap_or_default()
}

/// Lines have a width and pixels an edge.
fn padded(region: Region) -> Region {
    Region::new(region.x - 3.0, region.y - 3.0, region.width + 6.0, region.height + 6.0)
}

/// The box around all pixels of the first slide that differ by more than a shade.
fn changed(slide: &Image, without: &Image, height: u32) -> Option<Region> {
    let mut found: Option<Region> = None;
    for y in 0..height {
        for x in 0..slide.width {
            let (a, b) = (slide.pixel(x, y), without.pixel(x, y));
            if a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > 24) {
                let pixel = Region::new(f64::from(x), f64::from(y), 1.0, 1.0);
                found = Some(found.map_or(pixel, |found| found.union(pixel)));
            }
        }
    }
    found
}

fn the_same_program_gives_the_same_bytes(renderer: &SlideRenderer, program: &str) {
    let options = RendererOptions { workers: 1, cache: 0, width: 480, ..RendererOptions::default() };
    let fresh = SlideRenderer::start(options).unwrap();
    assert!(render(renderer, program) == render(&fresh, program), "a worn office draws otherwise");
}

fn texts_that_overflow_have_ink_outside(decks: &[(&str, &str, Deck)]) {
    let of = |wanted: &str| decks.iter().find(|(name, ..)| *name == wanted).map(|(.., deck)| &deck.slides[0]);
    let overflowing = &of("text_overflow").unwrap().shapes[0];
    assert!(overflowing.ink.unwrap().bottom() > overflowing.frame.bottom() + 20.0);
    assert_eq!(overflowing.font_pt.map(f64::round), Some(18.0));
    let sizes = &of("text_sizes").unwrap().shapes;
    let points: Vec<f64> = sizes
        .iter()
        .filter(|one| one.kind == ShapeKind::Run)
        .filter_map(|one| one.font_pt)
        .map(f64::round)
        .collect();
    assert_eq!(points, [12.0, 12.0, 18.0, 18.0, 28.0, 28.0, 44.0, 44.0]);
    let colors = of("text_colors").unwrap();
    assert_eq!(
        colors.shapes.iter().find(|one| one.kind == ShapeKind::Run).unwrap().text_color,
        Some([220, 20, 20])
    );
    assert_eq!(of("background").unwrap().background, Some([20, 40, 70, 255]));
    let (own, shown) = of("pictures").unwrap().shapes[2].picture_aspect.unwrap();
    assert!((own - 4.0 / 3.0).abs() < 1e-9 && (shown - 3.5).abs() < 1e-3);
}

fn faults_carry_the_frames_of_the_program(renderer: &SlideRenderer) {
    let check = |program: &str, message: &str, place: Option<&str>| {
        let render = renderer.run(program, PATIENCE).unwrap().render;
        let fault = render.faults.first().unwrap_or_else(|| panic!("{program} has no fault"));
        assert!(fault.message.contains(message), "{}", fault.message);
        assert!(!fault.message.contains("site-packages"), "{}", fault.message);
        assert_eq!(fault.span.and_then(|span| span.slice(program)), place, "{program}");
    };
    let start = "from pptx import Presentation\np = Presentation()\n";
    check(&format!("{start}p.slides.add_slide(nothing)\n"), "line 3, in <module>", Some("nothing"));
    check("import pptx\npptx.Presentation(\n", "SyntaxError", Some("("));
    check("x = 1\n", "saves no deck", None);
    check(&format!("{start}p.save('a.pptx')\n"), "no slide to show", None);
    check(&format!("{start}p.save('/etc/a.pptx')\n"), "PermissionError", Some("p.save('/etc/a.pptx')"));
}
