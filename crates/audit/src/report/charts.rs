//! What charts share: scales with round ends, and a guard against wide ones.

use super::text::finite;

/// A scale of shares with round ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// The share at its beginning.
    pub(super) low: f64,
    /// The share at its end.
    pub(super) high: f64,
    step: f64,
}

impl Scale {
    /// A scale over all of `values`, with few round steps; the whole from 0 to 1 where there are none.
    pub(super) fn around(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends(values).unwrap_or((0.0, 1.0));
        Self::stepped(low, high)
    }

    /// A scale from nothing up to the largest of `values`.
    pub(super) fn from_zero(values: impl Iterator<Item = f64>) -> Self {
        let (_, high) = ends(values).unwrap_or((0.0, 1.0));
        Self::stepped(0.0, high)
    }

    fn stepped(low: f64, high: f64) -> Self {
        let (low, high) = (finite(low).clamp(0.0, 1.0), finite(high).clamp(0.0, 1.0));
        let span = (high - low).max(0.01);
        let step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2].into_iter().find(|s| span / s <= 4.5).unwrap_or(0.25);
        let low = ((low / step + 1e-9).floor() * step).clamp(0.0, 1.0 - step);
        let high = ((high / step - 1e-9).ceil() * step).clamp(low + step, 1.0);
        Self { low, high, step }
    }

    /// Where a share lies on the scale: 0 at its beginning, 1 at its end.
    pub(super) fn place(&self, share: f64) -> f64 {
        ((finite(share) - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The round shares on the scale, both ends among them.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let steps = ((self.high - self.low) / self.step).round() as u32;
        (0..=steps).map(|n| self.low + f64::from(n) * self.step).collect()
    }

    /// A tick in words: `90%`.
    pub(super) fn word(&self, tick: f64) -> String {
        let decimals = usize::from(self.step < 0.01);
        format!("{:.decimals$}%", tick * 100.0)
    }

    /// Its ends in words: `86% to 94%`.
    pub(super) fn words(&self) -> String {
        format!("{} to {}", self.word(self.low), self.word(self.high))
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| v.is_finite()).fold(None, |ends, v| match ends {
        None => Some((v, v)),
        Some((low, high)) => Some((v.min(low), v.max(high))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_scale_holds_its_values_has_few_ticks_and_ends_on_them(values in prop::collection::vec(0f64..=1.0, 0..9)) {
            for scale in [Scale::around(values.iter().copied()), Scale::from_zero(values.iter().copied())] {
                let ticks = scale.ticks();
                prop_assert!((2..=8).contains(&ticks.len()), "{ticks:?}");
                prop_assert!((ticks[ticks.len() - 1] - scale.high).abs() < 1e-6);
                prop_assert!(scale.low >= -1e-9 && scale.high <= 1.0 + 1e-9);
                for v in &values {
                    prop_assert!(scale.low - 1e-6 <= *v && *v <= scale.high + 1e-6, "{scale:?} {v}");
                }
            }
        }
    }

    #[test]
    fn scales_end_on_round_shares() {
        assert_eq!(Scale::around([0.882, 0.935].into_iter()).words(), "88% to 94%");
        assert_eq!(Scale::from_zero([0.031].into_iter()).words(), "0% to 4%");
        assert_eq!(Scale::from_zero([f64::NAN].into_iter()).words(), "0% to 100%");
    }
}
