//! What of the figures may be published.
//!
//! A number from 1 to 4 could point at people, so it is never published, nor is anything from which it could be
//! worked out. Three rules, each also printed in the public report:
//!
//! 1. **A lone number** from 1 to 4 reads "<5". In a *list* whose total may be known, one more number, of at least 8,
//!    is withheld with it, so that the small one could be any from 1 to 4. Where the list has no such number, every
//!    number of it but the zeros is withheld.
//! 2. **A row of shares** is shown as finely as it can be without such a number: all four outcomes; or on record
//!    against everything else; or only how many were decided; or nothing. A row of fewer than five officers shows
//!    nothing. A share is shown only with its number, so neither its numerator nor its complement is small.
//! 3. **Subtraction.** What the coarser rows of a table hold together is the total less the rows shown. Further rows
//!    are shown more coarsely, the smallest first, until that is never the content of a single row and never a
//!    number from 1 to 4. No row is finer than the total.

use super::view::{Figure, Line, Part};
use crate::statistics::{FEWEST_OFFICERS, Share, Shares};

const fn is_small(n: u64) -> bool {
    matches!(n, 1..=4)
}

/// Rule 1 for a number that is part of nothing.
pub(super) fn lone(n: u64) -> Figure {
    if is_small(n) { Figure::UnderFive } else { Figure::Known(n) }
}

/// Rule 1 for numbers whose total may be known.
pub(super) fn list(counts: &[u64]) -> Vec<Figure> {
    if !counts.iter().any(|n| is_small(*n)) {
        return counts.iter().map(|n| Figure::Known(*n)).collect();
    }
    let large = counts.iter().enumerate().filter(|(_, n)| **n >= 8);
    let Some((with_it, _)) = large.min_by_key(|(_, n)| **n) else {
        return counts.iter().map(|n| if *n == 0 { Figure::Known(0) } else { Figure::Withheld }).collect();
    };
    let one = |(at, n): (usize, &u64)| if at == with_it { Figure::Withheld } else { lone(*n) };
    counts.iter().enumerate().map(one).collect()
}

/// How finely a row is shown, the finest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// All four outcomes.
    Everything,
    /// On record, and the others together.
    OnRecordOrNot,
    /// How many were decided.
    Decided,
    /// Nothing.
    Nothing,
}

impl Level {
    const COARSER: [Self; 3] = [Self::OnRecordOrNot, Self::Decided, Self::Nothing];

    /// What a row shows at this level, besides what it shows at coarser ones.
    fn cells(self, row: &Row) -> Vec<u64> {
        let [recorded, excused, partial, missing] = row.parts;
        match self {
            Self::Everything => vec![excused, partial, missing],
            Self::OnRecordOrNot => vec![recorded, excused + partial + missing],
            Self::Decided => vec![row.parts.iter().sum()],
            Self::Nothing => Vec::new(),
        }
    }

    fn finer(self) -> Self {
        match self {
            Self::Everything | Self::OnRecordOrNot => Self::Everything,
            Self::Decided => Self::OnRecordOrNot,
            Self::Nothing => Self::Decided,
        }
    }

    /// The finest level, from `self` on, at which a row shows no small number.
    fn safe_for(self, row: &Row) -> Self {
        let mut safe = self;
        for coarser in Self::COARSER {
            let finer = coarser.finer();
            if finer >= self && finer.cells(row).into_iter().any(is_small) {
                safe = coarser;
            }
        }
        safe
    }
}

/// The numbers of one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Recorded, excused, partial, missing.
    parts: [u64; 4],
    undecided: u64,
    /// Whether there are officers enough to show anything.
    enough_officers: bool,
}

impl Row {
    pub(super) fn of(shares: &Shares, officers: Option<usize>) -> Self {
        let Shares { recorded, excused, partial, missing, undecided, .. } = shares;
        Self {
            parts: [recorded, excused, partial, missing].map(|share| share.count),
            undecided: undecided.count,
            enough_officers: officers.is_none_or(|n| n >= FEWEST_OFFICERS),
        }
    }

    fn decided(&self) -> u64 {
        self.parts.iter().sum()
    }
}

/// What a row may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    pub(super) level: Level,
    pub(super) undecided: bool,
}

/// What the total of every table may show.
pub(super) fn total(row: &Row) -> Allowed {
    let level = Level::Everything.safe_for(row);
    Allowed { level, undecided: level < Level::Nothing && !is_small(row.undecided) }
}

/// Rules 2 and 3: what each row of a table may show beside a total that shows `total`.
pub(super) fn rows(rows: &[Row], total: Allowed) -> Vec<Allowed> {
    let mut levels: Vec<Level> = rows
        .iter()
        .map(|row| if row.enough_officers { total.level.safe_for(row) } else { Level::Nothing })
        .collect();
    for coarser in Level::COARSER.into_iter().filter(|level| *level > total.level) {
        coarsen(rows, &mut levels, coarser);
    }
    let mut hidden: Vec<bool> = rows
        .iter()
        .zip(&levels)
        .map(|(row, level)| !total.undecided || *level == Level::Nothing || is_small(row.undecided))
        .collect();
    if total.undecided {
        hide_undecided(rows, &mut hidden);
    }
    levels.into_iter().zip(hidden).map(|(level, hidden)| Allowed { level, undecided: !hidden }).collect()
}

/// Rule 3 for one level: lifts rows to it until subtraction reveals nothing of those at it or beyond.
fn coarsen(rows: &[Row], levels: &mut [Level], to: Level) {
    let shown = to.finer();
    loop {
        let coarse: Vec<&Row> =
            rows.iter().zip(&*levels).filter(|(_, l)| **l >= to).map(|(r, _)| r).collect();
        let cells: Vec<_> = coarse.iter().map(|row| shown.cells(row)).collect();
        if !is_revealed(&cells) {
            return;
        }
        let fine = rows.iter().zip(&mut *levels).filter(|(_, level)| **level < to);
        let Some((_, next)) = fine.min_by_key(|(row, _)| (row.decided() == 0, row.decided())) else {
            return;
        };
        *next = to;
    }
}

/// Rule 3 for the undecided.
fn hide_undecided(rows: &[Row], hidden: &mut [bool]) {
    loop {
        let cells: Vec<_> =
            rows.iter().zip(&*hidden).filter(|(_, h)| **h).map(|(r, _)| vec![r.undecided]).collect();
        if !is_revealed(&cells) {
            return;
        }
        let shown = rows.iter().zip(&mut *hidden).filter(|(_, hidden)| !**hidden);
        let Some((_, next)) = shown.min_by_key(|(row, _)| (row.undecided == 0, row.undecided)) else {
            return;
        };
        *next = true;
    }
}

/// Whether subtracting the rows shown from the total reveals one row, or a small number.
fn is_revealed(cells: &[Vec<u64>]) -> bool {
    let columns = cells.first().map_or(0, Vec::len);
    let sum = |column: usize| cells.iter().filter_map(|row| row.get(column)).sum::<u64>();
    cells.len() == 1 || (0..columns).any(|column| is_small(sum(column)))
}

/// A row as it may be shown.
pub(super) fn line(name: String, officers: Option<usize>, shares: &Shares, allowed: Allowed) -> Line {
    let full = Line::of(name, officers, shares);
    let Shares { excused, partial, missing, .. } = shares;
    let rest = excused.count + partial.count + missing.count;
    let [recorded, ..] = full.parts;
    let withheld = Part::WITHHELD;
    let (parts, together, decided) = match allowed.level {
        Level::Everything => (full.parts, None, full.decided),
        Level::OnRecordOrNot => {
            ([recorded, withheld, withheld, withheld], Some(part_of(rest, shares.decided)), full.decided)
        }
        Level::Decided => ([withheld; 4], None, full.decided),
        Level::Nothing => ([withheld; 4], None, Figure::Withheld),
    };
    let officers = match (officers, allowed.level) {
        (None, _) | (_, Level::Nothing) => None,
        (Some(n), _) => Some(lone(n as u64)),
    };
    let undecided = if allowed.undecided { full.undecided } else { withheld };
    Line { officers, decided, parts, together, undecided, ..full }
}

fn part_of(count: u64, of: u64) -> Part {
    let share = (of > 0).then(|| count as f64 / of as f64);
    Part::of(&Share { count, share, low: None, high: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = Row> {
        let n = || prop_oneof![Just(0u64), 1u64..6, 0u64..40, 100u64..9000];
        ([n(), n(), n(), n()], n(), prop::bool::weighted(0.9))
            .prop_map(|(parts, undecided, enough_officers)| Row { parts, undecided, enough_officers })
    }

    fn sum(rows: &[Row]) -> Row {
        rows.iter().fold(Row { parts: [0; 4], undecided: 0, enough_officers: true }, |mut sum, row| {
            sum.parts.iter_mut().zip(row.parts).for_each(|(s, n)| *s += n);
            sum.undecided += row.undecided;
            sum
        })
    }

    /// Everything a row shows, at its level and the coarser ones.
    fn shown(row: &Row, level: Level) -> Vec<u64> {
        let levels = [Level::Everything, Level::OnRecordOrNot, Level::Decided, Level::Nothing];
        levels.into_iter().filter(|l| *l >= level).flat_map(|l| l.cells(row)).collect()
    }

    proptest! {
        #[test]
        fn no_row_shows_a_small_number_and_none_is_finer_than_the_total(table in prop::collection::vec(row(), 0..12)) {
            let all = sum(&table);
            let top = total(&all);
            prop_assert!(shown(&all, top.level).into_iter().all(|n| !is_small(n)));
            for (row, allowed) in table.iter().zip(rows(&table, top)) {
                prop_assert!(allowed.level >= top.level);
                prop_assert!(shown(row, allowed.level).into_iter().all(|n| !is_small(n)));
                prop_assert!(!allowed.undecided || (top.undecided && !is_small(row.undecided)));
                let nothing = Allowed { level: Level::Nothing, undecided: false };
                prop_assert!(row.enough_officers || allowed == nothing);
            }
        }

        #[test]
        fn subtracting_the_rows_shown_from_the_total_reveals_nothing(table in prop::collection::vec(row(), 0..12)) {
            let all = sum(&table);
            let top = total(&all);
            let allowed = rows(&table, top);
            for finer in [Level::Everything, Level::OnRecordOrNot, Level::Decided] {
                if finer < top.level {
                    continue; // the total does not say it
                }
                let hidden: Vec<Row> =
                    table.iter().zip(&allowed).filter(|(_, a)| a.level > finer).map(|(r, _)| *r).collect();
                prop_assert!(table.len() == 1 || hidden.len() != 1);
                prop_assert!(finer.cells(&sum(&hidden)).into_iter().all(|n| !is_small(n)));
            }
            if top.undecided {
                let hidden: Vec<Row> =
                    table.iter().zip(&allowed).filter(|(_, a)| !a.undecided).map(|(r, _)| *r).collect();
                prop_assert!(table.len() == 1 || hidden.len() != 1);
                prop_assert!(!is_small(sum(&hidden).undecided));
            }
        }

        /// Whoever knows the total and reads a list finds each small number as likely to be 1, 2, 3 or 4.
        #[test]
        fn a_list_does_not_betray_its_small_numbers(counts in prop::collection::vec(0u64..14, 0..7)) {
            let figures = list(&counts);
            for (at, figure) in figures.iter().enumerate() {
                match figure {
                    Figure::Known(n) => prop_assert!(*n == counts[at] && !is_small(*n)),
                    Figure::UnderFive => {
                        prop_assert!(is_small(counts[at]));
                        // Any other small number is possible: the withheld one, known to be 5 or more, makes up for it.
                        let withheld: Vec<_> = (0..counts.len()).filter(|i| figures[*i] == Figure::Withheld).collect();
                        prop_assert_eq!(withheld.len(), 1);
                        for other in 1..=4 {
                            prop_assert!(counts[withheld[0]] + counts[at] - other >= 5);
                        }
                    }
                    Figure::Withheld => prop_assert!(counts[at] > 0),
                }
            }
            if counts.iter().any(|n| is_small(*n)) {
                let hidden = figures.iter().filter(|f| !matches!(f, Figure::Known(_))).count();
                prop_assert!(hidden >= 2 || counts.iter().filter(|n| **n > 0).count() == 1);
            }
        }
    }

    #[test]
    fn lone_small_numbers_read_under_five() {
        assert_eq!(
            [0, 1, 4, 5].map(lone),
            [Figure::Known(0), Figure::UnderFive, Figure::UnderFive, Figure::Known(5)]
        );
        assert_eq!(
            list(&[100, 3, 12, 0]),
            [Figure::Known(100), Figure::UnderFive, Figure::Withheld, Figure::Known(0)]
        );
    }
}
