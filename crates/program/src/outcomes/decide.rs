//! Deciding the calls of some officers anew, and writing what has changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use onrecord_exchange::{Export, FileKind, RowOutcome, Whole};
use onrecord_policy::{Moment, Policy};
use onrecord_store::calls::Span;
use onrecord_store::imports::{self, Row};
use onrecord_store::outcomes::{self, Known, Outcome};
use onrecord_store::search::{self, Scope};
use onrecord_store::{Tx, calls, commit, jobs};
use serde_json::json;

use super::facts::{Assignments, Facts};
use super::{kept_unreadable, rows};
use crate::access::hex;
use crate::jobs::INDEX;
use crate::{Program, ProgramError};

/// How many officers are decided at a time.
const OFFICERS: u32 = 25;
/// How many outcomes a transaction writes: SQLite's must be short.
const WRITTEN: usize = 400;

impl Program {
    /// Decides some of the officers who are marked; answers whether there were any. `anybody` are the rejected rows that
    /// could concern anyone.
    pub(super) async fn decide_officers(
        self: &Arc<Self>,
        policy: &Arc<Policy>,
        facts: &Facts,
        anybody: Vec<Row>,
    ) -> Result<bool, ProgramError> {
        let due = outcomes::due(&self.store, OFFICERS).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let officers: Vec<String> = due.iter().map(|(officer, _)| officer.clone()).collect();
        let part = self.part_of(&officers, facts, anybody).await?;
        let (policy_, zones) = (Arc::clone(policy), self.zones());
        let Part { export, whole, calls } = part;
        let decided = self
            .blocking(move |_| {
                export.decide(&whole, &policy_, &zones).map_err(|error| kept_unreadable(&error))
            })
            .await?;
        let now = self.world.now();
        let told =
            decided.iter().filter_map(|said| Some(outcome_of(calls.get(&said.line)?, said, policy, now)));
        let told: Vec<Outcome> = told.collect();
        self.write_outcomes(&officers, told, &calls).await?;
        let mut tx = self.store.begin().await?;
        outcomes::unmark(&mut tx, &due).await?;
        commit(tx).await?;
        Ok(true)
    }

    /// Every row that could matter to these officers.
    async fn part_of(
        &self,
        officers: &[String],
        facts: &Facts,
        anybody: Vec<Row>,
    ) -> Result<Part, ProgramError> {
        let cameras = imports::cameras_of_officers(&self.store, officers).await?;
        let mut all: BTreeMap<i64, Row> = BTreeMap::new();
        let mut keep = |found: Vec<Row>| all.extend(found.into_iter().map(|row| (row.id, row)));
        keep(imports::of_officers(&self.store, officers).await?);
        keep(imports::of_cameras(&self.store, &cameras).await?);
        keep(anybody);
        let ids =
            |kind: FileKind, id: fn(&Row) -> Option<&String>, all: &BTreeMap<i64, Row>| -> Vec<String> {
                let of_kind = all.values().filter(|row| row.kind == kind.name());
                of_kind.filter_map(id).cloned().collect::<BTreeSet<_>>().into_iter().collect()
            };
        // Rows that contradict others are all rejected; the others of their id may name somebody else.
        let rejected = |row: &Row| row.recording_id.as_ref().filter(|_| !row.accepted).cloned();
        let rejected: BTreeSet<String> = all.values().filter_map(rejected).collect();
        let rejected: Vec<String> = rejected.into_iter().collect();
        let named = ids(FileKind::Officers, |row| row.officer_id.as_ref(), &all);
        let mut keep = |found: Vec<Row>| all.extend(found.into_iter().map(|row| (row.id, row)));
        keep(imports::of_recordings(&self.store, &rejected).await?);
        keep(imports::officers(&self.store, &named).await?);
        let named: BTreeSet<String> = all.values().filter_map(|row| row.camera_serial.clone()).collect();
        let named: Vec<String> = named.into_iter().collect();
        let whole = Whole {
            window: facts.window.map(|(from, to)| (Moment(from), Moment(to))),
            assignments_known: facts.assignments != Assignments::Unknown,
            uploads_known: facts.uploads,
            held: imports::held(&self.store, &named, facts.assignments == Assignments::Officers).await?,
        };
        Part::new(all, whole, facts.assignments == Assignments::File, officers)
    }

    /// Writes the outcomes of officers where they have changed, and deletes those that are no more.
    async fn write_outcomes(
        &self,
        officers: &[String],
        told: Vec<Outcome>,
        calls: &HashMap<u64, Row>,
    ) -> Result<(), ProgramError> {
        let known = outcomes::known(&self.store, officers).await?;
        let mut known: HashMap<i64, Known> = known.into_iter().map(|known| (known.row_id, known)).collect();
        let mut spans = spans_of(&told, calls);
        for some in changed(told, &mut known).chunks(WRITTEN) {
            let mut tx = self.store.begin().await?;
            let outcomes: Vec<Outcome> = some.iter().map(|(outcome, _)| outcome.clone()).collect();
            outcomes::write(&mut tx, &outcomes).await?;
            let moved = some.iter().filter(|(_, moved)| *moved).map(|(outcome, _)| outcome);
            self.write_spans(&mut tx, moved, &mut spans).await?;
            self.mark_for_search(&mut tx, &outcomes).await?;
            commit(tx).await?;
        }
        if !known.is_empty() {
            let gone: Vec<i64> = known.into_keys().collect();
            let mut tx = self.store.begin().await?;
            search::mark_calls_of_rows(&mut tx, &gone).await?;
            outcomes::delete(&mut tx, &gone).await?;
            commit(tx).await?;
        }
        Ok(())
    }

    /// Marks the calls of outcomes, and the recordings that overlap them: they are found by other words now.
    async fn mark_for_search(&self, tx: &mut Tx, outcomes: &[Outcome]) -> Result<(), ProgramError> {
        let calls: Vec<String> = outcomes.iter().map(|outcome| outcome.call_id.clone()).collect();
        search::mark(tx, Scope::Calls, &calls).await?;
        let mut times: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for outcome in outcomes {
            if let (Some(begin), Some(end)) = (outcome.begin_at, outcome.end_at) {
                let all = times.entry(&outcome.officer_id).or_insert((begin, end));
                *all = (all.0.min(begin), all.1.max(end));
            }
        }
        for (officer, (from, to)) in times {
            search::mark_recordings_of(tx, officer, from, to).await?;
        }
        jobs::add(tx, INDEX, "all", self.world.now()).await?;
        Ok(())
    }

    /// Writes from when to when officers were on the calls of these outcomes, once for each.
    async fn write_spans(
        &self,
        tx: &mut Tx,
        moved: impl Iterator<Item = &Outcome>,
        spans: &mut Spans,
    ) -> Result<(), ProgramError> {
        let (mut calls_of, mut new) = (BTreeMap::<&str, Vec<String>>::new(), Vec::new());
        for outcome in moved {
            let key = (outcome.officer_id.clone(), outcome.call_id.clone());
            if let Some(of_call) = spans.remove(&key) {
                calls_of.entry(&outcome.officer_id).or_default().push(key.1);
                new.extend(of_call.into_values());
            }
        }
        for (officer, calls) in calls_of {
            calls::forget_spans(tx, officer, &calls).await?;
        }
        Ok(calls::add_spans(tx, &new).await?)
    }
}

/// The outcomes that are new or have changed, each with whether its times have. Takes those that were looked for out
/// of what is known.
fn changed(told: Vec<Outcome>, known: &mut HashMap<i64, Known>) -> Vec<(Outcome, bool)> {
    let change = |outcome: Outcome| match known.remove(&outcome.row_id) {
        Some(known) if known.digest == outcome.digest => None,
        Some(known) => {
            let stays = (known.begin_at, known.end_at) == (outcome.begin_at, outcome.end_at);
            Some((outcome, !stays))
        }
        None => Some((outcome, true)),
    };
    told.into_iter().filter_map(change).collect()
}

/// The rows that could matter to some officers, ready to be decided.
struct Part {
    export: Export,
    whole: Whole,
    /// The rows of calls by their line in the export.
    calls: HashMap<u64, Row>,
}

impl Part {
    fn new(
        all: BTreeMap<i64, Row>,
        whole: Whole,
        assignments_from_file: bool,
        officers: &[String],
    ) -> Result<Self, ProgramError> {
        let (mut export, mut calls) = (Export::default(), HashMap::new());
        if assignments_from_file {
            export.have(FileKind::CameraAssignments);
        }
        // Recordings that were taken in here stand behind those of imports, in the order in which they came.
        let (own, imported): (Vec<Row>, Vec<Row>) = all.into_values().partition(|row| row.own_id.is_some());
        for row in imported.into_iter().chain(own) {
            if row.kind != FileKind::Calls.name() {
                rows::add(&mut export, &row)?;
            } else if row.accepted && row.officer_id.as_ref().is_some_and(|id| officers.contains(id)) {
                calls.insert(rows::add(&mut export, &row)?, row);
            }
        }
        Ok(Self { export, whole, calls })
    }
}

/// From when to when officers were on calls, by officer and call, then by beginning.
type Spans = HashMap<(String, String), BTreeMap<i64, Span>>;

/// The window of the duty, or what else is known.
fn spans_of(told: &[Outcome], calls: &HashMap<u64, Row>) -> Spans {
    let rows: HashMap<i64, &Row> = calls.values().map(|row| (row.id, row)).collect();
    let mut spans = Spans::new();
    for outcome in told {
        let duty = outcome.begin_at.zip(outcome.end_at).filter(|(begin, end)| begin < end);
        let known = || {
            let row = rows.get(&outcome.row_id)?;
            let (from, to) = row.from_at.zip(row.to_at)?;
            Some((from, to.max(from + 1)))
        };
        let (call_id, officer_id) = (outcome.call_id.clone(), outcome.officer_id.clone());
        let of_call = spans.entry((officer_id.clone(), call_id.clone())).or_default();
        if let Some((from, to)) = duty.or_else(known) {
            let span = of_call.entry(from).or_insert(Span { call_id, officer_id, from, to });
            span.to = span.to.max(to);
        }
    }
    spans
}

fn outcome_of(call: &Row, said: &RowOutcome, policy: &Policy, now: i64) -> Outcome {
    let measured = said.measured.as_ref();
    let defects = measured.map(|measured| {
        let defects = measured.defects.iter().map(
            |lapse| json!({ "kind": lapse.kind, "from": lapse.from.to_string(), "to": lapse.to.to_string() }),
        );
        serde_json::Value::from(defects.collect::<Vec<_>>()).to_string()
    });
    let mut outcome = Outcome {
        row_id: call.id,
        line: call.line,
        call_id: call.call_id.clone().unwrap_or_default(),
        officer_id: call.officer_id.clone().unwrap_or_default(),
        district: rows::value_of(call, "district").unwrap_or_default(),
        unit: rows::value_of(call, "unit_id").unwrap_or_default(),
        call_type: rows::value_of(call, "call_type").unwrap_or_default(),
        begin_at: said.begin.map(|at| at.0),
        end_at: said.end.map(|at| at.0),
        outcome: said.outcome.to_owned(),
        reason: said.reason.to_owned(),
        defects,
        covered: measured.map(|m| m.covered),
        uncovered: measured.map(|m| m.uncovered),
        excused: measured.map(|m| m.excused),
        in_grace: measured.map(|m| m.in_grace),
        notice: measured.map(|m| m.notice.to_owned()),
        recordings: measured.map(|m| json!(m.recordings).to_string()),
        citation: measured.map(|m| m.citation.clone()),
        policy: policy.id.clone(),
        policy_version: policy.version.clone(),
        computed_at: 0,
        digest: String::new(),
    };
    outcome.digest = hex(digest(&SHA256, format!("{outcome:?}").as_bytes()).as_ref());
    outcome.computed_at = now;
    outcome
}
