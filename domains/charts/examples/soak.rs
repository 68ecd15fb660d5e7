//! Many renders in one worker that is never replaced: `soak <times>` prints the memory of worker and controller on the
//! way, in MB, and what is left behind at the end: processes, files, control groups. Exit code 1 where anything is.

use std::{path::Path, time::Duration};

use galley_charts::{ChartRenderer, RendererOptions};

fn resident(id: u32) -> f64 {
    let statm = std::fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
    let pages: f64 = statm.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

/// Our own children, of which there must be none at the end.
fn children() -> usize {
    let own = std::process::id().to_string();
    let parent = |id: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        Some(stat.rsplit_once(')')?.1.split_whitespace().nth(1)? == own)
    };
    names(Path::new("/proc")).iter().filter(|id| parent(id) == Some(true)).count()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Control groups of this process, in every hierarchy.
fn groups() -> usize {
    fn below(folder: &Path, own: &str, depth: usize) -> usize {
        let inner = names(folder).into_iter().filter(|name| folder.join(name).is_dir());
        inner
            .map(|name| {
                let hit = usize::from(name.starts_with(own));
                if depth > 0 { hit + below(&folder.join(&name), own, depth - 1) } else { hit }
            })
            .sum()
    }
    below(Path::new("/sys/fs/cgroup"), &format!("galley-{}-", std::process::id()), 3)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let times: usize = std::env::args().nth(1).ok_or("how many times?")?.parse()?;
    // A temporary folder of our own shows what stays in it.
    let scratch = tempfile::tempdir()?;
    tempfile::env::override_temp_dir(scratch.path()).map_err(|_| "the temporary folder is set already")?;
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
    drop(renderer);
    let left = [children(), names(scratch.path()).len(), groups()];
    println!("left: {} processes, {} files, {} control groups", left[0], left[1], left[2]);
    if left != [0; 3] {
        std::process::exit(1);
    }
    Ok(())
}
