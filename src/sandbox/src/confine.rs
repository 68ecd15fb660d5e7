//! Puts a command into its jail: everything that happens between fork and exec.

use std::{
    ffi::CString,
    io,
    os::unix::{ffi::OsStrExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Mechanisms, landlock::Rules, namespaces::Namespaces};

/// Bytes that a program may keep in its scratch folder, where that is a file system of its own.
const SCRATCH: u64 = 64 << 20;

/// What the system itself needs for an interpreter to run: libraries, fonts, time zones.
const SYSTEM: [&str; 12] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/urandom",
    "/sys/devices/system/cpu",
];

/// Confines `command` with the mechanisms chosen: it sees the system's libraries, what is in `read`, and `scratch`.
///
/// # Errors
/// Where a mechanism cannot be prepared; those that fail in the child make the spawn fail.
pub fn confine(
    command: &mut Command,
    mechanisms: Mechanisms,
    read: &[PathBuf],
    scratch: &Path,
) -> io::Result<()> {
    let folder = CString::new(scratch.as_os_str().as_bytes())?;
    let options = CString::new(format!("size={SCRATCH},mode=700"))?;
    let namespaces = mechanisms.namespaces.then(Namespaces::new);
    let all: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).chain(read.iter().cloned()).collect();
    let rules = match mechanisms.landlock {
        true => Some(Rules::new(&all, &[PathBuf::from("/dev/null")])?),
        false => None,
    };
    // SAFETY: both make plain system calls and allocate nothing.
    unsafe {
        command.pre_exec(move || {
            if let Some(namespaces) = &namespaces {
                namespaces.enter(Some((&folder, &options)))?;
            }
            rules.as_ref().map_or(Ok(()), |rules| rules.apply(&folder))
        });
    }
    Ok(())
}
