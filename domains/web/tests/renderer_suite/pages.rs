//! Pictures, boxes, spans and styles of handwritten pages.

use std::collections::BTreeMap;

use crate::common::{PATIENCE, SMALL, named, pixel, render, small};
use galley_core::{FaultKind, Region, RegionMapper, Renderer, Statement};
use galley_web::{
    browser::{Outcome, Page},
    inject::Loads,
    mapper::WebMapper,
    renderer::RendererOptions,
};

const CARD: &str = "<!DOCTYPE html>\n<html><head><style>body{margin:0;background:#eef}\n.card{position:absolute;left:10px;top:20px;\
width:100px;height:60px;background:rgba(0,0,255,.5)}</style></head>\n<body><div class=\"card\"><p style=\"margin:0;\
font:bold 16px/20px sans-serif;color:#fff;text-align:center\">Hello  <b>big</b>\nworld</p></div></body></html>";

#[test]
fn a_page_has_its_picture_boxes_styles_and_spans() {
    let render = render(CARD);
    assert_eq!(render.canvas(), Region::new(0.0, 0.0, 160.0, 128.0));
    assert_eq!(pixel(&render, 0, 0), [0xee, 0xee, 0xff]);
    let kinds: Vec<&str> = render.elements.iter().map(|element| element.kind.as_str()).collect();
    assert_eq!(kinds, ["html", "body", "div", "p", "b"]);
    let parents: Vec<Option<usize>> = render.elements.iter().map(|element| element.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(2), Some(3)]);
    let (div, p, b) = (&render.elements[2], &render.elements[3], &render.elements[4]);
    assert_eq!(div.region, Region::new(10.0, 20.0, 100.0, 60.0));
    assert_eq!((p.text.as_str(), b.text.as_str(), div.text.as_str()), ("Hello world", "big", ""));
    assert!(div.text_region.is_none());
    let text = p.text_region.unwrap();
    assert!(div.region.contains(text, 1.0) && !text.is_empty(), "{text:?}");
    assert!(b.text_region.unwrap().x > text.x);
    for (key, value) in [
        ("color", "rgb(255, 255, 255)"),
        ("font-weight", "700"),
        ("font-size", "16px"),
        ("text-align", "center"),
    ] {
        assert_eq!(p.style[key], value, "{key}");
    }
    assert_eq!(div.style["background-color"], "rgba(0, 0, 255, 0.5)");
    assert_eq!(p.style["effective-background"], "rgb(119, 119, 255)");
    assert_eq!(div.style["client-width"], "100");
    assert_eq!(
        div.span.unwrap().slice(CARD).unwrap(),
        &CARD[CARD.find("<div").unwrap()..CARD.find("</body>").unwrap()]
    );
    assert_eq!(b.span.unwrap().slice(CARD), Some("<b>big</b>"));
}

#[test]
fn implied_elements_belong_to_their_parents_and_misnested_ones_keep_their_own() {
    let program = "<table><tr><td>x</table><b>a<i>b</b>c</i>";
    let render = render(program);
    let (table, tbody) = (named(&render, "table")[0], named(&render, "tbody")[0]);
    assert_eq!((tbody.span, tbody.style["source"].as_str()), (table.span, "parent"));
    assert!(!table.style.contains_key("source") && named(&render, "html")[0].span.is_none());
    assert_eq!(named(&render, "td")[0].span.unwrap().slice(program), Some("<td>x"));
    let italics = named(&render, "i");
    assert_eq!(italics.len(), 2);
    assert_eq!(italics[0].span, italics[1].span);
}

#[test]
fn hidden_things_are_left_out() {
    let program = "<title>t</title><p>x<br>y</p><div style='display:none'><p>a</p></div><div style='visibility:hidden'>b</div>\
                   <div style='opacity:0'><em>c</em></div><div></div><input value='Buy'>";
    let render = render(program);
    let kinds: Vec<&str> = render.elements.iter().map(|element| element.kind.as_str()).collect();
    assert_eq!(kinds, ["html", "body", "p", "input"]);
    assert_eq!(render.elements[3].text, "Buy");
}

#[test]
fn statements_get_the_boxes_of_their_elements() {
    let render = render(CARD);
    let statements = WebMapper::default().map(CARD, &render);
    let of = |kind: &str| -> Vec<&Statement> {
        statements.iter().filter(|statement| statement.kind == kind).collect()
    };
    let card = Region::new(10.0, 20.0, 100.0, 60.0);
    assert_eq!(of("div")[0].regions, [card]);
    assert!(of("style")[0].regions.is_empty());
    // The rule and its declarations answer for the card; the text's colour stands in its own attribute.
    assert_eq!(of(".card")[0].regions, [card]);
    assert_eq!(of("width")[0].regions, [card]);
    assert_eq!(of("color")[0].regions.len(), 2, "the paragraph, and the bold text that inherits it");
}

#[test]
fn numbers_in_the_source_change_no_pixel() {
    for program in [
        CARD,
        "<style>@layer b,a;@layer a{p{color:red}}p{margin:1px 2px!important;&:first-child{top:3px}}\
         @media(min-width:1px){p+p{padding:5px;background:linear-gradient(#fff,#00f)}}:root{--x:9px}p{left:var(--x);position:relative}\
         </style><p>a<p style='margin:9px'>b",
        "<style>p:first-child{color:red}[class]{color:blue}</style><p>a<p class=x>b<svg width=9 height=9><rect width=5 height=5 /></svg>",
    ] {
        let plain = Page {
            html: program,
            attribute: "none",
            slots: 0,
            loads: Loads::Nothing,
            spoils: false,
            scripts: false,
            report: "",
        };
        let Outcome::Shown(shot) = SMALL.pool().show(plain, PATIENCE).unwrap() else { panic!("not shown") };
        let picture = image::load_from_memory(&shot.png).unwrap().into_rgb8();
        assert_eq!(render(program).image.unwrap().rgb, picture.into_raw());
    }
}

#[test]
fn broken_programs_are_faults_and_white_ones_blank() {
    let fault = render("<html><body><p>x</p><div>y</body></html>").faults.remove(0);
    assert_eq!(
        (fault.kind, fault.message.as_str()),
        (FaultKind::Syntax, "line 1, column 21: <div> is never closed")
    );
    assert_eq!(render("").faults[0].kind, FaultKind::Syntax);
    assert_eq!(render("<body><div></div></body>").faults[0].kind, FaultKind::Blank);
    assert!(render("<body style='background:#f00'></body>").ok());
}

#[test]
fn whole_pages_are_as_high_as_they_are_and_no_higher_than_the_cap() {
    let tall = small(RendererOptions { full_page: true, ..RendererOptions::default() });
    let height = |program: &str| tall.render(program, PATIENCE).unwrap().canvas().height;
    assert_eq!(height("<body style='margin:0'><div style='height:700px;background:red'></div>"), 700.0);
    assert_eq!(height("<body style='margin:0'><div style='height:9px;background:red'></div>"), 128.0);
    assert_eq!(height("<body style='margin:0'><div style='height:1000000px;background:red'></div>"), 16384.0);
}

#[test]
fn assets_are_shown_where_they_are_named() {
    let mut png = Vec::new();
    let red = image::RgbImage::from_pixel(4, 4, image::Rgb([255, 0, 0]));
    red.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let renderer = small(RendererOptions {
        assets: BTreeMap::from([("rick.jpg".into(), png)]),
        ..RendererOptions::default()
    });
    let program = "<body style='margin:0'><img src=\"rick.jpg\" width=50 height=50><img src='other.jpg' width=9 height=9>";
    let render = renderer.render(program, PATIENCE).unwrap();
    assert_eq!(pixel(&render, 25, 25), [255, 0, 0]);
    let images = named(&render, "img");
    assert_eq!((images[0].style["src"].as_str(), images[1].style["src"].as_str()), ("loaded", "broken"));
    assert_eq!(images[0].span.unwrap().slice(program), Some("<img src=\"rick.jpg\" width=50 height=50>"));
    assert_ne!(renderer.version(), SMALL.version());
}

#[test]
fn data_backgrounds_are_there_in_every_picture() {
    let mut png = Vec::new();
    let noise = image::RgbImage::from_fn(600, 600, |x, y| image::Rgb([(x * y) as u8, 40, 200]));
    noise.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let data = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, png);
    for round in 0..10 {
        let program = format!(
            "<body style='margin:{round}px'><div style='height:90px;background:url(data:image/png;base64,{data})'></div>"
        );
        assert_eq!(pixel(&render(&program), 80, 50)[2], 200, "round {round}");
    }
}
