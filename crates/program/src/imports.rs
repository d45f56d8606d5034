//! Imports of exchange files: every row is kept once, however often it comes, with what the audit makes of it. What
//! follows from new rows is [`crate::outcomes`]' business.
//!
//! A file is read twice: by the audit's own reader, which says what can be used and refuses a file that cannot be used
//! at all, and row by row, to be kept. Rows, digest and ledger entry are one transaction. On SQLite, where writers wait
//! for each other, a large file is kept in several; it counts when the last one, with the ledger entry, is committed,
//! and what a crash leaves of it is swept away.

mod incoming;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use onrecord_exchange::{
    CallsLayout, Checked, ExchangeError, Export, FileKind, Mapping, NO_ZONE, ReadOptions, Rejected,
    RowReader, check,
};
use onrecord_ledger::Kind;
use onrecord_policy::Policy;
use onrecord_store::imports::{self, Counts, Import, NewRow};
use onrecord_store::{Dialect, Tx, commit, jobs, outcomes, settings};
use tokio::sync::mpsc;

pub use incoming::{Incoming, LARGEST};

use crate::custody::Event;
use crate::jobs::UPDATE_OUTCOMES;
use crate::outcomes::{TIMEZONE, rows};
use crate::{Action, Principal, Program, ProgramError};

/// How many rejects an answer lists.
pub const LISTED: usize = 1_000;
/// How many rows a transaction keeps on SQLite, so that other writers get their turn.
const ROWS: usize = 750;
/// How long an import waits for outcomes to be brought up to date, in microseconds; what is left is a job's.
const PATIENCE: i64 = 2_000_000;

/// What the audit's sentences say to whoever sits at a terminal, and what it is here.
const HERE: [(&str, &str); 4] = [
    ("--timezone", "?timezone="),
    ("--officer-column COLUMN", "?officer_column=COLUMN"),
    (", or give a duty roster with --roster FILE (officer_id, unit_id, from, to)", ""),
    (", or leave --officers out", ""),
];

fn said_here(sentence: &str) -> String {
    HERE.iter().fold(sentence.to_owned(), |sentence, (there, here)| sentence.replace(there, here))
}

/// How an exchange file is to be read.
#[derive(Debug, Clone, Default)]
pub struct HowToRead {
    /// The zone of local times, an IANA name; where none is given, the installation's.
    pub timezone: Option<String>,
    /// The layout of calls, one that is built in.
    pub cad_profile: Option<String>,
    /// The column of calls that names the officer or officers, instead of the layout's.
    pub officer_column: Option<String>,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its id.
    pub id: String,
    /// The kind of the file.
    pub kind: FileKind,
    /// The SHA-256 of the file as received, lower-case hex.
    pub sha256: String,
    /// Bytes of the file as received.
    pub size: u64,
    /// Its rows.
    pub rows: Counts,
    /// What could not be used, by line; at most [`LISTED`].
    pub rejects: Vec<Rejected>,
    /// How much could not be used, in all.
    pub rejects_in_all: u64,
    /// What whoever brought the file must know.
    pub notes: Vec<String>,
    /// How many officers' outcomes are still to be decided anew; a job does it.
    pub outcomes_due: u64,
}

/// What is known of the rows while they are kept.
struct Keeping {
    checked: Checked,
    /// Lines of which anything was rejected, and whether the whole row was.
    lines: HashMap<u64, bool>,
    /// Of these lines those whose row is new.
    new: HashSet<u64>,
    /// The last line with a new row: what comes of one line may be kept in two parts.
    last: Option<u64>,
    /// Rows that are new, all in all, by line.
    new_rows: i64,
    new_rejected: i64,
}

impl Program {
    /// Takes in an exchange file.
    ///
    /// # Errors
    /// [`ProgramError::Refused`] with the audit's sentence where the file cannot be used at all: then nothing is kept.
    /// Also where the database cannot.
    pub async fn import(
        self: &Arc<Self>,
        who: &Principal,
        mut incoming: Incoming,
        how: HowToRead,
    ) -> Result<Imported, ProgramError> {
        self.may_write()?;
        if !who.may(Action::Import) {
            return Err(ProgramError::NotFound { what: "import", id: String::new() });
        }
        let received = incoming.received()?;
        let folder = incoming.folder().to_owned();
        let kind = incoming.kind;
        let refused = move |error: ExchangeError| {
            refused(&said_here(&Incoming::without_folder(&folder, &error.to_string())), &error)
        };
        let policy = self.audit_policy().await?;
        let options = self.options(kind, how).await.map_err(|error| match error {
            Ok(fault) => fault,
            Err(asked) => refused(asked),
        })?;
        let known =
            self.known_holders(kind, received.path.clone(), options.clone()).await?.map_err(&refused)?;
        let file = received.path.clone();
        let checked =
            check_file(self, kind, file, options.clone(), policy, known).await?.map_err(&refused)?;
        let import = Import {
            id: self.world.id().to_string(),
            kind: kind.name().to_owned(),
            sha256: received.sha256,
            size: i64::try_from(received.size).unwrap_or(i64::MAX),
            principal: who.id.clone(),
            created_at: self.world.now(),
        };
        let turn = self.audit_turn().await?;
        self.sweep_imports().await?;
        let imported = self.keep(who, kind, &import, received.path, options, checked).await?;
        turn.end().await?;
        drop(incoming);
        self.live.bell.notify_waiters();
        self.after_import(imported).await
    }

    /// Brings outcomes up to date, as far as that is quick.
    async fn after_import(self: &Arc<Self>, mut imported: Imported) -> Result<Imported, ProgramError> {
        let until = self.world.now() + PATIENCE;
        while self.world.now() < until {
            match self.outcomes_step().await {
                Ok(true) => {}
                Ok(false) => break,
                // The file is in. The job tries again.
                Err(error) => {
                    tracing::warn!(%error, "outcomes could not be brought up to date after an import");
                    imported
                        .notes
                        .push("The outcomes are not up to date yet; that is being tried again.".to_owned());
                    break;
                }
            }
        }
        imported.outcomes_due = u64::try_from(outcomes::count_due(&self.store).await?).unwrap_or(0);
        Ok(imported)
    }

    /// How a file is to be read; the inner error is about what was asked for.
    async fn options(
        &self,
        kind: FileKind,
        how: HowToRead,
    ) -> Result<ReadOptions, Result<ProgramError, ExchangeError>> {
        let timezone = match how.timezone {
            Some(zone) => Some(zone),
            None => settings::get(&self.store, TIMEZONE).await.map_err(|error| Ok(error.into()))?,
        };
        if kind != FileKind::Calls && (how.cad_profile.is_some() || how.officer_column.is_some()) {
            let sentence =
                "cad_profile and officer_column say how calls are laid out; leave them out for other files.";
            return Err(Err(ExchangeError::Asked(sentence.to_owned())));
        }
        let mapping = how.cad_profile.as_deref().map(Mapping::profile).transpose().map_err(Err)?;
        let layout = CallsLayout { mapping, officer_column: how.officer_column, ..CallsLayout::default() };
        Ok(ReadOptions { timezone, layout, ..ReadOptions::default() })
    }

    /// Who had the cameras of recordings that name no officer.
    async fn known_holders(
        self: &Arc<Self>,
        kind: FileKind,
        file: PathBuf,
        options: ReadOptions,
    ) -> Result<Result<Export, ExchangeError>, ProgramError> {
        if kind != FileKind::Recordings {
            return Ok(Ok(Export::default()));
        }
        let read = move || -> Result<BTreeSet<String>, ExchangeError> {
            let columns = kind.columns();
            let place = |name: &str| columns.iter().position(|column| *column == name).unwrap_or(usize::MAX);
            let (officer, camera) = (place("officer_id"), place("camera_serial"));
            let mut cameras = BTreeSet::new();
            let mut reader = RowReader::open(kind, &file, &options)?;
            while let Some(rows) = reader.next_rows()? {
                let without = rows
                    .iter()
                    .filter(|row| row.fits && row.values.get(officer).is_none_or(String::is_empty));
                cameras.extend(without.filter_map(|row| row.values.get(camera).cloned()));
            }
            Ok(cameras)
        };
        match self.blocking(move |_| Ok(read())).await? {
            Ok(cameras) => Ok(Ok(self.holders(cameras).await?)),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Keeps the rows, and writes the ledger entry and the job.
    async fn keep(
        self: &Arc<Self>,
        who: &Principal,
        kind: FileKind,
        import: &Import,
        file: PathBuf,
        options: ReadOptions,
        checked: Checked,
    ) -> Result<Imported, ProgramError> {
        let mut keeping = Keeping::new(checked);
        let rejected: HashSet<u64> =
            keeping.lines.iter().filter(|(_, row)| **row).map(|(line, _)| *line).collect();
        let mut batches = read_batches(kind, file, options, rejected);
        let mut tx = self.store.begin().await?;
        imports::begin(&mut tx, import).await?;
        let mut written = false;
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            if written && self.store.dialect() == Dialect::Sqlite {
                commit(tx).await?;
                tx = self.store.begin().await?;
            }
            written = true;
            keeping.note_new(&imports::add(&mut tx, import, &batch).await?);
        }
        keeping.note_contradictions(&imports::contradicted(&mut tx, import).await?);
        let counts = keeping.counts();
        imports::finish(&mut tx, &import.id, counts).await?;
        self.write_import(&mut tx, who, import, counts).await?;
        commit(tx).await?;
        let notes = keeping.notes();
        let (rejects, rejects_in_all) = keeping.rejects();
        Ok(Imported {
            id: import.id.clone(),
            kind,
            sha256: import.sha256.clone(),
            size: u64::try_from(import.size).unwrap_or(0),
            rows: counts,
            rejects,
            rejects_in_all,
            notes,
            outcomes_due: 0,
        })
    }

    async fn write_import(
        &self,
        tx: &mut Tx,
        who: &Principal,
        import: &Import,
        counts: Counts,
    ) -> Result<(), ProgramError> {
        let event = Event::new(Kind::Imported, &import.id, &who.actor(), "an exchange file was taken in")
            .with([
                ("file_kind", import.kind.as_str().into()),
                ("sha256", import.sha256.as_str().into()),
                ("size", import.size.into()),
                ("rows", counts.read.into()),
                ("rows_accepted", counts.accepted.into()),
                ("rows_rejected", counts.rejected.into()),
                ("rows_duplicate", counts.duplicate.into()),
            ]);
        self.record(tx, event).await?;
        jobs::add(tx, UPDATE_OUTCOMES, "all", self.world.now()).await?;
        Ok(())
    }

    /// Sweeps away what a crash left of an import. Whoever calls holds the turn, so that none goes on.
    pub(crate) async fn sweep_imports(&self) -> Result<(), ProgramError> {
        for id in imports::unfinished(&self.store).await? {
            tracing::warn!(import = id, "an import was interrupted; its rows are forgotten");
            loop {
                let mut tx = self.store.begin().await?;
                let forgotten = imports::forget(&mut tx, &id, 1_000).await?;
                commit(tx).await?;
                if forgotten == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Keeping {
    fn new(checked: Checked) -> Self {
        let mut lines = HashMap::new();
        for reject in &checked.rejects {
            *lines.entry(reject.line).or_insert(false) |= reject.row;
        }
        Self { checked, lines, new: HashSet::new(), last: None, new_rows: 0, new_rejected: 0 }
    }

    /// Notes the lines of rows that did not stand there before. Several rows may come from one line.
    fn note_new(&mut self, lines: &[i64]) {
        let mut lines: BTreeSet<u64> = lines.iter().filter_map(|line| u64::try_from(*line).ok()).collect();
        lines.retain(|line| self.last != Some(*line));
        self.last = lines.last().copied().or(self.last);
        for line in lines {
            self.new_rows += 1;
            if let Some(row) = self.lines.get(&line) {
                self.new.insert(line);
                self.new_rejected += i64::from(*row);
            }
        }
    }

    /// Rows that rows of earlier imports contradict are not used either.
    fn note_contradictions(&mut self, found: &[(i64, String)]) {
        let column =
            if self.checked.counts.kind == FileKind::Officers.name() { "officer_id" } else { "recording_id" };
        for (line, id) in found {
            let line = u64::try_from(*line).unwrap_or(0);
            if self.lines.get(&line).is_some_and(|row| *row) {
                continue;
            }
            self.lines.insert(line, true);
            self.new.insert(line);
            self.new_rejected += 1;
            self.checked.rejects.push(Rejected {
                line,
                column: column.to_owned(),
                row: true,
                reason: format!(
                    "the {column} \"{id}\" stands on rows of different content, here and in an earlier import; none of \
                     them is used"
                ),
            });
        }
    }

    fn counts(&self) -> Counts {
        let read = i64::try_from(self.checked.counts.read).unwrap_or(i64::MAX);
        Counts {
            read,
            accepted: self.new_rows - self.new_rejected,
            rejected: self.new_rejected,
            duplicate: read - self.new_rows,
        }
    }

    /// What could not be used of the new rows: the first, and how much in all.
    fn rejects(&mut self) -> (Vec<Rejected>, u64) {
        let mut rejects = std::mem::take(&mut self.checked.rejects);
        rejects.retain(|reject| self.new.contains(&reject.line));
        rejects.sort_by_key(|reject| reject.line);
        let all = rejects.len() as u64;
        rejects.truncate(LISTED);
        rejects.iter_mut().for_each(|reject| reject.reason = said_here(&reject.reason));
        (rejects, all)
    }

    /// What whoever brought the file must know: beside the audit's own notes, that times could not be read for want of a
    /// zone, since the same rows with a zone would be other rows.
    fn notes(&self) -> Vec<String> {
        let without_zone =
            self.checked.rejects.iter().filter(|reject| reject.reason.contains(NO_ZONE)).count();
        let mut notes = self.checked.notes.clone();
        if without_zone > 0 {
            notes.push(format!(
                "{without_zone} times are local and no zone is known, so that they count as absent. Give ?timezone= with \
                 every file that has local times."
            ));
        }
        notes
    }
}

/// A file that cannot be read is our fault; one that cannot be used is the caller's.
fn refused(sentence: &str, error: &ExchangeError) -> ProgramError {
    match error {
        ExchangeError::Read { .. } | ExchangeError::Write { .. } => ProgramError::Fault(sentence.to_owned()),
        _ => ProgramError::Refused(sentence.to_owned()),
    }
}

async fn check_file(
    program: &Arc<Program>,
    kind: FileKind,
    file: PathBuf,
    options: ReadOptions,
    policy: Arc<Policy>,
    known: Export,
) -> Result<Result<Checked, ExchangeError>, ProgramError> {
    program.blocking(move |_| Ok(check(kind, &file, &options, &policy, &known))).await
}

/// Reads a file's rows on a thread of its own, some at a time.
fn read_batches(
    kind: FileKind,
    file: PathBuf,
    options: ReadOptions,
    rejected: HashSet<u64>,
) -> mpsc::Receiver<Result<Vec<NewRow>, ProgramError>> {
    let (send, batches) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let columns = kind.columns();
        // What can be read could be read a moment ago.
        let fault = |error: ExchangeError| ProgramError::Fault(error.to_string());
        let read = || -> Result<(), ProgramError> {
            let mut reader = RowReader::open(kind, &file, &options).map_err(fault)?;
            while let Some(rows) = reader.next_rows().map_err(fault)? {
                rows.iter().try_for_each(|row| rows::keepable_row(&columns, row))?;
                for some in rows.chunks(ROWS) {
                    let batch = some.iter().map(|row| {
                        // Recordings are accepted when it is known whose they are.
                        let accepted =
                            row.fits && kind != FileKind::Recordings && !rejected.contains(&row.line);
                        rows::new_row(kind, &columns, row, accepted)
                    });
                    if send.blocking_send(Ok(batch.collect())).is_err() {
                        return Ok(());
                    }
                }
            }
            Ok(())
        };
        if let Err(error) = read() {
            let _ = send.blocking_send(Err(error));
        }
    });
    batches
}

#[cfg(test)]
mod tests {
    use onrecord_audit::FileCounts;

    use super::Keeping;

    #[test]
    fn a_line_whose_rows_are_kept_in_two_parts_is_one_new_row() {
        let checked = onrecord_exchange::Checked {
            counts: FileCounts::default(),
            rejects: Vec::new(),
            notes: Vec::new(),
        };
        let mut keeping = Keeping::new(checked);
        for part in [&[2, 3, 3][..], &[3, 4], &[], &[4, 5]] {
            keeping.note_new(part);
        }
        assert_eq!(keeping.new_rows, 4);
    }
}
