//! Decks and programs that want out, or want to take everything. What anybody can try in Python is the corpus of
//! `tests/hostile/python`; here is what only a deck can.

use std::{net::TcpListener, time::Duration};

use galley_core::{FaultKind, Render};
use galley_sandbox::Mechanisms;
use galley_slides::{RendererOptions, SlideRenderer};

/// Long enough for a busy machine; two of the programs use all of it.
const DEADLINE: Duration = Duration::from_secs(4);

const START: &str = "\
import io, os
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE as RT
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.util import Inches
prs = Presentation()
s = prs.slides.add_slide(prs.slide_layouts[6])
s.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame.text = 'harmless'
pic = s.shapes.add_picture('logo.png', Inches(5), Inches(3))
def link(target, kind=RT.IMAGE):
    rel = s.part.relate_to(target, kind, is_external=True)
    blip = pic._element.find('.//{http://schemas.openxmlformats.org/drawingml/2006/main}blip')
    for name in list(blip.attrib): del blip.attrib[name]
    blip.set('{http://schemas.openxmlformats.org/officeDocument/2006/relationships}link', rel)
";

/// What a program does, and what is to come of it: `None` for a picture.
const PROGRAMS: [(&str, &str, Option<FaultKind>); 11] = [
    ("a picture from the network", "link('http://127.0.0.1:{PORT}/x.png')", None),
    ("a picture from the host", "link('file://{SECRET}')", None),
    (
        "an embedded object",
        "s.shapes.add_ole_object(io.BytesIO(b'MZ' * 999), 'Excel.Sheet.12', Inches(1), Inches(4))",
        None,
    ),
    (
        "a macro",
        "part = Part(PackURI('/ppt/vbaProject.bin'), 'application/vnd.ms-office.vbaProject', prs.part.package, b'\\xd0\\xcf' * 500)\n\
         prs.part.relate_to(part, 'http://schemas.microsoft.com/office/2006/relationships/vbaProject')",
        None,
    ),
    ("many slides", "for i in range(40): prs.slides.add_slide(prs.slide_layouts[6])", Some(FaultKind::Limit)),
    (
        "a path outside",
        "prs.save('../../../../../../tmp/galley-slides-escaped.pptx')",
        Some(FaultKind::Runtime),
    ),
    (
        "a symbolic link",
        "os.symlink('{OUTSIDE}', 'link.pptx')\nprs.save('link.pptx')",
        Some(FaultKind::Runtime),
    ),
    ("no end", "prs.save('a.pptx')\nwhile True: pass", Some(FaultKind::Limit)),
    ("all memory", "data = []\nwhile True: data.append(bytes(1 << 26))", Some(FaultKind::Limit)),
    (
        "a slide as large as a country",
        "prs.slide_width = 51206400\nprs.slide_height = 914400",
        Some(FaultKind::Limit),
    ),
    ("a deep group", "g = s.shapes\nfor i in range(60): g = g.add_group_shape().shapes", None),
];

fn options(mechanisms: Mechanisms) -> RendererOptions {
    RendererOptions { mechanisms, width: 320, workers: 1, cache: 0, ..RendererOptions::default() }
}

fn harmless(renderer: &SlideRenderer) -> Render {
    let render =
        renderer.run(&format!("{START}prs.save('a.pptx')\n"), Duration::from_secs(60)).unwrap().render;
    assert!(render.ok(), "{:?}", render.faults);
    render
}

fn check(mechanisms: Mechanisms) {
    let renderer = SlideRenderer::start(options(mechanisms)).unwrap();
    let before = harmless(&renderer);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (secret, outside) = (folder.path().join("secret.png"), folder.path().join("outside.pptx"));
    image::RgbImage::from_pixel(64, 64, image::Rgb([255, 0, 255])).save(&secret).unwrap();
    let mut wrong = Vec::new();
    for (name, body, fault) in PROGRAMS {
        let body = body
            .replace("{PORT}", &listener.local_addr().unwrap().port().to_string())
            .replace("{SECRET}", &secret.to_string_lossy())
            .replace("{OUTSIDE}", &outside.to_string_lossy());
        let render = renderer.run(&format!("{START}{body}\nprs.save('a.pptx')\n"), DEADLINE).unwrap().render;
        if render.faults.first().map(|fault| fault.kind) != fault {
            wrong.push(format!("{name}: {:?}", render.faults));
        }
        let magenta = |render: &Render| {
            render
                .image
                .as_ref()
                .is_some_and(|image| image.rgb.chunks_exact(3).any(|pixel| pixel == [255, 0, 255]))
        };
        if magenta(&render) {
            wrong.push(format!("{name}: shows the host's picture"));
        }
        if listener.accept().is_ok() || outside.exists() {
            wrong.push(format!("{name}: got out"));
        }
        if harmless(&renderer) != before {
            wrong.push(format!("{name}: the next picture is another one"));
        }
    }
    assert!(!std::path::Path::new("/tmp/galley-slides-escaped.pptx").exists());
    decks_that_are_none(&renderer, &before, &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Bytes that no program of python-pptx saves.
fn decks_that_are_none(renderer: &SlideRenderer, before: &Render, wrong: &mut Vec<String>) {
    let good = renderer.run(&format!("{START}prs.save('a.pptx')\n"), Duration::from_secs(60)).unwrap().deck;
    let decks: [(&str, &[u8]); 5] = [
        ("nothing", b""),
        ("no zip", b"PK\x03\x04 and then nothing"),
        ("half a deck", &good[..good.len() / 2]),
        ("a zip that blows up", &zip(&[("a", b"x"), ("b", b"y")], Some(1 << 30))),
        ("a billion laughs", &laughs()),
    ];
    for (name, deck) in decks {
        let render = renderer.office().render(deck, DEADLINE).unwrap();
        if render.ok() {
            wrong.push(format!("{name}: {:?}", render.faults));
        }
        if harmless(renderer) != *before {
            wrong.push(format!("{name}: the next picture is another one"));
        }
    }
}

/// A zip file of stored parts whose directory says that they unpack to `claimed` bytes each.
fn zip(parts: &[(&str, &[u8])], claimed: Option<u32>) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in parts {
        let at = file.len() as u32;
        let size = claimed.unwrap_or(data.len() as u32);
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        common.extend(crc(data).to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(*data);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, length) = (file.len() as u32, directory.len() as u32);
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    for count in [parts.len() as u16; 2] {
        file.extend(count.to_le_bytes());
    }
    file.extend(length.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn crc(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Entities within entities, in the part that every reader reads first.
fn laughs() -> Vec<u8> {
    let mut types = String::from("<!DOCTYPE Types [<!ENTITY a0 \"haha\">");
    for at in 1..30 {
        types += &format!("<!ENTITY a{at} \"&a{0};&a{0};&a{0};&a{0};\">", at - 1);
    }
    types += "]><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">&a29;</Types>";
    zip(&[("[Content_Types].xml", types.as_bytes()), ("_rels/.rels", types.as_bytes())], None)
}

#[test]
fn with_everything_that_this_machine_has() {
    check(Mechanisms::ALL);
}

#[test]
fn without_namespaces_and_control_groups() {
    check(Mechanisms { namespaces: false, cgroup: false, ..Mechanisms::ALL });
}
