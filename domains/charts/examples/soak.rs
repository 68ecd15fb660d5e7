//! Many renders in one worker that is never replaced: `soak <times>` prints the memory of worker and controller on the
//! way, in MB.

use std::time::Duration;

use galley_charts::{ChartRenderer, RendererOptions};

fn resident(id: u32) -> f64 {
    let statm = std::fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
    let pages: f64 = statm.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let times: usize = std::env::args().nth(1).ok_or("how many times?")?.parse()?;
    let options = RendererOptions {
        workers: 1,
        cache: 0,
        recycle: u64::MAX,
        dpi: Some(20.0),
        ..RendererOptions::default()
    };
    let renderer = ChartRenderer::start(options)?;
    for at in 0..=times {
        let program =
            format!("import matplotlib.pyplot as plt\nplt.bar(['a', 'b'], [{}, 2], color='#a3c')\n", at % 9);
        let render = renderer.run(&program, Duration::from_secs(60))?.render;
        assert!(render.ok(), "{:?}", render.faults);
        if at % (times / 10).max(1) == 0 {
            let worker = renderer.pool().workers().first().copied().unwrap_or(0);
            println!("{at:6} worker {:.1} controller {:.1}", resident(worker), resident(std::process::id()));
        }
    }
    Ok(())
}
