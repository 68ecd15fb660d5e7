//! CPU seconds of rendering and scoring: `bench <times> <program>...` prints those of this process and of all that it
//! started, the warming of the interpreter included (times = 0 measures that alone).

use std::time::Duration;

use galley_charts::{ChartRenderer, RendererOptions, mapper::ChartMapper, metrics};
use galley_core::RegionMapper;

const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let times: usize = arguments.next().ok_or("bench <times> <program>...")?.parse()?;
    let programs: Vec<String> = arguments.map(std::fs::read_to_string).collect::<Result<_, _>>()?;
    let renderer =
        ChartRenderer::start(RendererOptions { workers: 1, cache: 0, ..RendererOptions::default() })?;
    let (mut drawn, mut located, mut elements, mut sum) = (0, 0, 0, 0.0);
    for program in (0..times).flat_map(|_| &programs) {
        let run = renderer.run(program, PATIENCE)?;
        drawn += usize::from(run.render.ok());
        elements += run.render.elements.len();
        located += run.render.elements.iter().filter(|element| element.span.is_some()).count();
        ChartMapper.map(program, &run.render);
        let records = run.records.unwrap_or_default();
        sum += metrics::official(&records, &records, false).average();
        sum += metrics::sound_scores(&run.render, &run.render).map_or(0.0, |scores| scores.average());
    }
    drop(renderer);
    println!(
        "{drawn} of {} programs drawn, {located} of {elements} artists located, checksum {sum:.3}",
        times * programs.len()
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
