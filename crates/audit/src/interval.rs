//! Half-open intervals of time and sets of them: the arithmetic behind coverage.

use onrecord_policy::{Micros, Moment};

/// The instants `from <= t < to`. Empty where `to <= from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The first instant inside.
    pub from: Moment,
    /// The first instant after.
    pub to: Moment,
}

impl Interval {
    /// The interval from `from` up to, not including, `to`.
    pub const fn new(from: Moment, to: Moment) -> Self {
        Self { from, to }
    }

    /// Whether no instant is inside.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// Its length in microseconds, 0 where empty.
    pub fn length(self) -> Micros {
        (self.to - self.from).max(0)
    }

    /// The part of it that lies in `other`, perhaps empty.
    #[must_use]
    pub fn clip(self, other: Self) -> Self {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// Whether the two share an instant.
    pub fn overlaps(self, other: Self) -> bool {
        !self.clip(other).is_empty()
    }

    /// Whether `at` is inside.
    pub fn contains(self, at: Moment) -> bool {
        self.from <= at && at < self.to
    }

    /// Longer by `by` microseconds on both sides.
    #[must_use]
    pub fn widen(self, by: Micros) -> Self {
        Self::new(self.from - by, self.to + by)
    }
}

/// A set of instants as its maximal intervals: not empty, in order, not touching one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(Vec<Interval>);

impl Intervals {
    /// The maximal intervals, in order.
    pub fn as_slice(&self) -> &[Interval] {
        &self.0
    }

    /// Whether the set holds no instant.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds the instants of `one`. Quick where intervals arrive in order.
    pub fn add(&mut self, one: Interval) {
        if one.is_empty() {
            return;
        }
        let Some(last) = self.0.last_mut() else {
            self.0.push(one);
            return;
        };
        if one.from > last.to {
            self.0.push(one);
        } else if one.from >= last.from {
            last.to = last.to.max(one.to);
        } else {
            self.add_before_the_end(one);
        }
    }

    fn add_before_the_end(&mut self, one: Interval) {
        let first = self.0.partition_point(|i| i.to < one.from);
        let after = self.0.partition_point(|i| i.from <= one.to);
        let merged = self
            .0
            .get(first..after)
            .unwrap_or_default()
            .iter()
            .fold(one, |m, i| Interval::new(m.from.min(i.from), m.to.max(i.to)));
        self.0.splice(first..after, [merged]);
    }

    /// Total length in microseconds.
    pub fn total(&self) -> Micros {
        self.0.iter().map(|i| i.length()).sum()
    }

    /// Whether some instant of `one` is in the set.
    pub fn overlaps(&self, one: Interval) -> bool {
        let first = self.0.partition_point(|i| i.to <= one.from);
        self.0.get(first).is_some_and(|i| i.overlaps(one))
    }

    /// The parts of the set inside `within`, in order.
    pub fn clipped(&self, within: Interval) -> impl Iterator<Item = Interval> + '_ {
        let first = self.0.partition_point(|i| i.to <= within.from);
        let rest = self.0.get(first..).unwrap_or_default();
        rest.iter().take_while(move |i| i.from < within.to).map(move |i| i.clip(within))
    }

    /// Calls `each` for every maximal interval of `one` without this set, in order.
    pub fn gaps_in(&self, one: Interval, mut each: impl FnMut(Interval)) {
        let mut from = one.from;
        for part in self.clipped(one) {
            if from < part.from {
                each(Interval::new(from, part.from));
            }
            from = part.to;
        }
        if from < one.to {
            each(Interval::new(from, one.to));
        }
    }

    /// Length in microseconds of what `one` shares with the set.
    pub fn shared(&self, one: Interval) -> Micros {
        self.clipped(one).map(Interval::length).sum()
    }
}

impl FromIterator<Interval> for Intervals {
    fn from_iter<T: IntoIterator<Item = Interval>>(parts: T) -> Self {
        let mut parts: Vec<_> = parts.into_iter().collect();
        parts.sort_unstable_by_key(|i| i.from);
        let mut set = Self::default();
        parts.into_iter().for_each(|i| set.add(i));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn i(from: i64, to: i64) -> Interval {
        Interval::new(Moment(from), Moment(to))
    }

    fn instants(parts: &[Interval]) -> Vec<bool> {
        (0..64).map(|t| parts.iter().any(|p| p.contains(Moment(t)))).collect()
    }

    proptest! {
        #[test]
        fn a_set_holds_exactly_the_instants_added(parts in prop::collection::vec((0i64..60, 0i64..20), 0..12)) {
            let parts: Vec<_> = parts.into_iter().map(|(a, n)| i(a, (a + n).min(63))).collect();
            let mut set = Intervals::default();
            parts.iter().for_each(|p| set.add(*p));
            prop_assert_eq!(instants(set.as_slice()), instants(&parts));
            prop_assert!(set.as_slice().windows(2).all(|w| w[0].to < w[1].from));
            prop_assert_eq!(&set, &parts.iter().copied().collect::<Intervals>());
            let (mut gaps, within) = (Vec::new(), i(5, 50));
            set.gaps_in(within, |g| gaps.push(g));
            let expected: Vec<_> =
                (0..64).map(|t| within.contains(Moment(t)) && !instants(&parts)[t as usize]).collect();
            prop_assert_eq!(instants(&gaps), expected);
            prop_assert_eq!(set.shared(within) + gaps.iter().map(|g| g.length()).sum::<i64>(), 45);
        }
    }
}
