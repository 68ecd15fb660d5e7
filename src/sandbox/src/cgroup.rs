//! A control group around a worker: memory and number of processes. Version 1, version 2, or none.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

const ROOT: &str = "/sys/fs/cgroup";

/// Removed when dropped, which the kernel allows once its processes are gone.
#[derive(Debug)]
pub struct Cgroup {
    folders: Vec<PathBuf>,
}

impl Cgroup {
    /// A fresh group below our own.
    ///
    /// # Errors
    /// Where there is no hierarchy that we may write to.
    pub fn new(memory: u64, processes: u64) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("galley-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let (memory, processes) = (memory.to_string(), processes.to_string());
        let mut group = Self { folders: Vec::new() };
        if Path::new(ROOT).join("cgroup.controllers").exists() {
            let folder = Path::new(ROOT).join(of(&own, "").unwrap_or_default()).join(name);
            group.add(folder, &[("memory.max", &memory), ("pids.max", &processes)])?;
        } else {
            for (controller, key, value) in
                [("memory", "memory.limit_in_bytes", &memory), ("pids", "pids.max", &processes)]
            {
                let folder = Path::new(ROOT).join(controller).join(of(&own, controller).unwrap_or_default());
                group.add(folder.join(&name), &[(key, value)])?;
            }
        }
        Ok(group)
    }

    fn add(&mut self, folder: PathBuf, limits: &[(&str, &String)]) -> io::Result<()> {
        fs::create_dir(&folder)?;
        self.folders.push(folder.clone());
        limits.iter().try_for_each(|(key, value)| fs::write(folder.join(key), value.as_bytes()))
    }

    /// Puts a process, and what it will start, under the limits.
    pub fn take(&self, process: u32) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| fs::write(folder.join("cgroup.procs"), process.to_string()))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for folder in &self.folders {
            // A process that was just killed may take a moment to leave.
            for _ in 0..50 {
                if fs::remove_dir(folder).is_ok() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        }
    }
}

/// The path of our own group in the hierarchy of `controller`, without its leading `/`.
fn of(listing: &str, controller: &str) -> Option<String> {
    let line = listing.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, names, path) = (parts.next()?, parts.next()?, parts.next()?);
        names.split(',').any(|name| name == controller).then(|| path.trim_start_matches('/').to_owned())
    });
    line.filter(|path| !path.contains(".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_group_is_found_in_both_versions() {
        let mixed = "4:memory:/a/b\n8:pids,misc:/\n0::/user.slice\n";
        assert_eq!(of(mixed, "memory").as_deref(), Some("a/b"));
        assert_eq!(of(mixed, "pids").as_deref(), Some(""));
        assert_eq!(of(mixed, "").as_deref(), Some("user.slice"));
        assert_eq!(of(mixed, "cpu"), None);
    }
}
