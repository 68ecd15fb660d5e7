//! What a program cannot reach: networks, other programs' shared memory, and more than its share of the machine.
//!
//! A network namespace of its own holds nothing but a loopback that is down; so no address, name or socket outside can
//! be reached, whatever the program does. Hosts that let nobody make namespaces (many containers) leave the limits.

use std::{io, os::unix::process::CommandExt, process::Command, sync::OnceLock};

use serde::{Deserialize, Serialize};

/// Whether programs are jailed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JailMode {
    /// As far as the host permits.
    #[default]
    Auto,
    /// With namespaces, or not at all.
    Required,
    /// Limits only.
    Off,
}

/// How programs are kept in on this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jail {
    /// Namespaces for network and shared memory, made as root.
    Namespaces,
    /// The same, inside a user namespace.
    UserNamespaces,
    /// Limits only.
    Limits,
}

/// Why there is no jail.
#[derive(Debug, thiserror::Error)]
#[error("this host permits no namespaces, and the jail is required")]
pub struct NoJail;

/// Bytes of private memory that one process may have, and of one file.
const MEMORY: u64 = 8 << 30;
const FILE: u64 = 2 << 30;

impl Jail {
    /// The strongest jail that `mode` asks for and the host permits. Tried out once per process.
    ///
    /// # Errors
    /// [`NoJail`], where namespaces are required and there are none.
    pub fn build(mode: JailMode) -> Result<Self, NoJail> {
        static BEST: OnceLock<Jail> = OnceLock::new();
        let best = || *BEST.get_or_init(best);
        match mode {
            JailMode::Off => Ok(Self::Limits),
            JailMode::Auto => Ok(best()),
            JailMode::Required => Some(best()).filter(|jail| *jail != Self::Limits).ok_or(NoJail),
        }
    }

    /// For records and for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "network and ipc namespaces",
            Self::UserNamespaces => "user, network and ipc namespaces",
            Self::Limits => "limits only",
        }
    }

    /// Makes `command` start inside.
    pub fn lock(self, command: &mut Command) {
        // SAFETY: ids are plain queries.
        let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
        let maps = [format!("{user} {user} 1"), format!("{group} {group} 1")];
        // SAFETY: between fork and exec only async-signal-safe calls are made, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                limit(libc::RLIMIT_CORE, 0)?;
                limit(libc::RLIMIT_FSIZE, FILE)?;
                limit(libc::RLIMIT_DATA, MEMORY)?;
                match self {
                    Self::Limits => Ok(()),
                    Self::Namespaces => leave(libc::CLONE_NEWNET | libc::CLONE_NEWIPC),
                    Self::UserNamespaces => {
                        leave(libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWIPC)?;
                        write(c"/proc/self/setgroups", b"deny")?;
                        write(c"/proc/self/uid_map", maps[0].as_bytes())?;
                        write(c"/proc/self/gid_map", maps[1].as_bytes())
                    }
                }
            });
        }
    }
}

fn best() -> Jail {
    let works = |jail: &Jail| {
        let mut command = Command::new("/bin/true");
        jail.lock(&mut command);
        command.status().is_ok_and(|status| status.success())
    };
    [Jail::Namespaces, Jail::UserNamespaces].into_iter().find(works).unwrap_or(Jail::Limits)
}

/// Lowers a limit; one that is lower already stays.
fn limit(resource: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls on this process with a struct of its own.
    unsafe {
        if libc::getrlimit(resource, &mut now) != 0 {
            return Err(io::Error::last_os_error());
        }
        now.rlim_max = now.rlim_max.min(most);
        now.rlim_cur = now.rlim_cur.min(now.rlim_max);
        if libc::setrlimit(resource, &now) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn leave(namespaces: libc::c_int) -> io::Result<()> {
    // SAFETY: a plain system call on this process.
    if unsafe { libc::unshare(namespaces) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn write(path: &std::ffi::CStr, text: &[u8]) -> io::Result<()> {
    // SAFETY: plain system calls on a descriptor that is made and closed here.
    unsafe {
        let file = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        let written = libc::write(file, text.as_ptr().cast(), text.len());
        let error = io::Error::last_os_error();
        libc::close(file);
        if written < 0 { Err(error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(jail: Jail, script: &str) -> String {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        jail.lock(&mut command);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    #[test]
    fn a_jail_has_limits_and_where_the_host_permits_no_network() {
        let jail = Jail::build(JailMode::Auto).unwrap();
        assert_eq!(inside(jail, "ulimit -c").trim(), "0");
        let networks = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '";
        let found: Vec<String> = inside(jail, networks).lines().map(str::to_owned).collect();
        match jail {
            Jail::Limits => assert!(Jail::build(JailMode::Required).is_err()),
            _ => assert!(found.iter().all(|name| name == "lo" || name.ends_with('0')), "{found:?}"),
        }
        let route = inside(jail, "tail -n +2 /proc/net/route");
        assert!(jail == Jail::Limits || route.trim().is_empty(), "{route}");
    }

    #[test]
    fn off_is_limits() {
        assert_eq!(Jail::build(JailMode::Off).unwrap(), Jail::Limits);
    }
}
