//! The view that may be published: every figure through [`suppress`].

use super::clock::Clock;
use super::suppress::{self, Allowed, Row};
use super::view::{
    ALL, Calls, Figure, Kind, Lack, Line, NO_DISTRICT, NO_TIME, OUTSIDE, Part, Reason, Rows, View,
    by_recorded, most, standings,
};
use crate::calls::CallCounts;
use crate::statistics::{Share, Shares};
use crate::summary::{DefectCount, FileCounts, Group, NoticeCount, OutcomeCount, Summary};

impl View {
    /// What of the figures may be published.
    pub(super) fn for_the_public(summary: &Summary) -> Self {
        let clock = Clock::of(&summary.timezone);
        let total = suppress::total(&Row::of(&summary.shares, None));
        let outside = outside_of_grace(summary, total);
        let [obligations, not_required, no_camera] = accounts(&summary.shares, summary.obligations, total);
        let cut = |groups: &[Group], none: &str| {
            let kinds: Vec<Kind> = groups.iter().map(|g| Kind::of(g, none)).collect();
            public_lines(&kinds, total)
        };
        Self {
            public: true,
            onrecord: summary.onrecord,
            intervals: summary.intervals,
            timezone: summary.timezone.clone(),
            period: summary.obligations_period.as_ref().and_then(|p| clock.months(p)),
            recordings: None,
            obligations,
            not_required,
            no_camera,
            officers: suppress::lone(summary.by.officer.len() as u64),
            all: suppress::line(ALL.to_owned(), None, &summary.shares, total),
            outside,
            calls: public_calls(&summary.calls, obligations),
            weeks: cut(&summary.by.week, NO_TIME),
            districts: by_recorded(cut(&summary.by.district, NO_DISTRICT)),
            weekdays: cut(&summary.by.weekday, NO_TIME),
            hours: cut(&summary.by.hour, NO_TIME),
            call_types: large_enough(public_lines(&most(&summary.by.call_type, |g| g.all.decided), total)),
            reasons: public_reasons(&summary.outcomes),
            defects: summary.defects.iter().map(|defect| public_lack(defect, total)).collect(),
            notice: public_notice(summary),
            silent_officers: suppress::lone(summary.officers_in_no_recording.len() as u64),
            short_buffers: suppress::lone(summary.short_buffer.iter().map(|c| c.short).sum()),
            files: summary.files.iter().map(|f| public_rows(f, obligations)).collect(),
        }
    }
}

/// Without the types of call that show nothing: what a dispatcher called them could itself point at somebody.
fn large_enough(mut lines: Vec<Line>) -> Vec<Line> {
    let all = lines.len();
    lines.retain(|line| line.decided.known().is_some());
    if lines.len() < all {
        lines.push(Line {
            name: "types too small to show".to_owned(),
            officers: None,
            decided: Figure::Withheld,
            parts: [Part::WITHHELD; 4],
            together: None,
            undecided: Part::WITHHELD,
        });
    }
    lines
}

/// Where every call has one officer, calls are obligations: their total is withheld with that of these.
fn public_calls(calls: &CallCounts, obligations: Figure) -> Calls {
    let counts = standings(calls);
    let figures = suppress::list(&counts);
    let counts = std::array::from_fn(|at| figures.get(at).copied().unwrap_or(Figure::Withheld));
    let with_somebody = calls.all_on_record + calls.some_on_record + calls.none_on_record;
    let all_known = counts[..3].iter().all(|f| f.known().is_some());
    Calls {
        all: if obligations.known().is_some() { suppress::lone(calls.calls) } else { Figure::Withheld },
        counts,
        seconds: (all_known && with_somebody >= 5)
            .then_some((calls.required as f64 / 1e6, calls.nobody_recorded as f64 / 1e6)),
    }
}

/// Every partial or missing obligation has a defect, so that defects are withheld where these are.
fn public_lack(defect: &DefectCount, total: Allowed) -> Lack {
    let shown = total.level == suppress::Level::Everything;
    let count = if shown { suppress::lone(defect.count) } else { Figure::Withheld };
    Lack {
        kind: defect.kind,
        count,
        seconds: count.known().map(|_| defect.seconds),
        outside_grace: None,
        provisional: None,
    }
}

/// Rows read are the sum of the others, so they are withheld with any small one; the accepted calls are the
/// obligations, so they are withheld with these.
fn public_rows(file: &FileCounts, obligations: Figure) -> Rows {
    let parts = [file.accepted, file.rejected, file.duplicate].map(suppress::lone);
    let whole = parts.iter().all(|f| f.known().is_some());
    let [accepted, rejected, duplicate] = parts;
    let hidden = file.kind == "calls" && obligations.known().is_none();
    let unless_hidden = |figure: Figure| if hidden { Figure::Withheld } else { figure };
    Rows {
        kind: file.kind,
        read: unless_hidden(if whole { suppress::lone(file.read) } else { Figure::Withheld }),
        accepted: unless_hidden(accepted),
        rejected,
        duplicate,
        bad_values: suppress::lone(file.bad_values),
    }
}

fn public_lines(groups: &[Kind], total: Allowed) -> Vec<Line> {
    let rows: Vec<Row> = groups.iter().map(|g| Row::of(&g.shares, Some(g.at_least))).collect();
    let one = |(g, allowed): (&Kind, Allowed)| suppress::line(g.name.clone(), g.officers, &g.shares, allowed);
    groups.iter().zip(suppress::rows(&rows, total)).map(one).collect()
}

/// Outside grace and, not shown, in it: the two rows of a table whose total is everything.
fn outside_of_grace(summary: &Summary, total: Allowed) -> Line {
    let (all, outside) = (&summary.shares, &summary.shares_without_grace);
    let less = |a: &Share, b: &Share| Share { count: a.count.saturating_sub(b.count), ..Share::default() };
    let inside = Shares {
        recorded: less(&all.recorded, &outside.recorded),
        excused: less(&all.excused, &outside.excused),
        partial: less(&all.partial, &outside.partial),
        missing: less(&all.missing, &outside.missing),
        undecided: less(&all.undecided, &outside.undecided),
        ..Shares::default()
    };
    let rows = [Row::of(outside, None), Row::of(&inside, None)];
    let nothing = Allowed { level: suppress::Level::Nothing, undecided: false };
    let allowed = suppress::rows(&rows, total).first().copied().unwrap_or(nothing);
    suppress::line(OUTSIDE.to_owned(), None, outside, allowed)
}

/// Obligations, those not required and those without a camera. They add up with the decided and the undecided, so
/// the total is withheld with any small number.
fn accounts(shares: &Shares, obligations: u64, total: Allowed) -> [Figure; 3] {
    let parts = [shares.not_required, shares.no_camera].map(suppress::lone);
    let known = parts.iter().all(|f| f.known().is_some()) && total.undecided;
    let all = if known { suppress::lone(obligations) } else { Figure::Withheld };
    [all, parts[0], parts[1]]
}

/// The reasons why nothing was asked, and why nothing could be decided: two lists. The other outcomes stand in the
/// headline already.
fn public_reasons(outcomes: &[OutcomeCount]) -> Vec<Reason> {
    let lists: [&[&str]; 2] = [&["not_required"], &["awaiting_upload", "unverifiable"]];
    let one_list = |words: &&[&str]| {
        let of: Vec<&OutcomeCount> = outcomes.iter().filter(|o| words.contains(&o.outcome)).collect();
        let counts: Vec<u64> = of.iter().map(|o| o.count).collect();
        let one = |(o, count): (&OutcomeCount, Figure)| Reason {
            outcome: o.outcome,
            why: o.reason,
            count,
            in_grace: None,
        };
        of.into_iter().zip(suppress::list(&counts)).map(one).collect::<Vec<_>>()
    };
    lists.iter().flat_map(one_list).collect()
}

fn public_notice(summary: &Summary) -> Vec<Reason> {
    let counts: Vec<u64> = summary.notice.iter().map(|n| n.count).collect();
    let one =
        |(n, count): (&NoticeCount, Figure)| Reason { outcome: n.status, why: "", count, in_grace: None };
    summary.notice.iter().zip(suppress::list(&counts)).map(one).collect()
}
