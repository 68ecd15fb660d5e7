//! What the renderer's tests share.

use std::{sync::LazyLock, time::Duration};

use galley_core::{Element, Render, Renderer};
use galley_web::renderer::{RendererOptions, WebRenderer};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A renderer of small pages that remembers nothing, one per test program.
pub static SMALL: LazyLock<WebRenderer> = LazyLock::new(|| small(RendererOptions::default()));

pub fn small(options: RendererOptions) -> WebRenderer {
    WebRenderer::start(RendererOptions { viewport: (160, 128), cache: 0, ..options }).unwrap()
}

pub fn render(program: &str) -> Render {
    SMALL.render(program, PATIENCE).unwrap()
}

pub fn pixel(render: &Render, x: u32, y: u32) -> [u8; 3] {
    render.image.as_ref().unwrap_or_else(|| panic!("no picture: {:?}", render.faults)).pixel(x, y)
}

pub fn named<'a>(render: &'a Render, kind: &str) -> Vec<&'a Element> {
    render.elements.iter().filter(|element| element.kind == kind).collect()
}
