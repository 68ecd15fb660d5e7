//! CPU seconds of rendering and scoring: `bench <folder of programs> <times>` prints those of this process and of all
//! that it started, the warming of the interpreter included (times = 0 measures that alone).

use std::time::Duration;

use galley_charts::{ChartRenderer, RendererOptions, metrics, records::Records, statements};
use galley_core::RegionMapper;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, times] = &arguments[..] else { return Err("bench <folder> <times>".into()) };
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    paths.sort();
    let renderer =
        ChartRenderer::start(RendererOptions { workers: 1, cache: 0, ..RendererOptions::default() })?;
    let (mut drawn, mut located, mut elements, mut sum) = (0, 0, 0, 0.0);
    for _ in 0..times.parse()? {
        for path in &paths {
            let program = std::fs::read_to_string(path)?;
            let (render, _) = renderer.measure(&program, Duration::from_secs(60))?;
            drawn += usize::from(render.ok());
            elements += render.elements.len();
            located += render.elements.iter().filter(|element| element.span.is_some()).count();
            statements(&program);
            galley_charts::mapper::ChartMapper.map(&program, &render);
            let records = Records::of(&render).unwrap_or_default();
            sum += metrics::official(&records, &records, false).average();
            sum += metrics::sound_scores(&render, &render).map_or(0.0, |scores| scores.average());
        }
    }
    drop(renderer);
    println!(
        "{} programs, {drawn} drawn, {located} of {elements} artists located, checksum {sum:.3}",
        paths.len()
    );
    println!("cpu {:.3}", cpu());
    Ok(())
}

/// User and system seconds of this process and of the children that it has waited for.
fn cpu() -> f64 {
    let seconds = |who| {
        // SAFETY: fills a structure of plain numbers.
        unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(who, &mut usage);
            let of = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
            of(usage.ru_utime) + of(usage.ru_stime)
        }
    };
    seconds(libc::RUSAGE_SELF) + seconds(libc::RUSAGE_CHILDREN)
}
