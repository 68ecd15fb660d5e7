//! Namespaces of its own for a program: no network, no shared memory of others, and a small file system for scratch.
//!
//! Root makes them as it is; anybody else first becomes the root of a user namespace. All calls are made between fork
//! and exec and allocate nothing.

use std::{ffi::CStr, io};

/// What the child of a fork writes and mounts; made before the fork.
#[derive(Debug)]
pub struct Namespaces {
    users: Option<[Vec<u8>; 2]>,
}

impl Namespaces {
    pub fn new() -> Self {
        // SAFETY: plain system calls.
        let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
        let maps = [format!("0 {user} 1").into_bytes(), format!("0 {group} 1").into_bytes()];
        Self { users: (user != 0).then_some(maps) }
    }

    /// Enters them. With `scratch`, a file system in memory of at most `size` (`size=...`) is mounted there.
    ///
    /// # Errors
    /// Where the kernel, or the container around us, does not let us.
    pub fn enter(&self, scratch: Option<(&CStr, &CStr)>) -> io::Result<()> {
        if let Some([users, groups]) = &self.users {
            check(unshare(libc::CLONE_NEWUSER))?;
            write(c"/proc/self/setgroups", b"deny")?;
            write(c"/proc/self/uid_map", users)?;
            write(c"/proc/self/gid_map", groups)?;
        }
        check(unshare(libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS))?;
        let nothing = std::ptr::null();
        // SAFETY: all strings are terminated and live through the calls.
        check(unsafe {
            libc::mount(nothing, c"/".as_ptr(), nothing, libc::MS_REC | libc::MS_PRIVATE, nothing.cast())
        })?;
        let Some((folder, options)) = scratch else { return Ok(()) };
        let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
        // SAFETY: as above.
        check(unsafe {
            let kind = c"tmpfs".as_ptr();
            libc::mount(kind, folder.as_ptr(), kind, flags, options.as_ptr().cast())
        })
    }
}

fn unshare(flags: i32) -> i32 {
    // SAFETY: changes what this process sees, and no memory.
    unsafe { libc::unshare(flags) }
}

fn check(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn write(path: &CStr, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: the path is terminated, the bytes live through the call.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        let written = libc::write(fd, bytes.as_ptr().cast(), bytes.len());
        libc::close(fd);
        if written == bytes.len() as isize { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}
