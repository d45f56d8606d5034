//! The audit over files: from exports to `outcomes.csv`, `summary.json`, `rejects.csv` and the report.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use onrecord_audit::{Summary, public_report, report};
use onrecord_policy::Policy;

use crate::clock::{NO_TIME, NO_ZONE, Zone};
use crate::decide_calls::{RowNames, Sink, Totals, decide_calls};
use crate::error::ExchangeError;
use crate::gather::{Bytes, Inputs, Prepared, Progress, ReadOptions, prepare};
use crate::outcomes::{Decided, OUTCOMES_HEADER, OutcomeWriter};
use crate::recordings::RecordingIds;
use crate::source::base_name;
use crate::summary::summarize;
use crate::table::{REJECTS_HEADER, Reject};

/// What an audit writes beside `outcomes.csv`, `summary.json`, `rejects.csv` and `report.html`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// Also `outcomes.jsonl`.
    pub jsonl: bool,
    /// Also `report-public.html`.
    pub public: bool,
}

/// An audit that is done.
#[derive(Debug)]
pub struct Audited {
    /// The figures, as in `summary.json`.
    pub summary: Summary,
    /// Rows and values that could not be used, as in `rejects.csv`.
    pub rejects: u64,
}

/// Audits files and writes what was found into the folder `out`, which is made where it is missing. Nothing in
/// it is touched before the whole audit is done.
///
/// # Errors
/// A sentence that names file, line and column, and what to do, where a file cannot be used at all, or where
/// the folder cannot be written.
pub fn audit(
    inputs: &Inputs,
    options: &ReadOptions,
    policy: &Policy,
    extras: Extras,
    out: &Path,
    progress: &mut Progress<'_>,
) -> Result<Audited, ExchangeError> {
    refuse_to_overwrite(inputs, options, out)?;
    let mut files = OutFiles::new(out)?;
    let mut bytes = Bytes::new(inputs, progress);
    let zone = clock_of_the_figures(options, policy)?;
    let mut prepared = prepare(inputs, options, policy, &mut bytes)?;
    let mut rejects = RejectsFile {
        file: files.create("rejects.csv")?,
        name: base_name(&inputs.calls),
        lines: 0,
        without_zone: 0,
        no_times: 0,
    };
    rejects.file.write(REJECTS_HEADER.to_vec())?;
    let mut sink = OutcomeFiles {
        csv: files.create("outcomes.csv")?,
        jsonl: if extras.jsonl { Some(files.create("outcomes.jsonl")?) } else { None },
        rejects,
        policy,
        ids: std::mem::take(&mut prepared.ids),
    };
    sink.csv.write(OUTCOMES_HEADER.to_vec())?;
    let totals = decide_calls(
        &inputs.calls.clone().into(),
        options,
        policy,
        &zone,
        &mut prepared,
        &mut sink,
        &mut bytes,
    )?;
    for (name, found) in std::mem::take(&mut prepared.rejects) {
        sink.rejects.list(&name, &found)?;
    }
    prepared.gathered.notes.extend(sink.rejects.notes());
    let audited = finish(&mut files, &totals, &prepared, policy, &zone, extras, sink.rejects.lines)?;
    sink.close()?;
    files.keep()?;
    // The process ends soon: giving millions of rows back one by one would only keep the reader waiting.
    std::mem::forget((totals, prepared));
    Ok(audited)
}

/// The names of everything that an audit may write.
const OUTPUTS: [&str; 6] =
    ["outcomes.csv", "outcomes.jsonl", "rejects.csv", "summary.json", "report.html", "report-public.html"];

/// An export that lies where a result would be written would be lost.
fn refuse_to_overwrite(inputs: &Inputs, options: &ReadOptions, out: &Path) -> Result<(), ExchangeError> {
    let others = [&inputs.officers, &inputs.camera_assignments, &inputs.exceptions, &inputs.device_events];
    let read = others
        .into_iter()
        .chain([&options.layout.roster])
        .flatten()
        .chain([&inputs.calls, &inputs.recordings]);
    let written: Vec<_> = OUTPUTS.iter().filter_map(|name| out.join(name).canonicalize().ok()).collect();
    for file in read {
        if file.canonicalize().is_ok_and(|path| written.contains(&path)) {
            return Err(ExchangeError::Asked(format!(
                "{}: the audit would overwrite this file, which it reads. Choose another folder with --out.",
                file.display()
            )));
        }
    }
    Ok(())
}

/// Months, weekdays and hours are those of the place: of --timezone, else of the calls' layout, else of the
/// policy, else UTC.
pub(crate) fn clock_of_the_figures(options: &ReadOptions, policy: &Policy) -> Result<Zone, ExchangeError> {
    let of_layout = options.layout.mapping.as_ref().and_then(|m| m.timezone());
    match options.timezone.as_deref().or(of_layout).or(policy.timezone.as_deref()) {
        Some(name) => Zone::named(name),
        None => Ok(Zone::utc()),
    }
}

fn finish(
    files: &mut OutFiles,
    totals: &Totals,
    prepared: &Prepared,
    policy: &Policy,
    zone: &Zone,
    extras: Extras,
    rejects: u64,
) -> Result<Audited, ExchangeError> {
    let summary = summarize(totals, prepared, policy, zone);
    let json = serde_json::to_vec(&summary).unwrap_or_default();
    files.write("summary.json", json)?;
    files.write("report.html", report(&summary, policy, &totals.longest).into_bytes())?;
    if extras.public {
        files.write("report-public.html", public_report(&summary, policy).into_bytes())?;
    }
    Ok(Audited { summary, rejects })
}

/// Writes the outcomes as they are decided.
struct OutcomeFiles<'a> {
    csv: OutFile,
    jsonl: Option<OutFile>,
    rejects: RejectsFile,
    policy: &'a Policy,
    ids: RecordingIds,
}

impl OutcomeFiles<'_> {
    fn close(mut self) -> Result<(), ExchangeError> {
        self.csv.close()?;
        self.rejects.file.close()?;
        self.jsonl.as_mut().map_or(Ok(()), OutFile::close)?;
        std::mem::forget(self.ids);
        Ok(())
    }
}

/// The outcomes of a block as text.
#[derive(Default)]
pub(crate) struct OutcomeText {
    csv: Vec<u8>,
    jsonl: Vec<u8>,
}

impl Sink for OutcomeFiles<'_> {
    type Block = OutcomeText;

    fn row(&self, block: &mut OutcomeText, row: &Decided<'_>, _: &RowNames<'_>) {
        let writer = OutcomeWriter { policy: self.policy, ids: &self.ids };
        writer.csv(&mut block.csv, row);
        if self.jsonl.is_some() {
            writer.jsonl(&mut block.jsonl, row);
        }
    }

    fn take(&mut self, block: OutcomeText, rejects: Vec<Reject>) -> Result<(), ExchangeError> {
        self.csv.write(block.csv)?;
        if let Some(jsonl) = &mut self.jsonl {
            jsonl.write(block.jsonl)?;
        }
        let name = self.rejects.name.clone();
        self.rejects.list(&name, &rejects)
    }
}

/// `rejects.csv`: the calls' rejects as they come, then those of the other files.
struct RejectsFile {
    file: OutFile,
    /// The name of the calls.
    name: String,
    lines: u64,
    /// Times of which only the zone is missing, and texts that are no time at all.
    without_zone: u64,
    no_times: u64,
}

impl RejectsFile {
    /// What a reader must know before looking at the list.
    fn notes(&self) -> Vec<String> {
        let without_zone = (self.without_zone > 0).then(|| {
            format!(
                "{} times have no offset and no zone was given. Run again with --timezone, such as America/Chicago.",
                self.without_zone
            )
        });
        let no_times = (self.no_times > 0).then(|| {
            format!(
                "{} values could not be read as times; rejects.csv lists them. Calls with dates such as 11/5/2017 are \
                 read with --cad-mapping (docs/mappings.md).",
                self.no_times
            )
        });
        without_zone.into_iter().chain(no_times).collect()
    }

    fn list(&mut self, name: &str, rejects: &[Reject]) -> Result<(), ExchangeError> {
        let mut text = Vec::new();
        rejects.iter().for_each(|reject| reject.write(name, &mut text));
        self.lines += rejects.len() as u64;
        let about = |words: &str| rejects.iter().filter(|r| r.reason.contains(words)).count() as u64;
        self.without_zone += about(NO_ZONE);
        self.no_times += about(NO_TIME);
        if text.is_empty() { Ok(()) } else { self.file.write(text) }
    }
}

/// The files of an audit, under other names until all of them are whole.
pub(crate) struct OutFiles {
    folder: PathBuf,
    names: Vec<&'static str>,
    kept: bool,
}

impl OutFiles {
    pub fn new(folder: &Path) -> Result<Self, ExchangeError> {
        fs::create_dir_all(folder).map_err(ExchangeError::write(folder))?;
        Ok(Self { folder: folder.to_owned(), names: Vec::new(), kept: false })
    }

    fn part(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.part"))
    }

    pub fn create(&mut self, name: &'static str) -> Result<OutFile, ExchangeError> {
        let path = self.part(name);
        let file = File::create(&path).map_err(ExchangeError::write(&path))?;
        self.names.push(name);
        Ok(OutFile::new(path, file))
    }

    /// Writes a whole file.
    pub fn write(&mut self, name: &'static str, text: Vec<u8>) -> Result<(), ExchangeError> {
        let mut file = self.create(name)?;
        file.write(text)?;
        file.close()
    }

    /// Gives the files their names.
    pub fn keep(mut self) -> Result<(), ExchangeError> {
        for name in &self.names {
            let path = self.folder.join(name);
            fs::rename(self.part(name), &path).map_err(ExchangeError::write(&path))?;
        }
        self.kept = true;
        Ok(())
    }
}

impl Drop for OutFiles {
    /// An audit that stopped leaves no half files.
    fn drop(&mut self) {
        if !self.kept {
            for name in &self.names {
                let _ = fs::remove_file(self.part(name));
            }
        }
    }
}

/// A file that a thread of its own writes, so that deciding need not wait for the disk.
pub(crate) struct OutFile {
    path: PathBuf,
    blocks: Option<SyncSender<Vec<u8>>>,
    writer: Option<JoinHandle<std::io::Result<()>>>,
}

impl OutFile {
    fn new(path: PathBuf, mut file: File) -> Self {
        let (blocks, received) = sync_channel::<Vec<u8>>(16);
        let writer = std::thread::spawn(move || {
            for block in received {
                file.write_all(&block)?;
            }
            file.flush()
        });
        Self { path, blocks: Some(blocks), writer: Some(writer) }
    }

    pub fn write(&mut self, block: Vec<u8>) -> Result<(), ExchangeError> {
        let sent = self.blocks.as_ref().is_some_and(|blocks| blocks.send(block).is_ok());
        if sent { Ok(()) } else { self.close() }
    }

    /// Waits until everything is written.
    pub fn close(&mut self) -> Result<(), ExchangeError> {
        self.blocks = None;
        let written = match self.writer.take().map(JoinHandle::join) {
            Some(Ok(written)) => written,
            Some(Err(_)) => Err(std::io::Error::other("the writer stopped unexpectedly")),
            None => Ok(()),
        };
        written.map_err(ExchangeError::write(&self.path))
    }
}
