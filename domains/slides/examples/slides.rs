//! Renders one program, or one deck, and says what was seen:
//! `cargo run -p galley-slides --example slides -- file.py|file.pptx [picture.png]`.

use std::time::{Duration, Instant};

use galley_core::Render;
use galley_slides::{RendererOptions, SlideRenderer};

const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which program?")?;
    let renderer = SlideRenderer::start(RendererOptions { workers: 1, ..RendererOptions::default() })?;
    let bytes = std::fs::read(&path)?;
    let start = Instant::now();
    let program = String::from_utf8(bytes.clone()).unwrap_or_default();
    let render: Render = if path.ends_with(".pptx") {
        renderer.office().render(&bytes, PATIENCE)?
    } else {
        let run = renderer.run(&program, PATIENCE)?;
        println!("CPU {:.3} s program, {:.3} s office", run.program_cpu, run.office_cpu);
        run.render
    };
    println!("{:?} wall, {} elements", start.elapsed(), render.elements.len());
    for fault in &render.faults {
        println!("{:?}: {}", fault.kind, fault.message);
    }
    for element in &render.elements {
        let place = element.span.and_then(|span| span.slice(&program)).unwrap_or("?");
        println!("{:12} {:?} {:?} <- {:.60?}", element.kind, element.region, element.text, place);
    }
    if let (Some(path), Some(image)) = (arguments.next(), &render.image) {
        image::save_buffer(path, &image.rgb, image.width, image.height, image::ColorType::Rgb8)?;
    }
    Ok(())
}
