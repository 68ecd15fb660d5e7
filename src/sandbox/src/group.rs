//! A program in a process group of its own, which never outlives its handle or this process.
//!
//! Linux kills a child with `PR_SET_PDEATHSIG` when the *thread* that forked it ends, not the process. Every program is
//! therefore started by one thread that lives as long as this process does.

use std::{
    io,
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    process::{Child, Command, ExitStatus},
    sync::{
        OnceLock,
        mpsc::{Sender, channel},
    },
};

/// Killed, with everything that it started and that stayed in its group, when dropped.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
    reaped: bool,
}

impl ProcessGroup {
    /// Starts `command` with each of `descriptors` open in the child under the number beside it.
    ///
    /// # Errors
    /// Those of [`Command::spawn`].
    pub fn spawn(mut command: Command, descriptors: Vec<(OwnedFd, RawFd)>) -> io::Result<Self> {
        prepare(&mut command, &descriptors);
        let (reply, answer) = channel();
        let start = Start { command, reply };
        launcher().send(start).map_err(|_| io::Error::other("the launcher thread is gone"))?;
        let child = answer.recv().map_err(|_| io::Error::other("the launcher thread is gone"))??;
        drop(descriptors);
        Ok(Self { child, reaped: false })
    }

    /// The process id of the program, which is also the number of its group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the program itself has not ended.
    pub fn is_running(&self) -> bool {
        !self.reaped && has_ended(self.child.id()).is_none()
    }

    /// How the program itself ended, where it did so before it was killed here.
    pub fn ended(&self) -> Option<ExitStatus> {
        if self.reaped { None } else { has_ended(self.child.id()) }
    }

    /// Kills the whole group and waits for the program. Does nothing the second time.
    pub fn kill(&mut self) {
        // The program is waited for nowhere else: until then its number, and so the group's, belongs to nobody else.
        if !self.reaped {
            kill_group(self.child.id());
            self.reaped = self.child.wait().is_ok();
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Start {
    command: Command,
    reply: Sender<io::Result<Child>>,
}

fn launcher() -> Sender<Start> {
    static LAUNCHER: OnceLock<Sender<Start>> = OnceLock::new();
    LAUNCHER
        .get_or_init(|| {
            let (sender, starts) = channel::<Start>();
            std::thread::spawn(move || {
                for mut start in starts {
                    let child = start.command.spawn();
                    // A caller that no longer listens has given up on the child; nobody else may keep it.
                    if let Err(unheard) = start.reply.send(child)
                        && let Ok(child) = unheard.0
                    {
                        drop(ProcessGroup { child, reaped: false });
                    }
                }
            });
            sender
        })
        .clone()
}

fn prepare(command: &mut Command, descriptors: &[(OwnedFd, RawFd)]) {
    let moves: Vec<(RawFd, RawFd)> = descriptors.iter().map(|(from, to)| (from.as_raw_fd(), *to)).collect();
    let parent = std::process::id();
    command.process_group(0);
    // SAFETY: between fork and exec only async-signal-safe calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            die_with(parent)?;
            place(&moves)
        });
    }
}

fn die_with(parent: u32) -> io::Result<()> {
    // SAFETY: plain system calls on this process.
    unsafe {
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            return Err(io::Error::last_os_error());
        }
        // The parent may have ended before the line above.
        if libc::getppid() as u32 != parent {
            libc::_exit(1);
        }
    }
    Ok(())
}

/// Moves each descriptor to its number. A target may be somebody else's source, so sources first go out of the way.
fn place(moves: &[(RawFd, RawFd)]) -> io::Result<()> {
    const OUT_OF_THE_WAY: RawFd = 64;
    for (index, (from, _)) in moves.iter().enumerate() {
        // SAFETY: plain system calls on descriptors of this process.
        if unsafe { libc::dup3(*from, OUT_OF_THE_WAY + index as RawFd, libc::O_CLOEXEC) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    for (index, (_, to)) in moves.iter().enumerate() {
        // SAFETY: as above; the copy made by dup2 stays open over exec.
        if unsafe { libc::dup2(OUT_OF_THE_WAY + index as RawFd, *to) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Asks without reaping.
fn has_ended(id: u32) -> Option<ExitStatus> {
    // SAFETY: `status` is plain data that the call fills in; all zeros is a valid value of it.
    unsafe {
        let mut status: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        let failed = libc::waitid(libc::P_PID, id, &mut status, flags) != 0;
        if !failed && status.si_pid() == 0 {
            return None;
        }
        // What waitpid would say: the code in the second byte, or the signal in the first.
        let exited = status.si_code == libc::CLD_EXITED;
        let number = if failed { 0 } else { status.si_status() };
        Some(ExitStatus::from_raw(if exited { number << 8 } else { number }))
    }
}

fn kill_group(id: u32) {
    // SAFETY: the group was made by this process for this child.
    unsafe { libc::killpg(id as libc::pid_t, libc::SIGKILL) };
}

#[cfg(test)]
mod tests {
    use std::{io::Read, process::Stdio};

    use super::*;

    #[test]
    fn the_group_dies_with_its_handle_and_not_with_the_thread_that_started_it() {
        let (mut reader, writer) = io::pipe().unwrap();
        let group = std::thread::spawn(move || {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", "sleep 600 & echo up >&7; wait"]).stdin(Stdio::null());
            ProcessGroup::spawn(command, vec![(writer.into(), 7)]).unwrap()
        });
        let group = group.join().unwrap();
        let mut line = [0; 3];
        reader.read_exact(&mut line).unwrap();
        assert!(group.is_running());
        drop(group);
        // Both holders of the write end are gone once the pipe is at its end.
        assert_eq!(reader.read(&mut line).unwrap(), 0);
    }
}
