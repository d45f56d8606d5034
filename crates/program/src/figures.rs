//! The figures of the audit over the outcomes that are kept, under the names of `summary.json`. A small selection is
//! counted at once; for a large one a job counts, and what it counted last is answered, with when.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use onrecord_audit::{
    Cut, Cuts, DefectKind, Fact, Group, GroupShares, LocalMinute, NoticeStatus, OfficerId, Outcome as Word,
    PolicyName, Shares, UNKNOWN_TIME, shares_by_group,
};
use onrecord_store::outcomes::{self, Outcome, Selection};
use onrecord_store::results::{self, Kept};
use onrecord_store::{commit, jobs, settings};
use serde_json::{Value, json};

use crate::access::{Relation, hex};
use crate::jobs::FIGURES;
use crate::outcomes::TIMEZONE;
use crate::{Action, Principal, Program, ProgramError};

/// Selections of so many outcomes are counted while the caller waits.
const AT_ONCE: i64 = 5_000;
/// How many outcomes are read at a time.
const SOME: u32 = 10_000;
/// Figures older than this are counted anew when they are asked for: ten minutes, in microseconds.
const OLD: i64 = 600_000_000;

/// Figures, or that they are being counted.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The figures; none while they are counted for the first time.
    pub figures: Option<Value>,
    /// When they were counted.
    pub computed_at: Option<i64>,
    /// Whether newer ones are being counted.
    pub is_counting: bool,
}

impl Program {
    /// The figures of a selection, as far as the caller's districts reach.
    ///
    /// # Errors
    /// Where the caller may see no figures, or where the database cannot.
    pub async fn figures(
        self: &Arc<Self>,
        who: &Principal,
        mut selection: Selection,
        district: Option<String>,
    ) -> Result<Figures, ProgramError> {
        selection.districts = within_sight(who, Action::ViewAudit, district)?;
        let now = self.world.now();
        if outcomes::count(&self.store, &selection, AT_ONCE + 1).await? <= AT_ONCE {
            let (zone, clock) = self.clock().await?;
            let mut tally = Tally::default();
            let all = outcomes::all_selected(&self.store, &selection).await?;
            all.iter().for_each(|outcome| tally.add(outcome, &clock));
            let figures = self.told(tally, zone).await?;
            return Ok(Figures { figures: Some(figures), computed_at: Some(now), is_counting: false });
        }
        let asked = asked(&selection).to_string();
        let id = hex(digest(&SHA256, asked.as_bytes()).as_ref());
        let kept = results::get(&self.store, &id).await?;
        let is_fresh = kept.as_ref().and_then(|kept| kept.done_at).is_some_and(|at| now - at < OLD);
        let is_counting =
            kept.as_ref().is_some_and(|kept| matches!(kept.state.as_str(), "waiting" | "running"));
        if !is_fresh && !is_counting {
            self.want_figures(who, &id, asked, now).await?;
        }
        let figures = kept.as_ref().and_then(|kept| serde_json::from_str(kept.result.as_deref()?).ok());
        Ok(Figures { figures, computed_at: kept.and_then(|kept| kept.done_at), is_counting: !is_fresh })
    }

    async fn want_figures(
        &self,
        who: &Principal,
        id: &str,
        asked: String,
        now: i64,
    ) -> Result<(), ProgramError> {
        let wanted = Kept {
            id: id.to_owned(),
            kind: "figures".to_owned(),
            asked,
            state: "waiting".to_owned(),
            progress: 0,
            result: None,
            failure: None,
            actor: who.actor(),
            created_at: now,
            done_at: None,
        };
        let mut tx = self.store.begin().await?;
        results::want(&mut tx, &wanted).await?;
        jobs::add(&mut tx, FIGURES, id, now).await?;
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(())
    }

    /// Counts figures that are wanted.
    pub(crate) async fn keep_figures(self: &Arc<Self>, id: &str) -> Result<(), ProgramError> {
        let Some(kept) = results::get(&self.store, id).await? else { return Ok(()) };
        let selection = selection(&kept.asked);
        let figures = self.count_figures(&selection).await?.to_string();
        let mut tx = self.store.begin().await?;
        results::finish(&mut tx, id, Ok(&figures), self.world.now()).await?;
        commit(tx).await?;
        Ok(())
    }

    async fn count_figures(self: &Arc<Self>, selection: &Selection) -> Result<Value, ProgramError> {
        let (zone, clock) = self.clock().await?;
        let mut tally = Tally::default();
        let mut after = 0;
        loop {
            let some = outcomes::selected(&self.store, selection, after, SOME).await?;
            let Some(last) = some.last() else { break };
            after = last.row_id;
            some.iter().for_each(|outcome| tally.add(outcome, &clock));
        }
        self.told(tally, zone).await
    }

    /// The zone by which figures are cut into days and hours, and its name.
    async fn clock(&self) -> Result<(String, TimeZone), ProgramError> {
        let zone = settings::get(&self.store, TIMEZONE).await?;
        let zone = match zone {
            Some(zone) => zone,
            None => self.audit_policy().await?.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
        };
        let clock = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
        Ok((zone, clock))
    }

    async fn told(self: &Arc<Self>, tally: Tally, zone: String) -> Result<Value, ProgramError> {
        let name = PolicyName::from(self.audit_policy().await?.as_ref());
        self.blocking(move |_| Ok(tally.figures(&name, &zone))).await
    }
}

/// The districts that an action of the agency reaches, or one of them that is asked for.
///
/// # Errors
/// Where it reaches none, or not that one.
pub(crate) fn within_sight(
    who: &Principal,
    action: Action,
    district: Option<String>,
) -> Result<Option<Vec<String>>, ProgramError> {
    let sight = who.sight(action);
    let everywhere = sight.allows(&[], None);
    let own = match (everywhere, sight.allows(&[Relation::District], None)) {
        (true, _) => None,
        (false, true) => sight.districts,
        (false, false) => return Err(ProgramError::Forbidden(who.refused(action).unwrap_or_default())),
    };
    match (own, district) {
        (own, None) => Ok(own),
        (None, Some(district)) => Ok(Some(vec![district])),
        (Some(own), Some(district)) if own.contains(&district) => Ok(Some(vec![district])),
        (Some(own), Some(_)) => Err(ProgramError::Forbidden(format!(
            "You may see the audit of these districts: {}.",
            own.join(", ")
        ))),
    }
}

fn asked(selection: &Selection) -> Value {
    json!({
        "from": selection.from, "to": selection.to, "districts": selection.districts,
        "officer": selection.officer, "call_type": selection.call_type,
    })
}

fn selection(asked: &str) -> Selection {
    let asked: Value = serde_json::from_str(asked).unwrap_or_default();
    let text = |name: &str| asked.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |list: &Vec<Value>| list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Selection {
        from: asked.get("from").and_then(Value::as_i64),
        to: asked.get("to").and_then(Value::as_i64),
        districts: asked.get("districts").and_then(Value::as_array).map(list),
        officer: text("officer"),
        call_type: text("call_type"),
    }
}

/// Names as numbers; 0 is the empty name.
#[derive(Debug)]
struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Default for Names {
    fn default() -> Self {
        Self { numbers: HashMap::from([(String::new(), 0)]), names: vec![String::new()] }
    }
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    fn name(&self, number: u32) -> String {
        self.names.get(number as usize).cloned().unwrap_or_default()
    }
}

/// How the duties of a call stand.
#[derive(Debug, Clone, Copy, Default)]
struct OfCall {
    on_record: u32,
    off_record: u32,
    undecided: u32,
}

/// What is counted while outcomes are read.
#[derive(Debug, Default)]
struct Tally {
    facts: Vec<Fact>,
    officers: Names,
    districts: Names,
    units: Names,
    call_types: Names,
    outcomes: BTreeMap<(u8, String), [u64; 2]>,
    /// By kind: count, microseconds, in grace, provisional, their microseconds.
    defects: BTreeMap<String, [i64; 5]>,
    notice: BTreeMap<String, [u64; 2]>,
    calls: HashMap<String, OfCall>,
    period: Option<(i64, i64)>,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome, clock: &TimeZone) {
        let Some(word) = Word::WORDS.iter().position(|word| *word == outcome.outcome) else { return };
        let in_grace = outcome.in_grace.unwrap_or(false);
        let minute = outcome.begin_at.and_then(|at| {
            let local = Timestamp::from_microsecond(at).ok()?.to_zoned(clock.clone()).datetime();
            let local = local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
            Some(LocalMinute::from_seconds(local))
        });
        self.facts.push(Fact {
            officer: OfficerId(self.officers.number(&outcome.officer_id)),
            district: self.districts.number(&outcome.district),
            unit: self.units.number(&outcome.unit),
            call_type: self.call_types.number(&outcome.call_type),
            local_minute: minute.unwrap_or(LocalMinute::UNKNOWN),
            outcome: word as u8,
            in_grace,
        });
        let counts = self.outcomes.entry((word as u8, outcome.reason.clone())).or_default();
        counts[0] += 1;
        counts[1] += u64::from(in_grace);
        if let Some(notice) = &outcome.notice {
            let counts = self.notice.entry(notice.clone()).or_default();
            counts[0] += 1;
            counts[1] += u64::from(in_grace);
        }
        if let (Some(begin), Some(end)) = (outcome.begin_at, outcome.end_at) {
            let all = self.period.get_or_insert((begin, end));
            *all = (all.0.min(begin), all.1.max(end));
        }
        self.add_defects(outcome, in_grace);
        self.add_to_call(outcome);
    }

    fn add_defects(&mut self, outcome: &Outcome, in_grace: bool) {
        let defects =
            outcome.defects.as_deref().and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok());
        let is_sure = matches!(outcome.outcome.as_str(), "partial" | "missing");
        for defect in defects.into_iter().flatten() {
            let text = |name: &str| defect.get(name).and_then(Value::as_str);
            let at = |name: &str| text(name)?.parse::<Timestamp>().ok().map(Timestamp::as_microsecond);
            let (Some(kind), Some(from), Some(to)) = (text("kind"), at("from"), at("to")) else { continue };
            let counts = self.defects.entry(kind.to_owned()).or_default();
            if is_sure {
                counts[0] += 1;
                counts[1] += to - from;
                counts[2] += i64::from(in_grace);
            } else {
                counts[3] += 1;
                counts[4] += to - from;
            }
        }
    }

    fn add_to_call(&mut self, outcome: &Outcome) {
        let is_covered = outcome.covered.is_some_and(|covered| covered > 0);
        let of_call = self.calls.entry(outcome.call_id.clone()).or_default();
        match (outcome.outcome.as_str(), is_covered) {
            ("not_required" | "no_camera", _) | ("excused", false) => {}
            ("unverifiable" | "awaiting_upload", _) => of_call.undecided += 1,
            (_, true) => of_call.on_record += 1,
            (_, false) => of_call.off_record += 1,
        }
    }

    fn figures(self, policy: &PolicyName, zone: &str) -> Value {
        let groups = shares_by_group(&self.facts);
        let everything = groups.iter().find(|group| group.key.0 == Cut::Everything);
        let period = self.period.map(|(from, to)| {
            json!({ "from": onrecord_policy::Moment(from).to_string(), "to": onrecord_policy::Moment(to).to_string() })
        });
        json!({
            "status": "Outcomes from data alone, not reviewed by a person. An outcome is not a finding.",
            "policy": policy,
            "timezone": zone,
            "obligations_period": period,
            "obligations": self.facts.len(),
            "outcomes": self.outcome_counts(),
            "defects": self.defect_counts(),
            "notice": self.notice_counts(),
            "shares": everything.map_or_else(Shares::default, |group| group.all),
            "shares_without_grace": everything.map_or_else(Shares::default, |group| group.without_grace),
            "intervals": "95%, percentile bootstrap over officers (400 resamples, fixed seed), because an officer's calls \
                          are not independent of one another; groups of fewer than 5 officers have none.",
            "by": self.cuts(&groups),
            "calls": self.call_counts(),
            "cannot_say": self.cannot_say(),
        })
    }

    fn outcome_counts(&self) -> Vec<Value> {
        let count = |((word, reason), [count, in_grace]): (&(u8, String), &[u64; 2])| {
            json!({
                "outcome": Word::WORDS.get(*word as usize), "reason": reason, "count": count, "in_grace": in_grace,
            })
        };
        self.outcomes.iter().map(count).collect()
    }

    fn defect_counts(&self) -> Vec<Value> {
        let count = |kind: &DefectKind| {
            let counts = self.defects.get(kind.word()).copied().unwrap_or_default();
            json!({
                "kind": kind.word(), "count": counts[0], "seconds": counts[1] as f64 / 1e6, "in_grace": counts[2],
                "provisional": counts[3], "provisional_seconds": counts[4] as f64 / 1e6,
            })
        };
        DefectKind::ALL.iter().map(count).collect()
    }

    fn notice_counts(&self) -> Vec<Value> {
        let count = |status: &NoticeStatus| {
            let [count, in_grace] = self.notice.get(status.word()).copied().unwrap_or_default();
            json!({ "status": status.word(), "count": count, "in_grace": in_grace })
        };
        NoticeStatus::ALL.iter().map(count).collect()
    }

    fn call_counts(&self) -> Value {
        let [mut all, mut some, mut none, mut undecided, mut nobody] = [0_u64; 5];
        for call in self.calls.values() {
            match (call.undecided, call.on_record, call.off_record) {
                (1.., _, _) => undecided += 1,
                (0, 0, 0) => nobody += 1,
                (0, _, 0) => all += 1,
                (0, 0, _) => none += 1,
                _ => some += 1,
            }
        }
        json!({
            "calls": self.calls.len(), "all_on_record": all, "some_on_record": some, "none_on_record": none,
            "undecided": undecided, "nobody_required": nobody,
        })
    }

    /// What the data cannot say, and why.
    fn cannot_say(&self) -> Vec<Value> {
        let undecided = self.outcomes.iter().filter(|((word, _), _)| {
            matches!(Word::WORDS.get(*word as usize), Some(&("unverifiable" | "awaiting_upload")))
        });
        let count = |((word, reason), [count, _]): (&(u8, String), &[u64; 2])| json!({ "outcome": Word::WORDS.get(*word as usize), "reason": reason, "count": count });
        undecided.map(count).collect()
    }

    fn cuts(&self, groups: &[GroupShares]) -> Cuts {
        let of = |cut: Cut| -> Vec<Group> {
            let in_cut = groups.iter().filter(|group| group.key.0 == cut);
            let named = in_cut.map(|group| Group {
                name: self.group_name(group),
                officers: group.officers,
                all: group.all,
                without_grace: group.without_grace,
            });
            let mut named: Vec<Group> = named.collect();
            if cut != Cut::Weekday {
                named.sort_by(|a, b| a.name.cmp(&b.name));
            }
            named
        };
        Cuts {
            district: of(Cut::District),
            officer: of(Cut::Officer),
            unit: of(Cut::Unit),
            call_type: of(Cut::CallType),
            month: of(Cut::Month),
            week: of(Cut::Week),
            weekday: of(Cut::Weekday),
            hour: of(Cut::Hour),
        }
    }

    /// The name of a group, as `summary.json` writes it.
    fn group_name(&self, group: &GroupShares) -> String {
        const WEEKDAYS: [&str; 7] =
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let (cut, value) = group.key;
        match cut {
            Cut::Everything => String::new(),
            Cut::District => self.districts.name(value),
            Cut::Officer => self.officers.name(value),
            Cut::Unit => self.units.name(value),
            Cut::CallType => self.call_types.name(value),
            _ if value == UNKNOWN_TIME => String::new(),
            Cut::Month => format!("{:04}-{:02}", value / 12, value % 12 + 1),
            Cut::Week => Timestamp::from_second(i64::from(value) * 86_400)
                .map_or_else(|_| String::new(), |at| at.to_string().chars().take(10).collect()),
            Cut::Weekday => WEEKDAYS.get(value as usize).map_or_else(String::new, |day| (*day).to_owned()),
            Cut::Hour => format!("{value:02}"),
        }
    }
}
