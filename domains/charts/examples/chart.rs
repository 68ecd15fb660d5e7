//! Renders one program and says what was seen: `cargo run -p galley-charts --example chart -- file.py [picture.png]`.

use std::time::{Duration, Instant};

use galley_charts::{ChartRenderer, RendererOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which program?")?;
    let program = std::fs::read_to_string(path)?;
    let renderer = ChartRenderer::start(RendererOptions { workers: 1, ..RendererOptions::default() })?;
    let start = Instant::now();
    let galley_charts::Run { render, cpu, .. } = renderer.run(&program, Duration::from_secs(30))?;
    println!("{:?} wall, {cpu:.3} s CPU, {} elements", start.elapsed(), render.elements.len());
    for fault in &render.faults {
        println!("{:?}: {}", fault.kind, fault.message);
    }
    for element in &render.elements {
        let place = element.span.and_then(|span| span.slice(&program)).unwrap_or("?");
        println!("{:14} {:?} {:?} <- {:.40?}", element.kind, element.region, element.text, place);
    }
    if let (Some(path), Some(image)) = (arguments.next(), &render.image) {
        image::save_buffer(path, &image.rgb, image.width, image.height, image::ColorType::Rgb8)?;
    }
    Ok(())
}
