//! A media tool that has been taken over, for the tests of this crate: it stands where ffprobe should stand, reads
//! from its standard input what to try (`attack` or `attack argument`), tries it, and says on standard error
//! `SUCCEEDED` or `REFUSED` with the reason. It ends with status 1, as ffprobe does where it knows no media.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSliceMut, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Command, ExitCode};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

/// The argument of a copy, which has nothing to do.
const COPY: &str = "copy";

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == COPY) {
        return ExitCode::SUCCESS;
    }
    let mut order = String::new();
    let head = io::stdin().take(4096).read_to_string(&mut order);
    let order = order.trim_end_matches(['\n', '\0']);
    let (attack, argument) = order.split_once(' ').unwrap_or((order, ""));
    match head.and_then(|_| attempt(attack, argument)) {
        Ok(got) => eprintln!("SUCCEEDED {got}"),
        Err(error) => eprintln!("REFUSED ({error})"),
    }
    ExitCode::FAILURE
}

/// Does what was ordered; what it got is in the answer.
fn attempt(attack: &str, argument: &str) -> io::Result<String> {
    match attack {
        "read" => fs::read_to_string(argument),
        "list" => Ok(format!("{} names", fs::read_dir(argument)?.count())),
        "write" => OpenOptions::new().append(true).create(true).open(argument).map(|_| "opened".into()),
        "truncate" => File::create(argument).map(|_| "emptied".into()),
        "delete" => fs::remove_file(argument).map(|()| "deleted".into()),
        "evidence" => {
            File::from(io::stdin().as_fd().try_clone_to_owned()?).write(b"x").map(|_| "forged".into())
        }
        "tcp" => TcpStream::connect(argument).map(|_| "connected".into()),
        "listen" => TcpListener::bind("127.0.0.1:0").map(|_| "listening".into()),
        "udp" => UdpSocket::bind("127.0.0.1:0").map(|_| "bound".into()),
        "unix" => UnixStream::connect(argument).map(|_| "connected".into()),
        "fork" => fork_bomb(),
        "exec" => Err(Command::new(argument).exec()),
        "threads" => thread_bomb(),
        "memory" => allocate(),
        "kill" => io_of(kill(parent(), None).and_then(|()| kill(parent(), Signal::SIGKILL))),
        "ptrace" => io_of(nix::sys::ptrace::attach(parent())),
        "memory-of" => peek(parent()),
        "environment-of" => fs::read(format!("/proc/{}/environ", parent_id())).map(|_| "read".into()),
        "descriptors" => Ok(descriptors()),
        "whoami" => Ok(format!("user {}", rustix::process::getuid().as_raw())),
        "surroundings" => Ok(format!("{} variables", std::env::vars_os().count())),
        "folder" => {
            Ok(std::env::current_dir().map_or_else(|error| error.to_string(), |f| f.display().to_string()))
        }
        "sleep" => loop {
            std::thread::sleep(Duration::from_mins(1));
        },
        "spin" => loop {
            std::hint::spin_loop();
        },
        "flood" => flood(&mut io::stdout().lock(), 10 << 30),
        "complain" => flood(&mut io::stderr().lock(), 64 << 20),
        "crash" => std::process::abort(),
        other => Err(io::Error::other(format!("unknown attack {other:?}"))),
    }
}

fn parent() -> Pid {
    Pid::from_raw(i32::try_from(parent_id()).unwrap_or(1))
}

fn io_of<T: std::fmt::Debug>(result: nix::Result<T>) -> io::Result<String> {
    result.map(|got| format!("{got:?}")).map_err(io::Error::from)
}

/// A process, and another, and another; one is too many.
fn fork_bomb() -> io::Result<String> {
    let mut first = copy().spawn()?;
    let more = (0..20).map_while(|_| copy().spawn().ok()).map(|mut child| child.wait());
    Ok(format!("{} processes, {:?}", 1 + more.count(), first.wait()))
}

/// This program again, with all that it holds: another descriptor may be refused for another reason.
fn copy() -> Command {
    let mut copy = Command::new("/proc/self/exe");
    copy.arg(COPY);
    copy
}

/// Threads without end, until one is refused.
fn thread_bomb() -> io::Result<String> {
    for count in 0..100_000 {
        std::thread::Builder::new()
            .spawn(|| std::thread::sleep(Duration::from_mins(1)))
            .map_err(|error| io::Error::other(format!("after {count} threads: {error}")))?;
    }
    Ok("100000 threads".into())
}

/// 8 GiB, each page touched.
fn allocate() -> io::Result<String> {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    for _ in 0..8 << 10 {
        let mut piece = Vec::new();
        piece.try_reserve_exact(1 << 20).map_err(|error| io::Error::other(error.to_string()))?;
        piece.resize(1 << 20, 1);
        hoard.push(piece);
    }
    Ok(format!("{} MiB", hoard.len()))
}

/// Reads the server's memory.
fn peek(pid: Pid) -> io::Result<String> {
    let mut buffer = [0; 8];
    let remote = [RemoteIoVec { base: 0x40_0000, len: 8 }];
    io_of(process_vm_readv(pid, &mut [IoSliceMut::new(&mut buffer)], &remote))
}

/// Which descriptors above standard error are open: each would have been forgotten by somebody.
fn descriptors() -> String {
    let open = (3..1024).filter(|fd| fs::metadata(format!("/proc/self/fd/{fd}")).is_ok());
    format!("open {:?}", open.collect::<Vec<i32>>())
}

fn flood(out: &mut dyn Write, bytes: u64) -> io::Result<String> {
    let piece = [vec![b'x'; (1 << 20) - 1], vec![b'\n']].concat();
    for _ in 0..bytes >> 20 {
        out.write_all(&piece)?;
    }
    Ok("flooded".into())
}
