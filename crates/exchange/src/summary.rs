//! Putting the figures of an audit together under their names.

use onrecord_audit::{
    Cut, Cuts, DefectCount, DefectKind, Group, GroupShares, NoticeCount, NoticeStatus, OfficerCount,
    OutcomeCount, Shares, ShortBuffer, Summary, UNKNOWN_TIME, shares_by_group,
};
use onrecord_policy::{Policy, SECOND};

use crate::clock::Zone;
use crate::decide_calls::Totals;
use crate::gather::{Prepared, without_recordings};

const STATUS: &str = "Outcomes from data alone, not reviewed by a person. An outcome is not a finding.";
const INTERVALS: &str = "95%, percentile bootstrap over officers (400 resamples, fixed seed), because an officer's calls \
                         are not independent of one another; groups of fewer than 5 officers have none.";
/// The order in which the contract names the files.
const FILES: [&str; 7] =
    ["calls", "recordings", "officers", "camera_assignments", "exceptions", "device_events", "roster"];

/// The figures of an audit.
pub(crate) fn summarize(totals: &Totals, prepared: &Prepared, policy: &Policy, zone: &Zone) -> Summary {
    let groups = shares_by_group(&totals.facts);
    let everything = groups.iter().find(|g| g.key.0 == Cut::Everything);
    let mut files: Vec<_> = prepared.gathered.files.clone();
    files.push(totals.counts.clone());
    files.sort_by_key(|f| FILES.iter().position(|kind| *kind == f.kind));
    let name = |group: &GroupShares| group_name(group, totals, prepared);
    Summary {
        onrecord: env!("CARGO_PKG_VERSION"),
        status: STATUS,
        policy: policy.into(),
        timezone: zone.name().to_owned(),
        files,
        recordings_window: prepared.evidence.window().map(Into::into),
        obligations_period: totals.tally.period.map(Into::into),
        obligations: totals.facts.len() as u64,
        outcomes: outcomes(totals),
        defects: defects(totals),
        notice: notice(totals),
        shares: everything.map_or_else(Shares::default, |g| g.all),
        shares_without_grace: everything.map_or_else(Shares::default, |g| g.without_grace),
        intervals: INTERVALS,
        by: cuts(&groups, &name),
        calls: totals.calls,
        officers_in_no_recording: without_recordings(prepared, &totals.obligations)
            .into_iter()
            .map(|(officer, obligations)| OfficerCount {
                officer_id: prepared.gathered.officers.text(officer.0).to_owned(),
                obligations,
            })
            .collect(),
        short_buffer: short_buffers(prepared),
        notes: prepared.gathered.notes.clone(),
    }
}

fn outcomes(totals: &Totals) -> Vec<OutcomeCount> {
    let mut counts: Vec<_> = totals.tally.outcomes.clone();
    counts.sort_by_key(|(outcome, _)| (outcome.index(), outcome.reason()));
    counts
        .into_iter()
        .map(|(outcome, [count, in_grace])| OutcomeCount {
            outcome: outcome.word(),
            reason: outcome.reason(),
            count,
            in_grace,
        })
        .collect()
}

fn defects(totals: &Totals) -> Vec<DefectCount> {
    let seconds = |length: i64| length as f64 / SECOND as f64;
    DefectKind::ALL
        .iter()
        .zip(&totals.tally.defects)
        .map(|(kind, [lapses, provisional])| DefectCount {
            kind: kind.word(),
            count: lapses.count,
            seconds: seconds(lapses.length),
            in_grace: lapses.in_grace,
            provisional: provisional.count,
            provisional_seconds: seconds(provisional.length),
        })
        .collect()
}

fn notice(totals: &Totals) -> Vec<NoticeCount> {
    NoticeStatus::ALL
        .iter()
        .map(|status| {
            let found = totals.tally.notice.iter().find(|(s, _)| s == status);
            let [count, in_grace] = found.map_or([0, 0], |(_, counts)| *counts);
            NoticeCount { status: status.word(), count, in_grace }
        })
        .collect()
}

fn short_buffers(prepared: &Prepared) -> Vec<ShortBuffer> {
    let serial = |camera: Option<onrecord_audit::CameraId>| {
        camera.map_or_else(String::new, |c| prepared.gathered.cameras.text(c.0).to_owned())
    };
    let mut short: Vec<_> = prepared
        .short_buffers
        .iter()
        .filter(|(_, _, short)| *short > 0)
        .map(|(camera, recordings, short)| ShortBuffer {
            camera_serial: serial(*camera),
            short: *short,
            recordings: *recordings,
        })
        .collect();
    short.sort_by(|a, b| b.short.cmp(&a.short).then_with(|| a.camera_serial.cmp(&b.camera_serial)));
    short
}

fn cuts(groups: &[GroupShares], name: &impl Fn(&GroupShares) -> String) -> Cuts {
    let of = |cut: Cut| -> Vec<Group> {
        let in_cut = groups.iter().filter(|g| g.key.0 == cut);
        let named = in_cut.map(|g| Group {
            name: name(g),
            officers: g.officers,
            all: g.all,
            without_grace: g.without_grace,
        });
        let mut named: Vec<_> = named.collect();
        if !matches!(cut, Cut::Weekday) {
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

fn group_name(group: &GroupShares, totals: &Totals, prepared: &Prepared) -> String {
    const WEEKDAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let (cut, value) = group.key;
    match cut {
        Cut::Everything => String::new(),
        Cut::District => totals.names.districts.text(value).to_owned(),
        Cut::Officer => prepared.gathered.officers.text(value).to_owned(),
        Cut::Unit => totals.names.units.text(value).to_owned(),
        Cut::CallType => totals.names.call_types.text(value).to_owned(),
        _ if value == UNKNOWN_TIME => String::new(),
        Cut::Month => format!("{:04}-{:02}", value / 12, value % 12 + 1),
        Cut::Week => jiff::Timestamp::from_second(i64::from(value) * 86_400)
            .map_or_else(|_| String::new(), |t| t.to_string().chars().take(10).collect()),
        Cut::Weekday => WEEKDAYS.get(value as usize).map_or_else(String::new, |day| (*day).to_owned()),
        Cut::Hour => format!("{value:02}"),
    }
}
