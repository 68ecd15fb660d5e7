//! CPU seconds of rendering: `bench <times> <program>...` prints those of this process and of all that it started, the
//! warming of interpreter and office included (times = 0 measures that alone).

use std::time::Duration;

use galley_core::RegionMapper;
use galley_slides::{RendererOptions, SlideRenderer, mapper::SlideMapper};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let times: usize = arguments.next().ok_or("bench <times> <program>...")?.parse()?;
    let programs: Vec<String> = arguments.map(std::fs::read_to_string).collect::<Result<_, _>>()?;
    let renderer =
        SlideRenderer::start(RendererOptions { workers: 1, cache: 0, ..RendererOptions::default() })?;
    let (mut drawn, mut program_cpu, mut office_cpu) = (0, 0.0, 0.0);
    for program in (0..times).flat_map(|_| &programs) {
        let run = renderer.run(program, Duration::from_secs(120))?;
        drawn += usize::from(run.render.ok());
        program_cpu += run.program_cpu;
        office_cpu += run.office_cpu;
        SlideMapper.map(program, &run.render);
    }
    drop(renderer);
    let count = (times * programs.len()).max(1) as f64;
    println!(
        "{drawn} of {} programs drawn, {:.1} ms program, {:.1} ms office",
        times * programs.len(),
        1000.0 * program_cpu / count,
        1000.0 * office_cpu / count
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
