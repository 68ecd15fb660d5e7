//! Our pictures beside those of `soffice --convert-to pdf` and `pdftoppm`: `parity [deck.pptx...]` prints the structural
//! similarity of every slide; without arguments, of the programs of the tests. Exit code 1 below 0.98.

use std::{path::Path, process::Command, time::Duration};

use galley_core::{Image, Render};
use galley_slides::{RendererOptions, SlideRenderer, scene::Deck};

#[path = "../tests/shared/mod.rs"]
mod shared;

const PATIENCE: Duration = Duration::from_secs(120);
const LEAST: f64 = 0.98;
/// What the domain draws by default.
const WIDTH: u32 = 1280;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let renderer = SlideRenderer::start(RendererOptions {
        width: WIDTH,
        workers: 1,
        cache: 0,
        ..RendererOptions::default()
    })?;
    let folder = tempfile::tempdir()?;
    let mut all: Vec<(String, Render)> = Vec::new();
    let paths: Vec<String> = std::env::args().skip(1).collect();
    for (name, program) in shared::programs().into_iter().filter(|_| paths.is_empty()) {
        let run = renderer.run(&program, PATIENCE)?;
        std::fs::write(folder.path().join(format!("{name}.pptx")), &run.deck)?;
        all.push((name, run.render));
    }
    for path in &paths {
        let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(path)?;
        std::fs::write(folder.path().join(format!("{name}.pptx")), &bytes)?;
        all.push((name, renderer.office().render(&bytes, PATIENCE)?));
    }
    let (mut slides, mut poor) = (0, 0);
    for (name, theirs) in them(folder.path(), &all)? {
        let Some((_, render)) = all.iter().find(|(own, _)| *own == name) else { continue };
        let Some(deck) = Deck::of(render) else {
            println!("{name}: {:?}; they show {} slides", render.faults, theirs.len());
            continue;
        };
        for (slide, other) in deck.slides.iter().zip(&theirs) {
            let ssim = galley_measure::ssim::gray(
                &gray(&slide.image),
                &gray(other),
                other.width as usize,
                other.height as usize,
            );
            let ssim = ssim.unwrap_or(0.0);
            slides += 1;
            poor += usize::from(ssim < LEAST);
            println!("{name} {}: {ssim:.4}{}", slide.index, if ssim < LEAST { "  <-- differs" } else { "" });
        }
        if deck.slides.len() != theirs.len() {
            println!("{name}: {} slides, they show {}", deck.slides.len(), theirs.len());
        }
    }
    println!("{slides} slides, {poor} below {LEAST}");
    std::process::exit(i32::from(poor > 0));
}

/// Their pictures by name: one office process for all decks, which draws each as a process of its own does.
fn them(
    folder: &Path,
    all: &[(String, Render)],
) -> Result<Vec<(String, Vec<Image>)>, Box<dyn std::error::Error>> {
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let mut office = Command::new("soffice");
    office.args([&profile, "--headless", "--convert-to", "pdf", "--outdir"]).arg(folder);
    office.args(all.iter().map(|(name, _)| folder.join(format!("{name}.pptx"))));
    office.output()?;
    let mut found = Vec::new();
    for (name, render) in all {
        let height = Deck::of(render).map_or(WIDTH * 9 / 16, |deck| deck.height);
        let prefix = folder.join(name);
        let mut pdftoppm = Command::new("pdftoppm");
        pdftoppm.args(["-png", "-scale-to-x", &WIDTH.to_string(), "-scale-to-y", &height.to_string()]);
        pdftoppm.arg(folder.join(format!("{name}.pdf"))).arg(&prefix).output()?;
        let mut pictures: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
        pictures.retain(|path| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let number = file.strip_prefix(&format!("{name}-")).and_then(|rest| rest.strip_suffix(".png"));
            number.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        });
        pictures.sort();
        let read = |path: &std::path::PathBuf| -> Result<Image, image::ImageError> {
            let rgb = image::open(path)?.to_rgb8();
            Ok(Image::new(rgb.width(), rgb.height(), rgb.into_raw()))
        };
        found.push((name.clone(), pictures.iter().map(read).collect::<Result<_, _>>()?));
    }
    Ok(found)
}

fn gray(image: &Image) -> Vec<u8> {
    let of = |pixel: &[u8]| {
        ((299 * u32::from(pixel[0]) + 587 * u32::from(pixel[1]) + 114 * u32::from(pixel[2]) + 500) / 1000)
            as u8
    };
    image.rgb.chunks_exact(3).map(of).collect()
}
