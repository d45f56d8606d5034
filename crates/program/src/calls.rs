//! Calls: listed, and one as a picture: a lane for each duty with what its officer's cameras recorded, what explains the
//! rest, and what nobody saw.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use jiff::Timestamp;
use onrecord_audit::{Interval, Intervals};
use onrecord_policy::{Moment, Policy};
use onrecord_store::accounts::{self, Account};
use onrecord_store::calls::{self, Call, CallFilter};
use onrecord_store::imports::{self, Row};
use onrecord_store::officers::Officer;
use onrecord_store::outcomes::{self, Outcome};
use onrecord_store::recordings::{self, Recording};
use onrecord_store::search::{self, Found, Scope};
use onrecord_store::sight::Sight;

use crate::outcomes::rows::value_of;
use crate::{Action, Principal, Program, ProgramError, Resource};

/// How many recordings a picture holds.
const MOST_RECORDINGS: u32 = 500;
/// What is shown before the first and after the last duty, in microseconds: two minutes.
const MARGIN: i64 = 120_000_000;

/// A call as a picture.
#[derive(Debug, Clone)]
pub struct CallPicture {
    /// The call.
    pub call: Call,
    /// The duties that the caller may see.
    pub lanes: Vec<Lane>,
    /// Whether there are others.
    pub is_partial: bool,
    /// What the picture shows: from the first to the last duty, and a margin.
    pub window: Option<(i64, i64)>,
    /// When somebody was on record who had to be, as far as the lanes show.
    pub covered: Vec<(i64, i64)>,
    /// When nobody was of those who had to be.
    pub nobody: Vec<(i64, i64)>,
}

/// A duty of a call.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Whose it is.
    pub officer: Officer,
    /// The unit, empty where none is named.
    pub unit: String,
    /// When the officer was dispatched, arrived, …: by the column of the calls.
    pub times: Vec<(&'static str, Option<i64>, String)>,
    /// What the audit says.
    pub outcome: Outcome,
    /// What the officer's cameras recorded about that time.
    pub recordings: Vec<LaneRecording>,
    /// When any of the officer's cameras was on record: also in what the caller may not know of, as in the outcome.
    pub kept: Vec<(i64, i64)>,
    /// Why the camera was off.
    pub exceptions: Vec<Exception>,
    /// When a camera could not record.
    pub outages: Vec<Outage>,
    /// What the officer says.
    pub accounts: Vec<Account>,
    /// Whether the caller may say why.
    pub may_give_account: bool,
    /// Whether the caller may decide on accounts of this duty.
    pub may_decide: bool,
}

/// A recording in a lane.
#[derive(Debug, Clone)]
pub struct LaneRecording {
    /// The recording; none where the caller may not know more than that it is there.
    pub recording: Option<Recording>,
    /// From the first frame on, moved as people said.
    pub from: i64,
    /// When the officer switched on.
    pub activated: i64,
    /// Its end; none while it runs.
    pub to: Option<i64>,
}

/// Why a camera was off.
#[derive(Debug, Clone)]
pub struct Exception {
    /// From when on.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// The policy's code.
    pub code: String,
    /// What the policy calls it.
    pub title: Option<String>,
    /// The rule.
    pub citation: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// When a camera could not record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// From when on.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// The event that began it.
    pub event: String,
    /// The camera.
    pub camera_serial: String,
}

const TIMES: [&str; 6] =
    ["received_at", "dispatched_at", "en_route_at", "on_scene_at", "left_scene_at", "cleared_at"];

impl Program {
    /// Lists calls.
    ///
    /// # Errors
    /// Where the caller may see none, or where the database cannot.
    pub async fn list_calls(
        &self,
        who: &Principal,
        filter: &CallFilter,
    ) -> Result<Found<Call>, ProgramError> {
        let sight = who.sight(Action::ViewCall);
        if sight.is_nothing() {
            return Err(ProgramError::NotFound { what: "calls", id: String::new() });
        }
        let mut filter = filter.clone();
        (filter.words, filter.words_are_rare) =
            search::rarest_first(&self.store, Scope::Calls, filter.words).await?;
        Ok(calls::list(&self.store, &filter, &sight).await?)
    }

    /// A call as a picture.
    ///
    /// # Errors
    /// Where there is none that the caller may see, or where the database cannot.
    pub async fn call_picture(&self, who: &Principal, id: &str) -> Result<CallPicture, ProgramError> {
        let (call, mut duties, is_partial) = self.visible_duties(who, id).await?;
        self.name_seen_recordings(who, &mut duties).await?;
        let policy = self.audit_policy().await?;
        let window = window_of(&duties);
        let officers =
            self.officers_by_id(duties.iter().map(|duty| duty.officer_id.clone()).collect()).await?;
        let ids: Vec<i64> = duties.iter().map(|duty| duty.row_id).collect();
        let rows = imports::with_ids(&self.store, &ids).await?;
        let rows: HashMap<i64, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
        let about = self.about_call(who, id, &duties, window, &policy).await?;
        let lane = |duty: Outcome| {
            let resource = resource_of(&duty);
            Lane {
                officer: officers
                    .get(&duty.officer_id)
                    .cloned()
                    .unwrap_or_else(|| Officer { officer_id: duty.officer_id.clone(), ..Officer::default() }),
                unit: duty.unit.clone(),
                times: rows.get(&duty.row_id).map(times_of).unwrap_or_default(),
                recordings: about.recordings.get(&duty.officer_id).cloned().unwrap_or_default(),
                kept: about.kept.get(&duty.officer_id).cloned().unwrap_or_default(),
                exceptions: about.exceptions.get(&duty.officer_id).cloned().unwrap_or_default(),
                outages: about.outages.get(&duty.officer_id).cloned().unwrap_or_default(),
                accounts: about
                    .accounts
                    .iter()
                    .filter(|it| it.officer_id == duty.officer_id)
                    .cloned()
                    .collect(),
                may_give_account: who.permit(Action::GiveAccount, &resource).is_ok(),
                may_decide: who.permit(Action::ApproveException, &resource).is_ok(),
                outcome: duty,
            }
        };
        let lanes: Vec<Lane> = duties.into_iter().map(lane).collect();
        let (covered, nobody) = coverage(&lanes);
        Ok(CallPicture { call, lanes, is_partial, window, covered, nobody })
    }

    /// The call with the duties of it that somebody may see, and whether there are others.
    pub(crate) async fn visible_duties(
        &self,
        who: &Principal,
        id: &str,
    ) -> Result<(Call, Vec<Outcome>, bool), ProgramError> {
        let missing = || ProgramError::NotFound { what: "call", id: id.chars().take(80).collect() };
        let all = outcomes::of_calls(&self.store, &[id.to_owned()]).await?;
        let of_all = all.len();
        let seen = all.into_iter().filter(|duty| who.permit(Action::ViewCall, &resource_of(duty)).is_ok());
        let duties: Vec<Outcome> = seen.collect();
        let call = match calls::get(&self.store, id).await? {
            Some(call) if !duties.is_empty() => call,
            // Taken in a moment ago: the list does not have it yet.
            None if !duties.is_empty() => crate::search::call_of(id, &duties),
            _ => return Err(missing()),
        };
        let is_partial = duties.len() < of_all;
        Ok((call, duties, is_partial))
    }

    async fn about_call(
        &self,
        who: &Principal,
        id: &str,
        duties: &[Outcome],
        window: Option<(i64, i64)>,
        policy: &Policy,
    ) -> Result<AboutCall, ProgramError> {
        let accounts = accounts::of_call(&self.store, id).await?;
        let Some((from, to)) = window else { return Ok(AboutCall { accounts, ..AboutCall::default() }) };
        let officers: BTreeSet<String> = duties.iter().map(|duty| duty.officer_id.clone()).collect();
        let officers: Vec<String> = officers.into_iter().collect();
        let spans = officers.iter().map(|officer| (officer.clone(), from, to)).collect();
        let filter = recordings::Filter {
            spans: Some(spans),
            limit: MOST_RECORDINGS,
            ..recordings::Filter::default()
        };
        let found = recordings::list(&self.store, &filter, &Sight::everything()).await?.items;
        let (mut of, mut cameras, mut kept) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for recording in found {
            let officer = recording.officer_id.clone().unwrap_or_default();
            let camera = recording.camera_serial.clone();
            kept.entry(officer.clone()).or_insert_with(Vec::new).extend(on_record(&recording));
            if let Some(shown) = self.lane_recording(who, recording).await? {
                cameras.extend(camera.map(|camera| (camera, officer.clone())));
                of.entry(officer).or_insert_with(Vec::new).push(shown);
            }
        }
        let rows = imports::exceptions(&self.store, &officers, from, to).await?;
        let mut exceptions: BTreeMap<String, Vec<Exception>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.call_id.as_deref().is_none_or(|call| call == id)) {
            if let (Some(officer), Some(said)) = (&row.officer_id, exception(row, policy)) {
                exceptions.entry(officer.clone()).or_default().push(said);
            }
        }
        let outages = self.outages_of(&cameras, (from, to), policy).await?;
        Ok(AboutCall { recordings: of, kept, exceptions, outages, accounts })
    }

    /// A recording as the caller may see it in a lane; none where it is restricted and not theirs to know of.
    async fn lane_recording(
        &self,
        who: &Principal,
        recording: Recording,
    ) -> Result<Option<LaneRecording>, ProgramError> {
        let may = who.permit(Action::View, &self.resource(who, &recording).await?).is_ok();
        if !may && recording.standing.restricted.is_some() {
            return Ok(None);
        }
        let moved = recording.standing.alignment;
        let from = recording.started_at.unwrap_or(recording.created_at) + moved;
        Ok(Some(LaneRecording {
            from,
            activated: recording.activated_at.map_or(from, |at| at + moved),
            to: recording.stopped_at.map(|at| at + moved),
            recording: may.then_some(recording),
        }))
    }

    async fn outages_of(
        &self,
        cameras: &BTreeMap<String, String>,
        (from, to): (i64, i64),
        policy: &Policy,
    ) -> Result<BTreeMap<String, Vec<Outage>>, ProgramError> {
        let limit = policy.camera.outage_limit;
        let serials: Vec<String> = cameras.keys().cloned().collect();
        let events = imports::events(&self.store, &serials, from - limit, to + limit).await?;
        let mut outages: BTreeMap<String, Vec<Outage>> = BTreeMap::new();
        for (serial, officer) in cameras {
            let of_camera: Vec<(i64, String)> = events
                .iter()
                .filter(|row| row.camera_serial.as_ref() == Some(serial))
                .filter_map(|row| Some((row.from_at?, value_of(row, "event")?)))
                .collect();
            let found = outages_in(serial, &of_camera, limit);
            let met = found.into_iter().filter(|outage| outage.from < to && outage.to > from);
            outages.entry(officer.clone()).or_default().extend(met);
        }
        Ok(outages)
    }

    /// What changes whenever anything about a call does that its picture shows.
    ///
    /// # Errors
    /// As [`Program::call_picture`].
    pub async fn call_version(&self, who: &Principal, id: &str) -> Result<String, ProgramError> {
        let (_, duties, _) = self.visible_duties(who, id).await?;
        let mut version = String::new();
        let mut spans = Vec::new();
        for duty in &duties {
            version.push_str(&duty.digest);
            if let Some((from, to)) = window_of(std::slice::from_ref(duty)) {
                spans.push((duty.officer_id.clone(), from, to));
            }
        }
        let filter = recordings::Filter {
            spans: Some(spans),
            limit: MOST_RECORDINGS,
            ..recordings::Filter::default()
        };
        for recording in recordings::list(&self.store, &filter, &who.sight(Action::View)).await?.items {
            let standing = &recording.standing;
            let moved = (standing.size, standing.alignment, recording.stopped_at);
            version.push('|');
            version.push_str(&recording.id);
            version.push_str(&recording.state);
            let _ = write!(version, "{moved:?}");
        }
        let is_seen = |account: &Account| duties.iter().any(|duty| duty.officer_id == account.officer_id);
        for account in accounts::of_call(&self.store, id).await?.into_iter().filter(is_seen) {
            version.push('|');
            version.push_str(&account.id);
            version.push_str(&account.state);
        }
        Ok(version)
    }
}

/// What stands around the duties of a call, by officer.
#[derive(Default)]
struct AboutCall {
    recordings: BTreeMap<String, Vec<LaneRecording>>,
    kept: BTreeMap<String, Vec<Span>>,
    exceptions: BTreeMap<String, Vec<Exception>>,
    outages: BTreeMap<String, Vec<Outage>>,
    accounts: Vec<Account>,
}

/// A duty, as rights see it.
pub(crate) fn resource_of(duty: &Outcome) -> Resource {
    Resource {
        officer_id: Some(duty.officer_id.clone()),
        district: Some(duty.district.clone()),
        ..Resource::default()
    }
}

fn window_of(duties: &[Outcome]) -> Option<(i64, i64)> {
    let from = duties.iter().filter_map(|duty| duty.begin_at.or(duty.end_at)).min()?;
    let to = duties.iter().filter_map(|duty| duty.end_at.or(duty.begin_at)).max()?;
    Some((from - MARGIN, to + MARGIN))
}

/// The times of a row of calls: the column, the instant where it can be told, and the text as it came.
fn times_of(row: &Row) -> Vec<(&'static str, Option<i64>, String)> {
    let time = |column: &'static str| {
        let text = value_of(row, column)?;
        Some((column, instant_of(&text), text))
    };
    TIMES.into_iter().filter_map(time).collect()
}

/// An instant as rows are kept: RFC 3339, or a local time with its zone in brackets.
pub(crate) fn instant_of(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_microsecond());
    }
    let (local, zone) = text.strip_suffix(']')?.rsplit_once('[')?;
    let local: jiff::civil::DateTime = local.trim().replace(' ', "T").parse().ok()?;
    Some(local.in_tz(zone).ok()?.timestamp().as_microsecond())
}

fn exception(row: &Row, policy: &Policy) -> Option<Exception> {
    let code = value_of(row, "code")?;
    let rule = policy.exceptions.iter().find(|rule| rule.code == code);
    Some(Exception {
        from: row.from_at?,
        to: row.to_at?,
        title: rule.map(|rule| rule.title.clone()),
        citation: rule.map(|rule| rule.citation.clone()),
        approved_by: value_of(row, "approved_by"),
        code,
    })
}

/// When a camera could not record, by its events in order: as step 5 of the audit tells outages.
fn outages_in(serial: &str, events: &[(i64, String)], limit: i64) -> Vec<Outage> {
    let ends = |event: &str| -> &'static [&'static str] {
        match event {
            "battery_depleted" => &["power_on", "docked"],
            "storage_full" => &["docked", "uploaded"],
            "fault" => &["fault_cleared", "docked"],
            _ => &[],
        }
    };
    let outage = |(at, (from, event)): (usize, &(i64, String))| {
        let ends = ends(event);
        if ends.is_empty() {
            return None;
        }
        let later = events.get(at + 1..).unwrap_or_default();
        let end = later.iter().find(|(_, event)| ends.contains(&event.as_str())).map(|(at, _)| *at);
        let to = end.unwrap_or(i64::MAX).min(from + limit);
        Some(Outage { from: *from, to, event: event.clone(), camera_serial: serial.to_owned() })
    };
    events.iter().enumerate().filter_map(outage).collect()
}

/// From one instant to another.
type Span = (i64, i64);

/// From when to when a recording shows what its officer switched on for; none while it runs.
fn on_record(recording: &Recording) -> Option<Span> {
    let moved = recording.standing.alignment;
    let from = recording.activated_at.or(recording.started_at).unwrap_or(recording.created_at);
    Some((from + moved, recording.stopped_at? + moved))
}

/// When somebody who had to be was on record, and when nobody was.
fn coverage(lanes: &[Lane]) -> (Vec<Span>, Vec<Span>) {
    let (mut recorded, mut required) = (Intervals::default(), Intervals::default());
    for lane in lanes {
        let duty = lane.outcome.begin_at.zip(lane.outcome.end_at);
        let asked = !matches!(lane.outcome.outcome.as_str(), "not_required" | "no_camera");
        let Some((begin, end)) = duty.filter(|(begin, end)| asked && begin < end) else { continue };
        let duty = Interval::new(Moment(begin), Moment(end));
        required.add(duty);
        for (from, to) in &lane.kept {
            let part = Interval::new(Moment(*from), Moment(*to)).clip(duty);
            if !part.is_empty() {
                recorded.add(part);
            }
        }
    }
    let plain = |part: &Interval| (part.from.0, part.to.0);
    let mut nobody = Vec::new();
    for part in required.as_slice() {
        recorded.gaps_in(*part, |gap| nobody.push(plain(&gap)));
    }
    (recorded.as_slice().iter().map(plain).collect(), nobody)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_ends_with_what_mends_it_and_lasts_no_longer_than_the_limit() {
        let event = |at: i64, word: &str| (at, word.to_owned());
        let events =
            [event(0, "battery_depleted"), event(5, "uploaded"), event(9, "power_on"), event(20, "fault")];
        let found = outages_in("c", &events, 100);
        let outage = |from, to, event: &str| Outage {
            from,
            to,
            event: event.to_owned(),
            camera_serial: "c".to_owned(),
        };
        assert_eq!(found, [outage(0, 9, "battery_depleted"), outage(20, 120, "fault")]);
    }

    #[test]
    fn times_are_told_with_an_offset_or_a_zone() {
        assert_eq!(instant_of("2017-12-10T16:00:00Z"), Some(1_512_921_600_000_000));
        assert_eq!(instant_of("2017-12-10 10:00:00[America/Chicago]"), Some(1_512_921_600_000_000));
        assert_eq!(instant_of("soon"), None);
    }
}
