//! Chance: streams of random numbers that are the same on every machine.
//!
//! Every stream is named by the seed and by what it decides (an officer's nature, a watch's calls, a shift), so that
//! no part of a department depends on how many numbers another part has drawn. Only additions, multiplications and
//! comparisons are used, no logarithms or exponentials, whose last bits differ between platforms.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream decides.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// An officer's nature, training, camera and fate over the period.
    Career { officer: u32 },
    /// The calls of one watch of one district.
    Dispatch { day: u32, district: u32, watch: u32 },
    /// What an officer does in one shift.
    Shift { day: u32, officer: u32 },
}

impl Stream {
    fn key(self) -> [u64; 3] {
        match self {
            Self::Career { officer } => [1, u64::from(officer), 0],
            Self::Dispatch { day, district, watch } => {
                [2, u64::from(day), (u64::from(district) << 32) | u64::from(watch)]
            }
            Self::Shift { day, officer } => [3, u64::from(day), u64::from(officer)],
        }
    }
}

/// One stream of chance.
#[derive(Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of this name under this seed.
    pub fn new(seed: u64, stream: Stream) -> Self {
        let mut bytes = [0; 32];
        let words = [seed].into_iter().chain(stream.key());
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// From 0 up to, but not including, 1.
    pub fn roll(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// True in this share of the cases.
    pub fn happens(&mut self, share: f64) -> bool {
        self.roll() < share
    }

    /// A whole number from `low` to `high`, both included; `low` where `high` lies below it.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let width = (high - low + 1) as u64;
        // The bias of this multiplication is below 2^-32 for every width used here.
        low + ((u64::from(self.0.next_u32()) * width) >> 32) as i64
    }

    /// Which of `count` equal things; 0 where there are none.
    pub fn one_of(&mut self, count: usize) -> usize {
        self.between(0, count as i64 - 1) as usize
    }

    /// Which of things with these weights.
    pub fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.roll() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            left -= weight;
            last = index;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// A value from a distribution given by equally spaced quantiles, the least and the greatest included.
    pub fn quantile(&mut self, quantiles: &[i64]) -> i64 {
        let (Some(first), steps) = (quantiles.first(), quantiles.len().saturating_sub(1)) else {
            return 0;
        };
        if steps == 0 {
            return *first;
        }
        let step = self.one_of(steps);
        self.between(quantiles[step], quantiles[step + 1])
    }

    /// A number of mean 1 from a beta distribution of shape (2, 8): most officers lapse less than the average, a few
    /// up to five times as often. It is the second smallest of nine uniform numbers.
    pub fn nature(&mut self) -> f64 {
        let (mut least, mut second) = (1.0_f64, 1.0_f64);
        for _ in 0..9 {
            let roll = self.roll();
            if roll < least {
                second = least;
                least = roll;
            } else if roll < second {
                second = roll;
            }
        }
        second * 5.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_name_and_by_seed() {
        let first = |seed, stream| Chance::new(seed, stream).0.next_u64();
        let shift = Stream::Shift { day: 1, officer: 2 };
        assert_eq!(first(1, shift), first(1, shift));
        assert_ne!(first(1, shift), first(2, shift));
        assert_ne!(first(1, shift), first(1, Stream::Shift { day: 2, officer: 1 }));
        assert_ne!(first(1, Stream::Career { officer: 0 }), first(1, Stream::Shift { day: 0, officer: 0 }));
    }

    #[test]
    fn between_reaches_both_ends_and_nothing_beyond() {
        let mut chance = Chance::new(1, Stream::Career { officer: 0 });
        let drawn: Vec<i64> = (0..1_000).map(|_| chance.between(-2, 2)).collect();
        assert_eq!(drawn.iter().min(), Some(&-2));
        assert_eq!(drawn.iter().max(), Some(&2));
        assert_eq!(chance.between(7, 3), 7);
    }

    #[test]
    fn natures_average_one() {
        let mut chance = Chance::new(1, Stream::Career { officer: 0 });
        let mean = (0..20_000).map(|_| chance.nature()).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
    }
}
