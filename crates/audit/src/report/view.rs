//! The figures as a reader may see them. Sections that both reports have draw from here and from nothing else.

use super::clock::Clock;
use super::text::{escape, number};
use crate::calls::CallCounts;
use crate::statistics::{Share, Shares};
use crate::summary::{DefectCount, FileCounts, Group, OutcomeCount, Summary};

/// A number, or what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// The number itself.
    Known(u64),
    /// From 1 to 4.
    UnderFive,
    /// Withheld, so that no number from 1 to 4 can be worked out.
    Withheld,
}

impl Figure {
    /// The number, where it is shown.
    pub(super) fn known(self) -> Option<u64> {
        match self {
            Self::Known(n) => Some(n),
            Self::UnderFive | Self::Withheld => None,
        }
    }

    /// In words, for prose and descriptions; not escaped.
    pub(super) fn words(self) -> String {
        match self {
            Self::Known(n) => number(n),
            Self::UnderFive => "<5".to_owned(),
            Self::Withheld => "[c]".to_owned(),
        }
    }

    /// As HTML. Every count of the report goes through here, marked as one.
    pub(super) fn html(self) -> String {
        format!(r#"<span class="n">{}</span>"#, escape(&self.words()))
    }
}

/// A number and the share that it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) count: Figure,
    pub(super) share: Option<f64>,
    pub(super) interval: Option<(f64, f64)>,
}

impl Part {
    pub(super) const WITHHELD: Self = Self { count: Figure::Withheld, share: None, interval: None };

    /// Whether a number was withheld, so that its place in a drawing is not mistaken for an empty one.
    pub(super) fn is_withheld(&self) -> bool {
        self.count.known().is_none()
    }

    pub(super) fn of(share: &Share) -> Self {
        let finite = |x: Option<f64>| x.filter(|x| x.is_finite());
        // Where all officers are alike the draw shows no chance, and its interval would claim there is none.
        let interval = finite(share.low).zip(finite(share.high)).filter(|(low, high)| low < high);
        Self { count: Figure::Known(share.count), share: finite(share.share), interval }
    }
}

/// The four outcomes that share what was decided, with the class that draws each.
pub(super) const PARTS: [(&str, &str); 4] =
    [("rec", "Recorded"), ("exc", "Excused"), ("par", "Partial"), ("mis", "Missing")];

/// A group and its shares.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) officers: Option<Figure>,
    pub(super) decided: Figure,
    /// Recorded, excused, partial, missing.
    pub(super) parts: [Part; 4],
    /// All but the recorded ones, where they are shown only together.
    pub(super) together: Option<Part>,
    pub(super) undecided: Part,
}

impl Line {
    pub(super) fn of(name: String, officers: Option<usize>, shares: &Shares) -> Self {
        let Shares { recorded, excused, partial, missing, undecided, .. } = shares;
        Self {
            name,
            officers: officers.map(|n| Figure::Known(n as u64)),
            decided: Figure::Known(shares.decided),
            parts: [recorded, excused, partial, missing].map(Part::of),
            together: None,
            undecided: Part::of(undecided),
        }
    }

    pub(super) fn recorded(&self) -> Part {
        self.parts[0]
    }

    pub(super) fn partial(&self) -> Part {
        self.parts[2]
    }

    pub(super) fn missing(&self) -> Part {
        self.parts[3]
    }
}

/// The calls as wholes.
pub(super) struct Calls {
    pub(super) all: Figure,
    /// All, some, none on record; undecided; nobody required.
    pub(super) counts: [Figure; 5],
    /// Seconds of calls in which somebody had to record, and of these, in which nobody did.
    pub(super) seconds: Option<(f64, f64)>,
}

/// Obligations with one outcome and reason.
pub(super) struct Reason {
    pub(super) outcome: &'static str,
    pub(super) why: &'static str,
    pub(super) count: Figure,
    /// How many of them in grace; not for the public.
    pub(super) in_grace: Option<u64>,
}

/// Defects of one kind.
pub(super) struct Lack {
    pub(super) kind: &'static str,
    pub(super) count: Figure,
    pub(super) seconds: Option<f64>,
    /// The share of them outside grace; not for the public.
    pub(super) outside_grace: Option<f64>,
    /// Further ones, and their seconds, where the outcome is in doubt; not for the public.
    pub(super) provisional: Option<(u64, f64)>,
}

/// The rows of one kind of file.
pub(super) struct Rows {
    pub(super) kind: &'static str,
    pub(super) read: Figure,
    pub(super) accepted: Figure,
    pub(super) rejected: Figure,
    pub(super) duplicate: Figure,
    pub(super) bad_values: Figure,
}

/// Everything that a shared section may say.
pub(super) struct View {
    pub(super) public: bool,
    pub(super) onrecord: &'static str,
    pub(super) intervals: &'static str,
    pub(super) timezone: String,
    /// The period of the obligations, in words.
    pub(super) period: Option<String>,
    /// The window of the recordings, in words; not for the public.
    pub(super) recordings: Option<String>,
    pub(super) obligations: Figure,
    pub(super) not_required: Figure,
    pub(super) no_camera: Figure,
    pub(super) officers: Figure,
    pub(super) all: Line,
    pub(super) outside: Line,
    pub(super) calls: Calls,
    pub(super) weeks: Vec<Line>,
    pub(super) districts: Vec<Line>,
    pub(super) weekdays: Vec<Line>,
    pub(super) hours: Vec<Line>,
    pub(super) call_types: Vec<Line>,
    pub(super) reasons: Vec<Reason>,
    pub(super) defects: Vec<Lack>,
    pub(super) notice: Vec<Reason>,
    pub(super) silent_officers: Figure,
    pub(super) short_buffers: Figure,
    pub(super) files: Vec<Rows>,
}

pub(super) const ALL: &str = "All";
pub(super) const OUTSIDE: &str = "Outside the grace period";

impl View {
    /// Every figure as it is.
    pub(super) fn of_everything(summary: &Summary) -> Self {
        let clock = Clock::of(&summary.timezone);
        let lines = |groups: &[Group], none: &str| -> Vec<Line> {
            groups.iter().map(|g| Line::of(name_or(&g.name, none), Some(g.officers), &g.all)).collect()
        };
        let reasons = |o: &OutcomeCount| Reason {
            outcome: o.outcome,
            why: o.reason,
            count: Figure::Known(o.count),
            in_grace: Some(o.in_grace),
        };
        let types = most(&summary.by.call_type, |g| g.all.missing.count);
        Self {
            public: false,
            onrecord: summary.onrecord,
            intervals: summary.intervals,
            timezone: summary.timezone.clone(),
            period: summary.obligations_period.as_ref().map(|p| clock.days(p)),
            recordings: summary.recordings_window.as_ref().map(|p| clock.minutes(p)),
            obligations: Figure::Known(summary.obligations),
            not_required: Figure::Known(summary.shares.not_required),
            no_camera: Figure::Known(summary.shares.no_camera),
            officers: Figure::Known(summary.by.officer.len() as u64),
            all: Line::of(ALL.to_owned(), None, &summary.shares),
            outside: Line::of(OUTSIDE.to_owned(), None, &summary.shares_without_grace),
            calls: all_calls(&summary.calls),
            weeks: lines(&summary.by.week, NO_TIME),
            districts: by_recorded(lines(&summary.by.district, NO_DISTRICT)),
            weekdays: lines(&summary.by.weekday, NO_TIME),
            hours: lines(&summary.by.hour, NO_TIME),
            call_types: types.into_iter().map(|t| Line::of(t.name, t.officers, &t.shares)).collect(),
            reasons: summary.outcomes.iter().map(reasons).collect(),
            defects: summary.defects.iter().map(whole_lack).collect(),
            notice: summary
                .notice
                .iter()
                .map(|n| Reason {
                    outcome: n.status,
                    why: "",
                    count: Figure::Known(n.count),
                    in_grace: Some(n.in_grace),
                })
                .collect(),
            silent_officers: Figure::Known(summary.officers_in_no_recording.len() as u64),
            short_buffers: Figure::Known(summary.short_buffer.iter().map(|c| c.short).sum()),
            files: summary.files.iter().map(all_rows).collect(),
        }
    }
}

pub(super) const NO_TIME: &str = "time unknown";
pub(super) const NO_DISTRICT: &str = "no district given";
const NO_TYPE: &str = "no type given";

fn name_or(name: &str, none: &str) -> String {
    if name.trim().is_empty() { none.to_owned() } else { name.to_owned() }
}

/// The highest recorded share first, those without one at the end.
pub(super) fn by_recorded(mut lines: Vec<Line>) -> Vec<Line> {
    let key = |line: &Line| line.recorded().share.unwrap_or(-1.0);
    lines.sort_by(|a, b| key(b).total_cmp(&key(a)).then_with(|| a.name.cmp(&b.name)));
    lines
}

/// A group, or several summed.
pub(super) struct Kind {
    pub(super) name: String,
    /// How many officers it has; not known of several summed, since an officer can be in each.
    pub(super) officers: Option<usize>,
    /// How many it has at least.
    pub(super) at_least: usize,
    pub(super) shares: Shares,
}

impl Kind {
    pub(super) fn of(group: &Group, none: &str) -> Self {
        let name = name_or(&group.name, none);
        Self { name, officers: Some(group.officers), at_least: group.officers, shares: group.all }
    }

    fn sum(groups: &[&Group]) -> Self {
        let at_least = groups.iter().map(|g| g.officers).max().unwrap_or(0);
        Self {
            name: format!("{} other types", groups.len()),
            officers: None,
            at_least,
            shares: together(groups),
        }
    }
}

/// The fifteen types of call with the most of `what`, the others summed.
pub(super) fn most(groups: &[Group], what: fn(&Group) -> u64) -> Vec<Kind> {
    const LISTED: usize = 15;
    let mut ordered: Vec<&Group> = groups.iter().collect();
    ordered.sort_by(|a, b| what(b).cmp(&what(a)).then_with(|| a.name.cmp(&b.name)));
    // One other type needs as much room as the sum of it.
    let listed = if ordered.len() <= LISTED + 1 { ordered.len() } else { LISTED };
    let (first, rest) = ordered.split_at(listed);
    let mut kinds: Vec<Kind> = first.iter().map(|g| Kind::of(g, NO_TYPE)).collect();
    if !rest.is_empty() {
        kinds.push(Kind::sum(rest));
    }
    kinds
}

/// The shares of several groups as one; no interval, which only a bootstrap could give.
fn together(groups: &[&Group]) -> Shares {
    let sum = |one: fn(&Shares) -> u64| groups.iter().map(|g| one(&g.all)).sum::<u64>();
    let decided = sum(|s| s.decided);
    let share = |one: fn(&Shares) -> u64, beside: u64| {
        let (count, of) = (sum(one), decided + beside);
        Share { count, share: (of > 0).then(|| count as f64 / of as f64), low: None, high: None }
    };
    Shares {
        obligations: sum(|s| s.obligations),
        not_required: sum(|s| s.not_required),
        no_camera: sum(|s| s.no_camera),
        decided,
        recorded: share(|s| s.recorded.count, 0),
        excused: share(|s| s.excused.count, 0),
        partial: share(|s| s.partial.count, 0),
        missing: share(|s| s.missing.count, 0),
        undecided: share(|s| s.undecided.count, sum(|s| s.undecided.count)),
    }
}

fn all_calls(calls: &CallCounts) -> Calls {
    Calls {
        all: Figure::Known(calls.calls),
        counts: standings(calls).map(Figure::Known),
        seconds: Some((calls.required as f64 / 1e6, calls.nobody_recorded as f64 / 1e6)),
    }
}

pub(super) fn standings(calls: &CallCounts) -> [u64; 5] {
    [calls.all_on_record, calls.some_on_record, calls.none_on_record, calls.undecided, calls.nobody_required]
}

fn whole_lack(defect: &DefectCount) -> Lack {
    let outside = defect.count.saturating_sub(defect.in_grace);
    Lack {
        kind: defect.kind,
        count: Figure::Known(defect.count),
        seconds: Some(defect.seconds),
        outside_grace: (defect.count > 0).then(|| outside as f64 / defect.count as f64),
        provisional: Some((defect.provisional, defect.provisional_seconds)),
    }
}

fn all_rows(file: &FileCounts) -> Rows {
    Rows {
        kind: file.kind,
        read: Figure::Known(file.read),
        accepted: Figure::Known(file.accepted),
        rejected: Figure::Known(file.rejected),
        duplicate: Figure::Known(file.duplicate),
        bad_values: Figure::Known(file.bad_values),
    }
}
