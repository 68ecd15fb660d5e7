//! Processes of a browser, from `/proc` (see proc(5)).

use std::{collections::BTreeMap, fs};

/// Ids of the living processes that descend from `root` or are in the group of its number, `root` included.
pub fn family(root: u32) -> Vec<u32> {
    let all: BTreeMap<u32, (u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|id| Some((id, parent_and_group(id)?)))
        .collect();
    let descends = |mut id: u32| {
        while let Some(&(parent, group)) = all.get(&id) {
            if id == root || group == root {
                return true;
            }
            id = parent;
        }
        false
    };
    all.keys().copied().filter(|&id| descends(id)).collect()
}

/// What a process is to chromium: `browser`, or the `--type` that it was started with.
pub fn role(id: u32) -> String {
    let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    let role = line.split_whitespace().find_map(|word| word.strip_prefix("--type="));
    let service = line.split_whitespace().find_map(|word| word.strip_prefix("--utility-sub-type="));
    service.and_then(|name| name.split('.').next()).or(role).unwrap_or("browser").to_owned()
}

fn parent_and_group(id: u32) -> Option<(u32, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    let is_alive = !matches!(fields.next()?, "Z" | "X");
    let (parent, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    is_alive.then_some((parent, group))
}
