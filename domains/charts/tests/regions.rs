//! Regions against pixels: what changes on the picture when one artist is left out is what its element says.

use std::time::Duration;

use galley_charts::{ChartRenderer, RendererOptions};
use galley_core::{Element, Image, Region, Render};

const START: &str = "import matplotlib.pyplot as plt\nfig = plt.figure()\nax = fig.add_axes([0.1, 0.1, 0.8, 0.8])\n\
                     ax.set_xlim(0, 10)\nax.set_ylim(0, 10)\n";

/// One artist a line: the call, the class of its element, and the least intersection over union.
const ARTISTS: [(&str, &str, f64); 9] = [
    ("ax.bar([3], [6], color='#336699')", "rectangle", 0.9),
    ("ax.add_patch(plt.Circle((5, 5), 2, color='green'))", "circle", 0.9),
    ("ax.fill_between([1, 4, 8], [2, 7, 3], color='orange')", "polycollection", 0.9),
    ("ax.scatter([2, 5, 8], [3, 8, 4], s=200, color='purple')", "pathcollection", 0.9),
    ("ax.imshow([[1, 2], [3, 4]], extent=(2, 6, 2, 6), aspect='auto')", "axesimage", 0.9),
    ("ax.plot([1, 5, 9], [1, 8, 2], color='red', linewidth=4)", "line2d", 0.9),
    ("ax.plot([1, 5, 9], [1, 30, 2], color='red', linewidth=4)", "line2d", 0.9),
    ("ax.text(5, 5, 'some words', fontsize=20)", "text", 0.8),
    ("ax.text(5, 5, 'turned', fontsize=20, rotation=30)", "text", 0.8),
];

fn render(renderer: &ChartRenderer, program: &str) -> Render {
    let render = renderer.run(program, Duration::from_secs(60)).unwrap().render;
    assert!(render.ok(), "{program}: {:?}", render.faults);
    render
}

/// Whether the element's place is in the call: a part of it made the artist.
fn made_by(element: &Element, program: &str, call: &str) -> bool {
    let place = element.span.and_then(|span| span.slice(program));
    place.is_some_and(|place| call.contains(place) && place.len() * 2 > call.len())
}

/// The box around all pixels that differ.
fn changed(a: &Image, b: &Image) -> Region {
    let mut found: Option<Region> = None;
    for y in 0..a.height {
        for x in 0..a.width {
            if a.pixel(x, y) != b.pixel(x, y) {
                let pixel = Region::new(f64::from(x), f64::from(y), 1.0, 1.0);
                found = Some(found.map_or(pixel, |found| found.union(pixel)));
            }
        }
    }
    found.expect("the artist is seen")
}

#[test]
fn regions_are_where_the_pixels_change() {
    let renderer = ChartRenderer::start(RendererOptions::default()).unwrap();
    let without = render(&renderer, START);
    for (call, kind, least) in ARTISTS {
        let limits = "\nax.set_xlim(0, 10)\nax.set_ylim(0, 10)\n";
        let program = format!("{START}{call}{limits}");
        let with = render(&renderer, &program);
        let element = with
            .elements
            .iter()
            .find(|element| element.kind == kind && made_by(element, &program, call))
            .unwrap_or_else(|| panic!("{call}: no {kind} with this place"));
        let pixels = changed(without.image.as_ref().unwrap(), with.image.as_ref().unwrap());
        let found = element.region.iou(pixels);
        assert!(found >= least, "{call}: {:?} is drawn at {pixels:?}, IoU {found:.2}", element.region);
    }
}

#[test]
fn loops_and_helpers_answer_with_their_innermost_line() {
    let renderer = ChartRenderer::start(RendererOptions::default()).unwrap();
    let program = "import matplotlib.pyplot as plt\nimport seaborn as sns\n\ndef mark(x):\n    plt.scatter([x], [x])\n\n\
                   for x in range(3):\n    mark(x)\nsns.lineplot(x=[1, 2], y=[3, 4])\n";
    let drawn = render(&renderer, program);
    let places = |kind: &str| -> Vec<&str> {
        let of_kind = drawn.elements.iter().filter(|element| element.kind == kind);
        of_kind
            .filter(|element| element.style["role"] == "data")
            .filter_map(|e| e.span?.slice(program))
            .collect()
    };
    assert_eq!(places("pathcollection"), ["plt.scatter([x], [x])"; 3]);
    assert_eq!(places("line2d"), ["sns.lineplot(x=[1, 2], y=[3, 4])"]);
    assert!(drawn.elements.iter().all(|element| element.span.is_some()));
}

#[test]
fn faults_carry_the_frames_of_the_program_and_its_place() {
    let renderer = ChartRenderer::start(RendererOptions::default()).unwrap();
    let check = |program: &str, message: &str, place: &str| {
        let render = renderer.run(program, Duration::from_secs(60)).unwrap().render;
        let fault = render.faults.first().unwrap_or_else(|| panic!("{program} has no fault"));
        assert!(fault.message.contains(message), "{}", fault.message);
        assert!(!fault.message.contains("site-packages"), "{}", fault.message);
        assert_eq!(fault.span.and_then(|span| span.slice(program)), Some(place), "{program}");
    };
    check("import matplotlib.pyplot as plt\nplt.plot(nothing)\n", "line 2, in <module>", "nothing");
    check(
        "import matplotlib.pyplot as plt\nplt.bar([1, 2], [1, 2, 3])\n",
        "ValueError",
        "plt.bar([1, 2], [1, 2, 3])",
    );
    check("import matplotlib.pyplot as plt\nplt.plot([1, 2\n", "SyntaxError", "[1, 2");
}
