//! Imports from a records system: each record is linked with the recordings that it is about, which are put into its
//! category and into its case. A record is kept once; what it has linked stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use onrecord_exchange::rows_by_column;
use onrecord_ledger::Kind;
use onrecord_store::cases::{self, Case};
use onrecord_store::recordings::{self, Filter, Recording};
use onrecord_store::records::{self, Record};
use onrecord_store::sight::Sight;
use onrecord_store::{Tx, annotations, calls, commit};
use serde_json::json;

use crate::access::hex;
use crate::calls::instant_of;
use crate::custody::Event;
use crate::{Action, Principal, Program, ProgramError, Resource};

/// The largest file: 64 MiB.
pub const LARGEST: usize = 64 << 20;
/// How many recordings a record is linked with at most.
const MOST_LINKED: u32 = 200;
/// How long before and after its time a record of an officer is linked, in microseconds: an hour.
const ABOUT: i64 = 3_600_000_000;

/// What became of the records of a file.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// The import's id.
    pub id: String,
    /// Rows in the file.
    pub read: u64,
    /// Records that are new.
    pub accepted: u64,
    /// Records that stood there already.
    pub duplicates: u64,
    /// Rows that cannot be used: line, column and why.
    pub rejects: Vec<(u64, String, String)>,
    /// Recordings that were linked, in all.
    pub linked: u64,
    /// New records that fit no recording.
    pub unlinked: u64,
}

impl Program {
    /// Takes in a file of a records system.
    ///
    /// # Errors
    /// Where the caller may not import, or where the file cannot be used at all.
    pub async fn import_records(
        self: &Arc<Self>,
        who: &Principal,
        bytes: &[u8],
    ) -> Result<Recorded, ProgramError> {
        self.may_write()?;
        who.permit(Action::Import, &Resource::agency())
            .map_err(|refusal| ProgramError::Forbidden(refusal.rule))?;
        let rows = rows_by_column(bytes, &["record_id", "kind"])
            .map_err(|error| ProgramError::Refused(error.to_string()))?;
        let known = annotations::categories(&self.store).await?;
        let known: BTreeSet<String> = known.into_iter().map(|category| category.id).collect();
        let mut told =
            Recorded { id: self.world.id().to_string(), read: rows.len() as u64, ..Recorded::default() };
        for (line, row) in &rows {
            match record_of(row, &known) {
                Ok(record) => self.keep_record(who, &record, &mut told).await?,
                Err((column, why)) => told.rejects.push((*line, column.to_owned(), why)),
            }
        }
        let digest = hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
        let mut tx = self.store.begin().await?;
        let event =
            Event::new(Kind::Imported, &told.id, &who.actor(), "a file of a records system was taken in")
                .with([
                    ("file_kind", "records".into()),
                    ("sha256", digest.into()),
                    ("size", bytes.len().into()),
                    ("rows", told.read.into()),
                    ("rows_accepted", told.accepted.into()),
                ]);
        self.record(&mut tx, event).await?;
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(told)
    }

    async fn keep_record(
        &self,
        who: &Principal,
        record: &Record,
        told: &mut Recorded,
    ) -> Result<(), ProgramError> {
        let linked = self.linked(record).await?;
        let case = match &record.case_number {
            Some(number) => Some(self.case_of_record(who, number).await?),
            None => None,
        };
        let mut tx = self.store.begin().await?;
        if !records::add(&mut tx, record, &told.id).await? {
            told.duplicates += 1;
            return Ok(());
        }
        for recording in &linked {
            self.link(&mut tx, who, record, &recording.id, case.as_ref()).await?;
        }
        commit(tx).await?;
        told.accepted += 1;
        told.linked += linked.len() as u64;
        told.unlinked += u64::from(linked.is_empty());
        Ok(())
    }

    /// The recordings that a record is about: the one that it names, or those of its call, or those of its officer about
    /// its time.
    async fn linked(&self, record: &Record) -> Result<Vec<Recording>, ProgramError> {
        let filter = Filter { limit: MOST_LINKED, ..Filter::default() };
        if let Some(id) = &record.recording_id {
            return Ok(recordings::with_either_id(&self.store, id).await?);
        }
        let spans = match (&record.call_id, &record.officer_id, record.at) {
            (Some(call), officer, _) => {
                let mut spans = calls::spans(&self.store, call).await?;
                spans.retain(|(of, _, _)| officer.as_ref().is_none_or(|officer| officer == of));
                spans
            }
            (None, Some(officer), Some(at)) => vec![(officer.clone(), at - ABOUT, at + ABOUT)],
            _ => return Ok(Vec::new()),
        };
        let filter = Filter { spans: Some(spans), ..filter };
        Ok(recordings::list(&self.store, &filter, &Sight::everything()).await?.items)
    }

    /// The case with a number, opened where there is none.
    async fn case_of_record(&self, who: &Principal, number: &str) -> Result<Case, ProgramError> {
        if let Some(case) = cases::with_number(&self.store, number).await? {
            return Ok(case);
        }
        let now = self.world.now();
        let case = Case {
            id: self.world.id().to_string(),
            number: number.to_owned(),
            title: format!("Case {number}"),
            state: "open".to_owned(),
            description: "Opened by an import from the records system.".to_owned(),
            created_by: who.actor(),
            created_at: now,
            changed_at: now,
        };
        let mut tx = self.store.begin().await?;
        cases::add(&mut tx, &case).await?;
        self.record_case(&mut tx, who, &case.id, "case opened", json!({ "number": number })).await?;
        commit(tx).await?;
        Ok(case)
    }

    async fn link(
        &self,
        tx: &mut Tx,
        who: &Principal,
        record: &Record,
        recording: &str,
        case: Option<&Case>,
    ) -> Result<(), ProgramError> {
        let now = self.world.now();
        if let Some(category) = &record.category {
            annotations::categorise(tx, recording, category, &who.actor(), now).await?;
        }
        let said = json!({ "kind": record.kind, "record_id": record.record_id, "category": record.category });
        self.note(tx, who, recording, (Kind::Flagged, "record", "the records system says so"), said).await?;
        if let Some(case) = case {
            self.put_into(tx, who, case, recording, now).await?;
        }
        Ok(())
    }
}

/// A row as a record, or the column that cannot be used and why.
fn record_of(
    row: &BTreeMap<String, String>,
    known: &BTreeSet<String>,
) -> Result<Record, (&'static str, String)> {
    let value = |column: &str| row.get(column).cloned();
    let kind = value("kind").ok_or(("kind", "is empty".to_owned()))?;
    let implied = match kind.as_str() {
        "arrest" => Some("arrest"),
        "force" => Some("use_of_force"),
        "complaint" => Some("complaint"),
        "case" => None,
        other => return Err(("kind", format!("{other} is none of arrest, force, complaint and case"))),
    };
    if let Some(category) = value("category").filter(|category| !known.contains(category)) {
        return Err(("category", format!("there is no category {category}")));
    }
    let at = match value("at") {
        Some(text) => {
            let unreadable = || ("at", format!("{text} is no RFC 3339 time with an offset"));
            Some(instant_of(&text).ok_or_else(unreadable)?)
        }
        None => None,
    };
    let implied = implied.map(str::to_owned).filter(|category| known.contains(category));
    Ok(Record {
        record_id: value("record_id").ok_or(("record_id", "is empty".to_owned()))?,
        call_id: value("call_id"),
        officer_id: value("officer_id"),
        recording_id: value("recording_id"),
        at,
        case_number: value("case_number"),
        category: value("category").or(implied),
        kind,
    })
}
