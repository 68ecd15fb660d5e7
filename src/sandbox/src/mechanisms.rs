//! What the kernel offers to confine programs, and which of it is used.

use std::{fmt, os::unix::process::CommandExt, process::Command, sync::OnceLock};

use crate::{cgroup::Cgroup, landlock, namespaces::Namespaces};

/// How much confinement a run insists on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Everything, or nothing is started.
    Required,
    /// What the machine offers; what is missing is said.
    #[default]
    BestEffort,
}

impl Strictness {
    /// `required` or `best-effort`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "required" => Some(Self::Required),
            "best-effort" => Some(Self::BestEffort),
            _ => None,
        }
    }
}

/// The mechanisms in use. Limits of memory, file size and CPU time per process are always set and not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mechanisms {
    /// Files: only the interpreter's and the own scratch folder are seen. From version 4 on no TCP, from 6 on no signals.
    pub landlock: bool,
    /// System calls for other processes, networks and the machine fail.
    pub seccomp: bool,
    /// A network, process and mount namespace of its own.
    pub namespaces: bool,
    /// Memory and processes of a worker counted together.
    pub cgroup: bool,
}

impl Mechanisms {
    pub const ALL: Self = Self { landlock: true, seccomp: true, namespaces: true, cgroup: true };

    /// What works on this machine; tried once.
    pub fn available() -> Self {
        static FOUND: OnceLock<Mechanisms> = OnceLock::new();
        *FOUND.get_or_init(|| Self {
            landlock: landlock::version() > 0,
            seccomp: seccomp(),
            namespaces: namespaces(),
            cgroup: Cgroup::new(1 << 30, 64).is_ok(),
        })
    }

    /// What both have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            landlock: self.landlock && other.landlock,
            seccomp: self.seccomp && other.seccomp,
            namespaces: self.namespaces && other.namespaces,
            cgroup: self.cgroup && other.cgroup,
        }
    }

    /// Names of those that are not in use, in a fixed order.
    pub fn missing(self) -> Vec<&'static str> {
        let all = [
            (self.landlock, "landlock"),
            (self.seccomp, "seccomp"),
            (self.namespaces, "namespaces"),
            (self.cgroup, "cgroup"),
        ];
        all.into_iter().filter(|(there, _)| !there).map(|(_, name)| name).collect()
    }
}

impl fmt::Display for Mechanisms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.missing().as_slice() {
            [] => f.write_str("full"),
            missing => write!(f, "without {}", missing.join(", ")),
        }
    }
}

fn seccomp() -> bool {
    const GET_ACTION_AVAILABLE: u32 = 2;
    let action: u32 = 0x0005_0000;
    cfg!(any(target_arch = "x86_64", target_arch = "aarch64"))
        // SAFETY: reads one number.
        && unsafe { libc::syscall(libc::SYS_seccomp, GET_ACTION_AVAILABLE, 0, &raw const action) == 0 }
}

/// Tries in a child, as there is no way back.
fn namespaces() -> bool {
    let mut command = Command::new("/bin/true");
    let namespaces = Namespaces::new();
    // SAFETY: `enter` makes plain system calls and allocates nothing.
    unsafe { command.pre_exec(move || namespaces.enter(Some((c"/tmp", c"size=4k")))) };
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(Mechanisms::ALL.to_string(), "full");
        let poor = Mechanisms { namespaces: false, cgroup: false, ..Mechanisms::ALL };
        assert_eq!(poor.to_string(), "without namespaces, cgroup");
        assert_eq!(Mechanisms::ALL.and(poor), poor);
    }

    #[test]
    fn asking_twice_gives_the_same_answer() {
        assert_eq!(Mechanisms::available(), Mechanisms::available());
    }
}
