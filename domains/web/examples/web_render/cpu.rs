//! CPU time of a process and all that it started, living and reaped, from `/proc`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// One line of `/proc/<id>/stat`.
struct Stat {
    parent: u32,
    /// Own time and that of reaped children, in clock ticks.
    ticks: u64,
}

/// CPU seconds of the tree under `root`, without the trees under `except`.
///
/// Children that ended count from when their parent has waited for them; chromium's processes and Playwright's driver
/// wait for theirs.
pub fn seconds(root: u32, except: &[u32]) -> f64 {
    let stats = stats();
    let mut inside = BTreeSet::from([root]);
    // Ids need not grow from parent to child, so this goes on until nothing is added.
    loop {
        let found: Vec<u32> = stats
            .iter()
            .filter(|(id, stat)| {
                inside.contains(&stat.parent) && !inside.contains(id) && !except.contains(id)
            })
            .map(|(id, _)| *id)
            .collect();
        if found.is_empty() {
            break;
        }
        inside.extend(found);
    }
    let ticks: u64 = inside.iter().filter_map(|id| stats.get(id)).map(|stat| stat.ticks).sum();
    ticks as f64 / ticks_per_second()
}

fn stats() -> BTreeMap<u32, Stat> {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| Some((id, parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?))).collect()
}

/// The name may hold anything, so fields are counted from behind it.
fn parse(line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks })
}

fn ticks_per_second() -> f64 {
    // SAFETY: a plain query.
    unsafe { libc::sysconf(libc::_SC_CLK_TCK) as f64 }
}
