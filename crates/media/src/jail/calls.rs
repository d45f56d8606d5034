//! Which system calls a media tool may make. Everything that is not listed is refused with EPERM: sockets, new
//! processes, signals to others, tracing, mounting, keys, BPF, io_uring, anonymous files, writing by name. The list is
//! what ffmpeg and the C library need to read descriptors, compute on several threads and write descriptors.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq};
use seccompiler::{BackendError, SeccompAction, SeccompCmpArgLen, SeccompCmpOp};
use seccompiler::{Error, SeccompCondition, SeccompFilter, SeccompRule, apply_filter};

/// Allowed whatever their arguments.
const FREE: &[c_long] = &[
    // Descriptors that are open, and their places
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_fadvise64,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    // Memory of its own
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    // Threads of its own
    libc::SYS_clone3, // the other filter answers it; of two refusals the later one's reason would count
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Itself, the time, chance
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrusage,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // The jailer becomes the tool by it; Landlock and no_new_privs leave it no other use.
    libc::SYS_execve,
];

/// The older names of calls that one architecture still has.
#[cfg(target_arch = "x86_64")]
const FREE_HERE: &[c_long] = &[libc::SYS_poll, libc::SYS_select, libc::SYS_arch_prctl, libc::SYS_time];
#[cfg(not(target_arch = "x86_64"))]
const FREE_HERE: &[c_long] = &[];

/// The bits of `open` that create, empty or open for writing.
const WRITING: u64 =
    (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | (libc::O_TMPFILE & !libc::O_DIRECTORY)) as u64;

/// Installs the filters for good: they hold for the tool and whatever it might become.
pub(super) fn restrict() -> Result<(), Error> {
    let arch = std::env::consts::ARCH.try_into()?;
    // The C library asks clone3 first, whose arguments no filter can read, and on ENOSYS turns to clone.
    let no_clone3 = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS as u32),
        arch,
    )?;
    let allowed =
        SeccompFilter::new(rules()?, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow, arch)?;
    apply_filter(&seccompiler::BpfProgram::try_from(no_clone3)?)?;
    apply_filter(&seccompiler::BpfProgram::try_from(allowed)?)
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let free = FREE.iter().chain(FREE_HERE).map(|call| (*call, Vec::new()));
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = free.collect();
    // By name only for reading.
    rules.insert(libc::SYS_openat, vec![when(2, Dword, MaskedEq(WRITING), 0)?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, vec![when(1, Dword, MaskedEq(WRITING), 0)?]);
    // Threads, but no processes.
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![when(0, Qword, MaskedEq(thread), thread)?]);
    // Limits may be asked, not set.
    rules.insert(libc::SYS_prlimit64, vec![when(2, Qword, Eq, 0)?]);
    let questions = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC];
    let asked = questions.iter().map(|question| when(1, Dword, Eq, *question as u64));
    rules.insert(libc::SYS_fcntl, asked.collect::<Result<_, _>>()?);
    Ok(rules)
}

fn when(
    arg: u8,
    width: SeccompCmpArgLen,
    compare: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(arg, width, compare, value)?])
}
