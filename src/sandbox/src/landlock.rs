//! Landlock: what of the file system a program sees. Plain system calls, because they are made between fork and exec.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::fs::OpenOptionsExt,
    },
    path::{Path, PathBuf},
};

const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
/// Devices, sockets and pipes in the file system.
const MAKE_ODD: u64 = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11;
const TRUNCATE: u64 = 1 << 14;
/// Rights that a rule on a file, and not a folder, may have.
const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | 1 << 15;

#[repr(C)]
struct RulesetAttributes {
    files: u64,
    net: u64,
    scoped: u64,
}

#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    folder: RawFd,
}

/// The version of Landlock here; 0 where there is none.
pub fn version() -> u32 {
    const VERSION: u32 = 1;
    // SAFETY: asks for the version; nothing is written.
    let found =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0usize, VERSION) };
    u32::try_from(found).unwrap_or(0)
}

/// Rules that are ready to be applied: made before the fork, applied after it.
#[derive(Debug)]
pub struct Rules {
    ruleset: OwnedFd,
    handled: u64,
}

impl Rules {
    /// Files below `read` may be read and executed, `devices` read and written, nothing else seen.
    ///
    /// # Errors
    /// Where the kernel has no Landlock.
    pub fn new(read: &[PathBuf], devices: &[PathBuf]) -> io::Result<Self> {
        let version = version();
        if version == 0 {
            return Err(io::Error::from(io::ErrorKind::Unsupported));
        }
        let handled = handled(version);
        let attributes = RulesetAttributes {
            files: handled,
            net: if version >= 4 { 0b11 } else { 0 },
            scoped: if version >= 6 { 0b11 } else { 0 },
        };
        let size = if version >= 6 {
            24
        } else if version >= 4 {
            16
        } else {
            8usize
        };
        // SAFETY: the structure lives through the call, and `size` is at most its size.
        let fd = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, &raw const attributes, size, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made it for us.
        let rules = Self { ruleset: unsafe { OwnedFd::from_raw_fd(fd as RawFd) }, handled };
        for path in read {
            rules.allow(path, EXECUTE | READ_FILE | READ_DIR)?;
        }
        for path in devices {
            rules.allow(path, READ_FILE | WRITE_FILE | 1 << 15)?;
        }
        Ok(rules)
    }

    /// Paths that do not exist are left out.
    fn allow(&self, path: &Path, rights: u64) -> io::Result<()> {
        let Ok(folder) = File::options().read(true).custom_flags(libc::O_PATH).open(path) else {
            return Ok(());
        };
        let rights = if folder.metadata()?.is_dir() { rights } else { rights & OF_FILES };
        self.add(folder.as_raw_fd(), rights)
    }

    /// Async-signal-safe.
    fn add(&self, folder: RawFd, rights: u64) -> io::Result<()> {
        let rule = PathBeneath { allowed: rights & self.handled, folder };
        const BENEATH: i32 = 1;
        // SAFETY: the structure lives through the call.
        let done = unsafe {
            libc::syscall(libc::SYS_landlock_add_rule, self.ruleset.as_raw_fd(), BENEATH, &raw const rule, 0)
        };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Confines this process for good; what lies in `scratch` may be changed. Async-signal-safe.
    pub fn apply(&self, scratch: &std::ffi::CStr) -> io::Result<()> {
        // SAFETY: plain system calls on this process; the string is terminated.
        unsafe {
            let folder = libc::open(scratch.as_ptr(), libc::O_PATH | libc::O_CLOEXEC);
            if folder < 0 {
                return Err(io::Error::last_os_error());
            }
            self.add(folder, self.handled & !(EXECUTE | MAKE_ODD))?;
            libc::close(folder);
            if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || libc::syscall(libc::SYS_landlock_restrict_self, self.ruleset.as_raw_fd(), 0) != 0
            {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }
}

/// The rights over files that a version knows.
fn handled(version: u32) -> u64 {
    let bits = match version {
        1 => 13,
        2 => 14,
        3 | 4 => 15,
        _ => 16,
    };
    (1 << bits) - 1
}
