//! What recordings and calls are found by, brought up to date soon after it changes: a job takes what is marked, some at
//! a time, reads what is known of it, and writes words, districts and the calls as they are listed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use onrecord_store::calls::{self, Call};
use onrecord_store::officers::{self, Officer};
use onrecord_store::outcomes::{self, Outcome};
use onrecord_store::recordings::{self, Recording};
use onrecord_store::search::{self, Indexed, Scope, fact, words_of};
use onrecord_store::{annotations, clips, commit};
use serde_json::json;

use crate::{Program, ProgramError};

/// How many are told at a time: SQLite's transactions must be short.
const SOME: u32 = 250;

/// The outcomes from the best to the gravest, as the audit's principles order them.
const BY_GRAVITY: [&str; 8] = [
    "not_required",
    "no_camera",
    "recorded",
    "excused",
    "awaiting_upload",
    "unverifiable",
    "partial",
    "missing",
];

/// How grave an outcome is among others, for telling the worst one.
pub(crate) fn gravity(outcome: &str) -> usize {
    BY_GRAVITY.iter().position(|word| *word == outcome).unwrap_or(0)
}

/// What is known of the recordings that are told.
struct About {
    officers: HashMap<String, Officer>,
    categories: Vec<(String, String)>,
    texts: Vec<(String, String)>,
}

impl Program {
    /// Brings the search up to date.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn index(self: &Arc<Self>) -> Result<(), ProgramError> {
        while self.index_calls().await? || self.index_recordings().await? {}
        Ok(())
    }

    async fn index_calls(&self) -> Result<bool, ProgramError> {
        let due = search::due(&self.store, Scope::Calls, SOME).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let ids: Vec<String> = due.iter().map(|(id, _)| id.clone()).collect();
        let mut by_call: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
        for outcome in outcomes::of_calls(&self.store, &ids).await? {
            by_call.entry(outcome.call_id.clone()).or_default().push(outcome);
        }
        let named = by_call.values().flatten().map(|outcome| outcome.officer_id.clone());
        let officers = self.officers_by_id(named.collect()).await?;
        let calls: Vec<Call> = by_call.iter().map(|(id, duties)| call_of(id, duties)).collect();
        let mut told: Vec<Indexed> =
            calls.iter().map(|call| words_of_call(call, &by_call, &officers)).collect();
        let gone: Vec<String> = ids.into_iter().filter(|id| !by_call.contains_key(id)).collect();
        let empty = |id: &String| Indexed { id: id.clone(), at: 0, words: BTreeSet::new() };
        told.extend(gone.iter().map(empty));
        let mut tx = self.store.begin().await?;
        calls::write(&mut tx, &calls).await?;
        calls::delete(&mut tx, &gone).await?;
        search::write(&mut tx, Scope::Calls, &told).await?;
        search::unmark(&mut tx, Scope::Calls, &due).await?;
        commit(tx).await?;
        Ok(true)
    }

    async fn index_recordings(&self) -> Result<bool, ProgramError> {
        let due = search::due(&self.store, Scope::Recordings, SOME).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let ids: Vec<String> = due.iter().map(|(id, _)| id.clone()).collect();
        let found = recordings::with_ids(&self.store, &ids).await?;
        let about = self.about(&ids, &found).await?;
        let mut shown: HashMap<String, Vec<Outcome>> = HashMap::new();
        for (recording, duty) in outcomes::of_recordings(&self.store, &ids).await? {
            shown.entry(recording).or_default().push(duty);
        }
        let mut moved: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut told = Vec::new();
        for recording in &found {
            let duties = shown.get(&recording.id).map_or(&[][..], Vec::as_slice);
            let district = about.district(recording, duties);
            if recording.standing.district != district {
                moved.entry(district).or_default().push(recording.id.clone());
            }
            told.push(about.words(recording, duties));
        }
        let mut tx = self.store.begin().await?;
        for (district, ids) in moved {
            recordings::set_district(&mut tx, &ids, &district).await?;
        }
        search::write(&mut tx, Scope::Recordings, &told).await?;
        search::unmark(&mut tx, Scope::Recordings, &due).await?;
        commit(tx).await?;
        Ok(true)
    }

    /// The duties that a recording shows something of, in order of their begin.
    pub(crate) async fn duties_of(&self, recording: &Recording) -> Result<Vec<Outcome>, ProgramError> {
        let from = recording.activated_at.or(recording.started_at);
        let (Some(officer), Some(from)) = (&recording.officer_id, from) else { return Ok(Vec::new()) };
        let to = recording.stopped_at.unwrap_or(from + 1);
        Ok(outcomes::overlapping(&self.store, officer, from, to).await?)
    }

    /// Officers by their ids.
    pub(crate) async fn officers_by_id(
        &self,
        ids: BTreeSet<String>,
    ) -> Result<HashMap<String, Officer>, ProgramError> {
        let ids: Vec<String> = ids.into_iter().collect();
        let found = officers::with_ids(&self.store, &ids).await?;
        Ok(found.into_iter().map(|officer| (officer.officer_id.clone(), officer)).collect())
    }

    async fn about(&self, ids: &[String], found: &[Recording]) -> Result<About, ProgramError> {
        let officers = found.iter().filter_map(|recording| recording.officer_id.clone()).collect();
        let notes = annotations::of_recordings(&self.store, ids).await?;
        let clips = clips::of_recordings(&self.store, ids).await?;
        let notes = notes.into_iter().map(|note| (note.recording_id, note.text));
        let names = clips.into_iter().map(|clip| (clip.recording_id, clip.name));
        Ok(About {
            officers: self.officers_by_id(officers).await?,
            categories: annotations::categories_of(&self.store, ids).await?,
            texts: notes.chain(names).collect(),
        })
    }
}

impl About {
    fn officer(&self, recording: &Recording) -> Option<&Officer> {
        self.officers.get(recording.officer_id.as_ref()?)
    }

    /// The officer's district, or else that of the first call.
    fn district(&self, recording: &Recording, duties: &[Outcome]) -> String {
        let officers = self.officer(recording).map(|officer| officer.district.clone());
        let calls = || duties.first().map(|duty| duty.district.clone());
        officers.filter(|district| !district.is_empty()).or_else(calls).unwrap_or_default()
    }

    fn words(&self, recording: &Recording, duties: &[Outcome]) -> Indexed {
        let mut words = BTreeSet::new();
        if let Some(officer) = self.officer(recording) {
            words.extend(words_of(&officer.name).chain(words_of(&officer.badge)));
        }
        for text in recording.officer_id.iter().chain(&recording.camera_serial) {
            words.extend(words_of(text));
        }
        for duty in duties {
            words.extend(words_of(&duty.call_id).chain(words_of(&duty.call_type)));
            words.insert(fact("outcome", &duty.outcome));
        }
        for (_, category) in self.categories.iter().filter(|(id, _)| *id == recording.id) {
            words.extend(words_of(category));
            words.insert(fact("category", category));
        }
        for (_, text) in self.texts.iter().filter(|(id, _)| *id == recording.id) {
            words.extend(words_of(text));
        }
        let at = recording.started_at.unwrap_or(recording.created_at);
        Indexed { id: recording.id.clone(), at, words }
    }
}

/// A call as it is listed, out of what the audit says of its duties.
pub(crate) fn call_of(id: &str, duties: &[Outcome]) -> Call {
    let named = |value: fn(&Outcome) -> &String| {
        duties.iter().map(value).find(|text| !text.is_empty()).cloned().unwrap_or_default()
    };
    let officers: BTreeSet<&String> = duties.iter().map(|duty| &duty.officer_id).collect();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for duty in duties {
        *counts.entry(&duty.outcome).or_default() += 1;
    }
    let worst = duties.iter().map(|duty| duty.outcome.as_str()).max_by_key(|outcome| gravity(outcome));
    let lacking = duties.iter().filter(|duty| matches!(duty.outcome.as_str(), "partial" | "missing"));
    Call {
        call_id: id.to_owned(),
        call_type: named(|duty| &duty.call_type),
        district: named(|duty| &duty.district),
        begin: duties.iter().filter_map(|duty| duty.begin_at).min().unwrap_or(0),
        end: duties.iter().filter_map(|duty| duty.end_at).max(),
        officers: json!(officers).to_string(),
        worst: worst.unwrap_or_default().to_owned(),
        outcomes: json!(counts).to_string(),
        unrecorded: lacking.filter_map(|duty| duty.uncovered).sum(),
    }
}

fn words_of_call(
    call: &Call,
    by_call: &BTreeMap<String, Vec<Outcome>>,
    officers: &HashMap<String, Officer>,
) -> Indexed {
    let mut words: BTreeSet<String> = words_of(&call.call_id).chain(words_of(&call.call_type)).collect();
    for duty in by_call.get(&call.call_id).into_iter().flatten() {
        words.insert(fact("officer", &duty.officer_id));
        if matches!(duty.outcome.as_str(), "partial" | "missing") {
            words.insert(fact("lacking", &duty.officer_id));
        }
        words.insert(fact("outcome", &duty.outcome));
        words.extend(words_of(&duty.officer_id).chain(words_of(&duty.unit)));
        if let Some(officer) = officers.get(&duty.officer_id) {
            words.extend(words_of(&officer.name).chain(words_of(&officer.badge)));
        }
    }
    Indexed { id: call.call_id.clone(), at: call.begin, words }
}
