//! The system-call filter of a jailed program, as bytes that `prctl(PR_SET_SECCOMP)` takes.
//!
//! A list of what is refused: numerical libraries use too many calls, and different ones from version to version, for a
//! list of what is allowed. What a drawing program has no use for is refused: other processes, sockets, mounts, tracing,
//! owners and modes of files, and starting programs. `fork` is among it, so nothing outlives its program.

use libc::c_long;

/// Calls that fail with "not permitted".
#[rustfmt::skip]
const REFUSED: &[c_long] = &[
    // Other processes and programs.
    libc::SYS_execve, libc::SYS_execveat, libc::SYS_kill, libc::SYS_tkill, libc::SYS_tgkill, libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo, libc::SYS_ptrace, libc::SYS_process_vm_readv, libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open, libc::SYS_pidfd_getfd, libc::SYS_pidfd_send_signal, libc::SYS_setsid, libc::SYS_setpgid,
    libc::SYS_setpriority, libc::SYS_sched_setscheduler, libc::SYS_sched_setparam, libc::SYS_sched_setattr,
    libc::SYS_ioprio_set, libc::SYS_kcmp, libc::SYS_process_madvise, libc::SYS_migrate_pages, libc::SYS_move_pages,
    // Networks and other ways to talk.
    libc::SYS_socket, libc::SYS_socketpair, libc::SYS_connect, libc::SYS_bind, libc::SYS_listen, libc::SYS_accept,
    libc::SYS_accept4, libc::SYS_sendto, libc::SYS_sendmsg, libc::SYS_sendmmsg, libc::SYS_shmget, libc::SYS_msgget,
    libc::SYS_semget, libc::SYS_mq_open, libc::SYS_fanotify_init,
    // The machine.
    libc::SYS_mount, libc::SYS_umount2, libc::SYS_pivot_root, libc::SYS_chroot, libc::SYS_unshare, libc::SYS_setns,
    libc::SYS_fsopen, libc::SYS_fsmount, libc::SYS_open_tree, libc::SYS_move_mount, libc::SYS_bpf,
    libc::SYS_perf_event_open, libc::SYS_userfaultfd, libc::SYS_add_key, libc::SYS_keyctl, libc::SYS_request_key,
    libc::SYS_init_module, libc::SYS_finit_module, libc::SYS_delete_module, libc::SYS_kexec_load, libc::SYS_reboot,
    libc::SYS_swapon, libc::SYS_swapoff, libc::SYS_acct, libc::SYS_quotactl, libc::SYS_settimeofday,
    libc::SYS_clock_settime, libc::SYS_adjtimex, libc::SYS_sethostname, libc::SYS_setdomainname, libc::SYS_syslog,
    libc::SYS_personality, libc::SYS_open_by_handle_at, libc::SYS_name_to_handle_at, libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter, libc::SYS_io_uring_register, libc::SYS_vhangup, libc::SYS_capset, libc::SYS_prlimit64,
    libc::SYS_mknodat, libc::SYS_linkat,
    // Files of others that this user owns: Landlock does not know these.
    libc::SYS_fchmod, libc::SYS_fchmodat, libc::SYS_fchown, libc::SYS_fchownat, libc::SYS_utimensat, libc::SYS_setxattr,
    libc::SYS_lsetxattr, libc::SYS_fsetxattr, libc::SYS_removexattr, libc::SYS_lremovexattr, libc::SYS_fremovexattr,
];

/// Those that only this architecture has.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_fork, libc::SYS_vfork, libc::SYS_chmod, libc::SYS_chown, libc::SYS_lchown, libc::SYS_utime,
    libc::SYS_utimes, libc::SYS_futimesat, libc::SYS_mknod, libc::SYS_link, libc::SYS_iopl, libc::SYS_ioperm,
    libc::SYS_modify_ldt,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_AT_LEAST: u16 = 0x35;
const JUMP_BITS: u16 = 0x45;
const RETURN: u16 = 0x06;

const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;
const ERROR: u32 = 0x0005_0000;

/// Offsets in `struct seccomp_data`; the first argument's lower half, as both architectures are little endian.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;
const SECOND_ARGUMENT: u32 = 24;

/// The filter: an array of `struct sock_filter`. Empty on architectures that it does not know.
pub fn filter() -> Vec<u8> {
    let mut program = Program::default();
    program.push(LOAD, 0, 0, ARCH);
    program.push(JUMP_EQUAL, 1, 0, ARCHITECTURE);
    program.push(RETURN, 0, 0, KILL);
    program.push(LOAD, 0, 0, NUMBER);
    // The x32 numbers are a second way to every call.
    program.push(JUMP_AT_LEAST, 0, 1, 0x4000_0000);
    program.push(RETURN, 0, 0, KILL);
    for &call in REFUSED.iter().chain(REFUSED_HERE) {
        program.when(call, ERROR | libc::EPERM as u32);
    }
    // C libraries fall back to `clone`, whose flags a filter can read.
    program.when(libc::SYS_clone3, ERROR | libc::ENOSYS as u32);
    // Threads, not processes.
    program.unless_bits(libc::SYS_clone, libc::CLONE_THREAD as u32);
    program.unless_equal(libc::SYS_prctl, FIRST_ARGUMENT, &[libc::PR_SET_PDEATHSIG, libc::PR_SET_DUMPABLE]);
    program.unless_equal(libc::SYS_ioctl, SECOND_ARGUMENT, &[libc::TIOCSTI as i32]);
    program.push(RETURN, 0, 0, ALLOW);
    program.0
}

#[derive(Default)]
struct Program(Vec<u8>);

impl Program {
    fn push(&mut self, code: u16, if_true: u8, if_false: u8, value: u32) {
        self.0.extend(code.to_ne_bytes());
        self.0.extend([if_true, if_false]);
        self.0.extend(value.to_ne_bytes());
    }

    fn when(&mut self, call: c_long, action: u32) {
        self.push(JUMP_EQUAL, 0, 1, call as u32);
        self.push(RETURN, 0, 0, action);
    }

    /// `call` is allowed only with one of `bits` in its first argument.
    fn unless_bits(&mut self, call: c_long, bits: u32) {
        self.push(JUMP_EQUAL, 0, 4, call as u32);
        self.push(LOAD, 0, 0, FIRST_ARGUMENT);
        self.push(JUMP_BITS, 1, 0, bits);
        self.push(RETURN, 0, 0, ERROR | libc::EPERM as u32);
        self.push(RETURN, 0, 0, ALLOW);
    }

    /// `call` is refused with one of `values` in an argument.
    fn unless_equal(&mut self, call: c_long, argument: u32, values: &[i32]) {
        let values_len = values.len() as u8;
        self.push(JUMP_EQUAL, 0, 2 * values_len + 2, call as u32);
        self.push(LOAD, 0, 0, argument);
        for &value in values {
            self.when(c_long::from(value), ERROR | libc::EPERM as u32);
        }
        self.push(RETURN, 0, 0, ALLOW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_is_whole_and_the_last_one_allows() {
        let filter = filter();
        assert_eq!(filter.len() % 8, 0);
        assert!(filter.len() / 8 < 4096, "the kernel takes no longer one");
        assert_eq!(filter[filter.len() - 4..], ALLOW.to_ne_bytes());
    }
}
