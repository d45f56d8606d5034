//! `csv-limit FILES…`: how fast these files could be read at all.
//!
//! Reads every byte and finds the end of every field and of every row, quoted ones too, on all cores; then prints how
//! many there were and how long it took. It understands nothing, remembers nothing and writes nothing: what an audit of
//! the same files takes beyond this is its own, so ours is held against it beside its peers.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use memchr::memchr3_iter;

/// How many bytes a core takes at a time: few enough to stay in its cache.
const BLOCK: usize = 1 << 19;

/// The rows and fields of one or several files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    rows: u64,
    fields: u64,
}

/// The separators of a part of a file whose beginning may lie inside quotes or not: nobody knows before the parts ahead
/// of it are read. A quote toggles between inside and outside, a doubled one twice, so both cases are counted at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Separators {
    /// Commas and line ends with an even number of quotes before them in this part, and with an odd number.
    commas: [u64; 2],
    lines: [u64; 2],
    /// Whether the number of quotes in this part is odd.
    odd_quotes: bool,
    /// Whether the part ends in a line end: the last row of a file may come without one.
    ends_line: bool,
}

/// Finds the separators of one part. The ends of its fields go to `ends`, as a parser needs them: a limit that only
/// counted would be a limit of something easier.
fn separators(part: &[u8], ends: &mut Vec<u32>) -> Separators {
    let mut found = Separators { ends_line: part.last() == Some(&b'\n'), ..Separators::default() };
    let mut parity = 0;
    ends.clear();
    for at in memchr3_iter(b',', b'\n', b'"', part) {
        match part[at] {
            b',' => {
                found.commas[parity] += 1;
                ends.push(at as u32);
            }
            b'\n' => {
                found.lines[parity] += 1;
                ends.push(at as u32);
            }
            _ => parity ^= 1,
        }
    }
    found.odd_quotes = parity == 1;
    found
}

/// Puts the parts of one file together, in their order.
fn fold(parts: &[Separators]) -> Counts {
    let mut counts = Counts::default();
    let mut inside = 0;
    for part in parts {
        counts.rows += part.lines[inside];
        counts.fields += part.lines[inside] + part.commas[inside];
        inside ^= usize::from(part.odd_quotes);
    }
    if parts.last().is_some_and(|last| !last.ends_line || inside == 1) {
        counts.rows += 1;
        counts.fields += 1;
    }
    counts
}

/// Fills `buffer` from one place of the file, as far as the file goes, and says how far that was.
fn read_at(file: &mut File, place: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(place))?;
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            more => filled += more,
        }
    }
    Ok(filled)
}

/// Takes blocks of the file, each that no other thread has taken yet, until none is left.
fn take_blocks(path: &Path, next: &AtomicUsize, blocks: usize) -> io::Result<Vec<(usize, Separators)>> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; BLOCK];
    let mut ends = Vec::with_capacity(BLOCK / 4);
    let mut taken = Vec::new();
    loop {
        let block = next.fetch_add(1, Ordering::Relaxed);
        if block >= blocks {
            return Ok(taken);
        }
        let filled = read_at(&mut file, block as u64 * BLOCK as u64, &mut buffer)?;
        taken.push((block, separators(&buffer[..filled], &mut ends)));
    }
}

/// Reads and splits one file on so many threads; the counts and the bytes.
fn split(path: &Path, threads: usize) -> io::Result<(Counts, u64)> {
    let bytes = path.metadata()?.len();
    let blocks = bytes.div_ceil(BLOCK as u64) as usize;
    let next = AtomicUsize::new(0);
    let mut parts = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| take_blocks(path, &next, blocks))).collect();
        let mut parts = Vec::with_capacity(blocks);
        for worker in workers {
            let taken = worker.join().unwrap_or_else(|_| Err(io::Error::other("a thread failed")))?;
            parts.extend(taken);
        }
        io::Result::Ok(parts)
    })?;
    parts.sort_unstable_by_key(|&(block, _)| block);
    let parts: Vec<_> = parts.into_iter().map(|(_, part)| part).collect();
    Ok((fold(&parts), bytes))
}

fn main() -> ExitCode {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        eprintln!("usage: csv-limit FILES…");
        return ExitCode::from(2);
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let began = Instant::now();
    let (mut all, mut bytes) = (Counts::default(), 0);
    for file in &files {
        match split(file, threads) {
            Ok((counts, read)) => {
                all.rows += counts.rows;
                all.fields += counts.fields;
                bytes += read;
            }
            Err(error) => {
                eprintln!("csv-limit: {}: {error}", file.display());
                return ExitCode::from(2);
            }
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{bytes} bytes, {} rows, {} fields, {threads} threads, {seconds:.3} s", all.rows, all.fields);
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the text counts as when it is cut into parts of `size` bytes.
    fn cut(text: &str, size: usize) -> Counts {
        let mut ends = Vec::new();
        let parts: Vec<_> = text.as_bytes().chunks(size).map(|part| separators(part, &mut ends)).collect();
        fold(&parts)
    }

    #[test]
    fn wherever_a_file_is_cut_the_counts_are_the_same() {
        for (text, rows, fields) in [
            ("", 0, 0),
            ("a,b\n1,2\n", 2, 4),
            ("a,b\r\n1,2", 2, 4),
            ("a,b\n\"1,\n\"\"2\"\",\",3\n", 2, 4),
            ("\"\",\"\"\"\"\n,\n", 2, 4),
            ("a\n\"x,y\n", 2, 2),
        ] {
            for size in 1..=text.len().max(1) {
                assert_eq!(cut(text, size), Counts { rows, fields }, "{text:?} in parts of {size}");
            }
        }
    }

    #[test]
    fn the_end_of_every_field_is_found() {
        let mut ends = Vec::new();
        separators(b"ab,c\nd,\n", &mut ends);
        assert_eq!(ends, [2, 4, 6, 7]);
    }

    #[test]
    fn a_file_of_several_blocks_is_put_together() -> io::Result<()> {
        let path = std::env::temp_dir().join(format!("csv-limit-{}.csv", std::process::id()));
        let row = "\"a, b\",1,\"\"\n";
        std::fs::write(&path, row.repeat(3 * BLOCK / row.len()))?;
        let rows = (3 * BLOCK / row.len()) as u64;
        let result = split(&path, 2);
        std::fs::remove_file(&path)?;
        assert_eq!(result?.0, Counts { rows, fields: 3 * rows });
        Ok(())
    }
}
