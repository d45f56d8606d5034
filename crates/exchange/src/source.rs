//! Reading an exchange file, plain, `.gz` or `.zst`, as blocks of whole records.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use memchr::memchr_iter;

use crate::csv::{Records, end_of_last_record};
use crate::error::ExchangeError;

/// How many bytes a block has, about: small enough that a round stays in the processor's caches.
const BLOCK: usize = 1 << 18;
/// How many blocks are read and then parsed side by side.
const BLOCKS_PER_ROUND: usize = 16;
/// A record longer than this many bytes is taken for a quote that was never closed, or no CSV at all.
const LONGEST_RECORD: usize = 1 << 20;

/// A file to be read: on the disk, or in memory under the name that sentences about it give.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub name: PathBuf,
    bytes: Option<Arc<[u8]>>,
}

impl Input {
    /// A file in memory, not compressed.
    pub fn in_memory(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.into(), bytes: Some(bytes.into()) }
    }
}

impl<P: Into<PathBuf>> From<P> for Input {
    fn from(path: P) -> Self {
        Self { name: path.into(), bytes: None }
    }
}

/// Some whole records of a file.
#[derive(Debug)]
pub(crate) struct Block {
    text: String,
    /// The line on which it begins, counted from 1.
    pub first_line: u64,
}

impl Block {
    pub fn records(&self) -> Records<'_> {
        Records::new(&self.text, self.first_line)
    }

    /// Its size in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }
}

/// The first record of a file.
#[derive(Debug)]
pub(crate) struct Header {
    pub names: Vec<String>,
}

/// A file's header, and its blocks as they are read by a thread of their own.
pub(crate) struct Source {
    pub file: PathBuf,
    pub header: Header,
    rounds: Receiver<Result<Vec<Block>, ExchangeError>>,
    reader: Option<JoinHandle<()>>,
}

impl Source {
    /// Opens a file and reads its header.
    pub fn open(input: &Input) -> Result<Self, ExchangeError> {
        let mut blocks = Blocks::open(input)?;
        let header = blocks.header()?;
        let (send, rounds) = sync_channel(1);
        let reader = std::thread::spawn(move || {
            loop {
                let round = blocks.round();
                let (failed, ended) = (round.is_err(), round.as_ref().is_ok_and(Vec::is_empty));
                if ended || send.send(round).is_err() || failed {
                    break;
                }
            }
        });
        Ok(Self { file: input.name.clone(), header, rounds, reader: Some(reader) })
    }

    /// The next blocks of the file, in order; none at its end.
    pub fn next_round(&mut self) -> Result<Option<Vec<Block>>, ExchangeError> {
        if let Ok(round) = self.rounds.recv() {
            return round.map(Some);
        }
        let panicked = self.reader.take().is_some_and(|reader| reader.join().is_err());
        let stopped = || ExchangeError::unusable(&self.file, None, "reading it stopped unexpectedly.");
        if panicked { Err(stopped()) } else { Ok(None) }
    }

    /// The name of the file without its folder.
    pub fn base_name(&self) -> String {
        base_name(&self.file)
    }
}

/// The name of a file without its folder.
pub(crate) fn base_name(file: &Path) -> String {
    file.file_name().map_or_else(|| file.display().to_string(), |n| n.to_string_lossy().into_owned())
}

/// The size of a file in bytes on the disk, 0 where it cannot be told.
pub(crate) fn size_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |m| m.len())
}

/// Cuts a file's bytes into blocks of whole records.
struct Blocks {
    file: PathBuf,
    input: Box<dyn Read + Send>,
    compressed: bool,
    /// Bytes read and not yet handed out; they begin with a record.
    rest: Vec<u8>,
    line: u64,
    ended: bool,
    names: Vec<String>,
}

impl Blocks {
    fn open(input: &Input) -> Result<Self, ExchangeError> {
        let file = input.name.as_path();
        if let Some(bytes) = &input.bytes {
            return Ok(Self::of(file, Box::new(Cursor::new(Arc::clone(bytes))), false));
        }
        let cannot = |source| ExchangeError::Read { file: file.to_owned(), source };
        let opened = File::open(file).map_err(cannot)?;
        if opened.metadata().map_err(cannot)?.is_dir() {
            return Err(ExchangeError::unusable(file, None, "is a folder. Name the file in it."));
        }
        let kind = file.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        let (input, compressed): (Box<dyn Read + Send>, bool) = match kind.as_deref().and_then(|k| k.to_str())
        {
            Some("gz") => {
                (Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, opened))), true)
            }
            Some("zst") => (Box::new(zstd::Decoder::new(opened).map_err(cannot)?), true),
            _ => (Box::new(opened), false),
        };
        Ok(Self::of(file, input, compressed))
    }

    fn of(file: &Path, input: Box<dyn Read + Send>, compressed: bool) -> Self {
        Self {
            file: file.to_owned(),
            input,
            compressed,
            rest: Vec::new(),
            line: 1,
            ended: false,
            names: Vec::new(),
        }
    }

    /// Reads until `rest` holds at least `wanted` bytes or the file ends.
    fn fill(&mut self, wanted: usize) -> Result<(), ExchangeError> {
        while !self.ended && self.rest.len() < wanted {
            let missing = (wanted - self.rest.len()) as u64;
            let read = self.input.by_ref().take(missing).read_to_end(&mut self.rest);
            let read = read.map_err(|source| self.cannot_read(source))?;
            self.ended = read == 0;
        }
        Ok(())
    }

    fn cannot_read(&self, source: std::io::Error) -> ExchangeError {
        let file = self.file.clone();
        if self.compressed {
            let line = self.line - 1 + memchr_iter(b'\n', &self.rest).count() as u64;
            ExchangeError::Damaged { file, line, source }
        } else {
            ExchangeError::Read { file, source }
        }
    }

    /// The next `BLOCK` bytes or so of whole records; empty at the end of the file.
    fn block(&mut self, wanted: usize) -> Result<Option<Block>, ExchangeError> {
        self.fill(wanted)?;
        let mut end = end_of_last_record(&self.rest);
        if end.is_none() && !self.ended {
            self.fill(wanted.max(LONGEST_RECORD + 1))?;
            end = end_of_last_record(&self.rest);
        }
        let end = match end {
            Some(end) if !self.ended => end,
            None if self.rest.len() > LONGEST_RECORD => return Err(self.too_long()),
            _ => {
                self.check_last_quote(end.unwrap_or(0))?;
                self.rest.len()
            }
        };
        if end == 0 {
            return Ok(None);
        }
        let mut next = Vec::with_capacity(wanted.max(self.rest.len() - end));
        next.extend_from_slice(self.rest.get(end..).unwrap_or_default());
        let mut text = std::mem::replace(&mut self.rest, next);
        text.truncate(end);
        let first_line = self.line;
        self.line += memchr_iter(b'\n', &text).count() as u64;
        let text = String::from_utf8(text)
            .map_err(|e| self.not_utf8(e.as_bytes(), e.utf8_error().valid_up_to(), first_line))?;
        Ok(Some(Block { text, first_line }))
    }

    fn round(&mut self) -> Result<Vec<Block>, ExchangeError> {
        let mut blocks = Vec::with_capacity(BLOCKS_PER_ROUND);
        while blocks.len() < BLOCKS_PER_ROUND
            && let Some(block) = self.block(BLOCK)?
        {
            blocks.push(block);
        }
        Ok(blocks)
    }

    /// Takes the first record off the file.
    fn header(&mut self) -> Result<Header, ExchangeError> {
        self.fill(BLOCK)?;
        if self.rest.starts_with(b"\xEF\xBB\xBF") {
            self.rest.drain(..3);
        }
        if self.rest.starts_with(b"\xFF\xFE") || self.rest.starts_with(b"\xFE\xFF") {
            return Err(ExchangeError::unusable(
                &self.file,
                1,
                "is UTF-16, not UTF-8. Save it as \"CSV UTF-8\".",
            ));
        }
        let mut records = Vec::new();
        let mut taken = 0;
        while records.is_empty() {
            let rest = self.rest.get(taken..).unwrap_or_default();
            if rest.is_empty() {
                return Err(ExchangeError::unusable(
                    &self.file,
                    1,
                    "is empty: it has no header row. Export it again, with the names of the columns in the first line.",
                ));
            }
            let length = first_record(rest).filter(|n| *n <= LONGEST_RECORD);
            let Some(length) = length.or((self.ended && rest.len() <= LONGEST_RECORD).then_some(rest.len()))
            else {
                return Err(self.too_long());
            };
            let record = rest.get(..length).unwrap_or_default();
            let text =
                std::str::from_utf8(record).map_err(|e| self.not_utf8(record, e.valid_up_to(), self.line))?;
            let mut fields = Vec::new();
            if Records::new(text, 1).next(&mut fields).is_some() {
                records.extend(fields.into_iter().map(std::borrow::Cow::into_owned));
            }
            taken += length;
            self.line += memchr_iter(b'\n', record).count() as u64;
        }
        if records.iter().any(|name| name.contains('\r')) {
            return Err(ExchangeError::unusable(
                &self.file,
                1,
                "has lines that end with \\r alone. Save it with line ends \\n or \\r\\n.",
            ));
        }
        self.rest.drain(..taken);
        self.names.clone_from(&records);
        Ok(Header { names: records })
    }

    fn not_utf8(&self, text: &[u8], valid: usize, first_line: u64) -> ExchangeError {
        let before = text.get(..valid).unwrap_or_default();
        let start = end_of_last_record(before).unwrap_or(0);
        let line = first_line + memchr_iter(b'\n', before).count() as u64;
        let error = ExchangeError::unusable(
            &self.file,
            line,
            "is not UTF-8 here (perhaps Latin-1 or Windows-1252). Save it as UTF-8 and run again.",
        );
        self.name_column(error, before.get(start..).unwrap_or_default())
    }

    fn too_long(&self) -> ExchangeError {
        let error = ExchangeError::unusable(
            &self.file,
            self.line,
            format!(
                "the row that begins here has more than {} kB. Look for a quote that is never closed, or for line ends \
                 other than \\n and \\r\\n; is this a CSV file?",
                LONGEST_RECORD / 1024
            ),
        );
        self.name_column(error, &self.rest)
    }

    /// At the end of the file a quote may still be open: the rest of the file would be one value.
    fn check_last_quote(&self, last: usize) -> Result<(), ExchangeError> {
        let tail = self.rest.get(last..).unwrap_or_default();
        let mut closed = tail.to_vec();
        closed.push(b'\n');
        if tail.is_empty() || end_of_last_record(&closed) == Some(closed.len()) {
            return Ok(());
        }
        let line = self.line + memchr_iter(b'\n', self.rest.get(..last).unwrap_or_default()).count() as u64;
        let error = ExchangeError::unusable(
            &self.file,
            line,
            "a quote in the row that begins here is never closed. Close it, or export the file again: it may be cut off.",
        );
        Err(self.name_column(error, tail))
    }

    /// Names the column in which the half record `text` stops.
    fn name_column(&self, error: ExchangeError, text: &[u8]) -> ExchangeError {
        let text = String::from_utf8_lossy(text);
        let mut fields = Vec::new();
        Records::new(&text, 1).next(&mut fields);
        let at = fields.len().saturating_sub(1);
        match self.names.get(at) {
            Some(name) => error.in_column(name.clone()),
            None => error.in_column((at + 1).to_string()),
        }
    }
}

/// The length of the first record of `text`, its line end included; none where it does not end here.
fn first_record(text: &[u8]) -> Option<usize> {
    let mut line_end = 0;
    loop {
        line_end += memchr_iter(b'\n', text.get(line_end..)?).next()? + 1;
        if end_of_last_record(text.get(..line_end)?) == Some(line_end) {
            return Some(line_end);
        }
    }
}
