//! The jailer: this binary, started again, gives up everything a media tool has no need of and then becomes the tool.
//! It runs in a process of its own, with one thread, before anything else of the program has started; so it needs no
//! unsafe code between fork and exec. Not here: watching the tool from outside (`tool`).

mod calls;
mod files;

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use rustix::process::{Gid, Resource, Rlimit, Uid, getgid, getrlimit, getuid, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets};
use rustix::thread::{set_capabilities, set_no_new_privs, set_thread_groups};
use rustix::thread::{set_thread_res_gid, set_thread_res_uid};
use serde::{Deserialize, Serialize};

/// The exit status of a jailer that could not lock the door; ffprobe and ffmpeg end with 0 or 1.
pub(crate) const NOT_JAILED: u8 = 125;
/// More than the libraries that ffmpeg loads one after the other ever need at once.
const DESCRIPTORS: u64 = 64;
/// Threads and processes of the other user, over all tools that run at once. New processes are refused anyway.
const THREADS: u64 = 512;
/// What the tool's first thread, and by default each of its threads, may use as stack.
const STACK: u64 = 8 << 20;

/// What the server asks of the jailer; it travels as the first argument, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The program to become; none: only report what the jail holds.
    pub tool: Option<PathBuf>,
    /// The user and group to become.
    pub run_as: Option<(u32, u32)>,
    /// Address space, bytes.
    pub memory_bytes: u64,
    /// Processor time, seconds.
    pub cpu_seconds: u64,
}

/// Which walls stand around a media tool on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// The version of Landlock's interface that is enforced; none where the kernel has no Landlock, so that only the
    /// other user keeps the tool from files that are open to that user.
    pub landlock: Option<u32>,
    /// System calls are filtered.
    pub seccomp: bool,
    /// The tool runs as another user than the server.
    pub other_user: bool,
}

/// Why the tool was not started.
#[derive(Debug, thiserror::Error)]
enum JailError {
    #[error("the order of the jailer is not understood ({0}); this command is for the server's own use")]
    Order(String),
    #[error("the limit on {0} could not be set: {1}")]
    Limit(&'static str, #[source] io::Error),
    #[error("{0} could not be given up: {1}; start the server as root or leave the media user unset")]
    Privilege(&'static str, #[source] io::Error),
    #[error("the file rules could not be set: {0}")]
    Files(#[source] landlock::RulesetError),
    #[error("the system call filter could not be set: {0}")]
    Calls(#[source] seccompiler::Error),
    #[error("{0} could not be started: {1}; is it installed, and may the media user run it?")]
    Start(PathBuf, #[source] io::Error),
    #[error("the report could not be written: {0}")]
    Report(#[source] io::Error),
}

/// Runs the jailer: the hidden command that [`Media`](crate::Media) starts this binary with. `args` are the arguments
/// after the name of that command. Call it from `main`, before any thread has been started.
///
/// It comes back only where the tool could not be started (status 125, the reason on standard error) or where a
/// report was asked for.
pub fn jail_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = args.into_iter();
    let ended = understand(args.next()).and_then(|order| match &order.tool {
        Some(tool) => become_tool(&order, tool.clone(), args).map(|never| match never {}),
        None => report(&order),
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell where standard error is gone.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(NOT_JAILED)
        }
    }
}

fn understand(arg: Option<OsString>) -> Result<Order, JailError> {
    let arg = arg.ok_or_else(|| JailError::Order("there is none".into()))?;
    let text = arg.into_string().map_err(|_| JailError::Order("it is not UTF-8".into()))?;
    serde_json::from_str(&text).map_err(|error| JailError::Order(error.to_string()))
}

fn become_tool(
    order: &Order,
    tool: PathBuf,
    args: impl Iterator<Item = OsString>,
) -> Result<Infallible, JailError> {
    lock(order)?;
    let error = Command::new(&tool).args(args).env_clear().exec();
    Err(JailError::Start(tool, error))
}

fn report(order: &Order) -> Result<(), JailError> {
    let before = getuid();
    let landlock = lock(order)?;
    let protection = Protection {
        landlock,
        // The proof, not the promise: a socket that would have been granted to anybody.
        seccomp: UnixDatagram::unbound().is_err(),
        other_user: getuid() != before && !getuid().is_root(),
    };
    let text = serde_json::to_string(&protection).map_err(|error| JailError::Report(error.into()))?;
    writeln!(io::stdout(), "{text}").map_err(JailError::Report)
}

/// Gives up everything, in the order in which each step is still possible. Returns Landlock's version, if any.
fn lock(order: &Order) -> Result<Option<u32>, JailError> {
    close_fds::set_fds_cloexec(3, &[]);
    limit(order)?;
    if let Some((user, group)) = order.run_as {
        become_user(user, group)?;
    }
    let nothing = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, nothing).map_err(|error| JailError::Privilege("capabilities", error.into()))?;
    set_no_new_privs(true).map_err(|error| JailError::Privilege("new privileges", error.into()))?;
    let landlock = files::restrict(order.tool.as_deref()).map_err(JailError::Files)?;
    calls::restrict().map_err(JailError::Calls)?;
    Ok(landlock)
}

fn limit(order: &Order) -> Result<(), JailError> {
    let mut limits = vec![
        (Resource::As, order.memory_bytes, "memory"),
        (Resource::Cpu, order.cpu_seconds.saturating_add(1), "processor time"),
        (Resource::Stack, STACK, "the stack"),
        (Resource::Fsize, 0, "written files"),
        (Resource::Core, 0, "core dumps"),
        (Resource::Nofile, DESCRIPTORS, "descriptors"),
        (Resource::Memlock, 0, "locked memory"),
        (Resource::Msgqueue, 0, "message queues"),
    ];
    // Processes are counted per user: under the server's own user its threads would count against the tool.
    if order.run_as.is_some() {
        limits.push((Resource::Nproc, THREADS, "threads"));
    }
    for (resource, value, name) in limits {
        // Where the server itself is held tighter, that holds.
        let value = getrlimit(resource).maximum.map_or(value, |hard| hard.min(value));
        // At the hard limit of processor time the kernel kills without a word; a second before, it says why.
        let soft = if matches!(resource, Resource::Cpu) { value.saturating_sub(1) } else { value };
        let bound = Rlimit { current: Some(soft), maximum: Some(value) };
        setrlimit(resource, bound).map_err(|error| JailError::Limit(name, error.into()))?;
    }
    Ok(())
}

fn become_user(user: u32, group: u32) -> Result<(), JailError> {
    let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
    let lost = |name| move |error: rustix::io::Errno| JailError::Privilege(name, error.into());
    set_thread_groups(&[]).map_err(lost("groups"))?;
    set_thread_res_gid(group, group, group).map_err(lost("the group"))?;
    set_thread_res_uid(user, user, user).map_err(lost("the user"))?;
    if getuid() == user && getgid() == group {
        Ok(())
    } else {
        Err(JailError::Privilege("the user", io::Error::other("the kernel kept the old one")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_order_arrives_as_it_was_given(
            run_as in proptest::option::of(any::<(u32, u32)>()),
            memory_bytes: u64,
            cpu_seconds: u64,
        ) {
            let order = Order { tool: Some("/usr/bin/ffprobe".into()), run_as, memory_bytes, cpu_seconds };
            let text = serde_json::to_string(&order).unwrap();
            prop_assert_eq!(understand(Some(text.into())).unwrap(), order);
        }

        #[test]
        fn whatever_is_no_order_is_refused_in_a_sentence(text in ".{0,64}") {
            prop_assert!(matches!(understand(Some(text.into())), Err(JailError::Order(_))));
        }
    }

    #[test]
    fn no_order_at_all_is_refused() {
        assert!(matches!(understand(None), Err(JailError::Order(_))));
    }
}
