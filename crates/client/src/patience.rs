//! How long and how often a client tries: waiting twice as long each time, and from the start again once something
//! went forward.

use std::time::Duration;

use crate::ClientError;
use crate::answer::Failure;
use crate::client::Options;

/// Tries without progress, and how long to wait before the next.
pub(crate) struct Tries<'a> {
    options: &'a Options,
    doing: &'static str,
    /// Spreads the waits of many clients that lost the same server at the same moment: taken from the upload's own
    /// address, so that no chance is needed.
    spread: u64,
    failed: u32,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(options: &'a Options, doing: &'static str, about: &str) -> Self {
        // FNV-1a: short, and good enough to tell addresses apart.
        let spread = about.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self { options, doing, spread, failed: 0 }
    }

    /// Something went forward.
    pub(crate) fn progress(&mut self) {
        self.failed = 0;
    }

    /// Waits after a failure that may pass.
    ///
    /// # Errors
    /// The failure does not pass by waiting, or patience is at its end.
    pub(crate) async fn wait(&mut self, failure: Failure) -> Result<(), ClientError> {
        let (why, ask_after) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Passing { why, ask_after } => (why, ask_after),
        };
        self.failed += 1;
        if self.failed >= self.options.tries.max(1) {
            return Err(ClientError::Away { doing: self.doing, why, tries: self.failed });
        }
        tokio::time::sleep(self.pause(ask_after)).await;
        Ok(())
    }

    fn pause(&self, ask_after: Option<Duration>) -> Duration {
        let longest = self.options.longest_pause;
        let doubled = self.options.first_pause.saturating_mul(1 << (self.failed - 1).min(16)).min(longest);
        // Between half of it and all of it.
        let part = u32::try_from(self.spread.rotate_left(self.failed * 7) % 512).unwrap_or(0);
        let spread = doubled / 2 + doubled.saturating_mul(part) / 1024;
        spread.max(ask_after.unwrap_or_default()).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pause_is_bounded_and_at_least_half_of_its_doubling(about in ".{0,40}", failed in 1_u32..200, ask in 0_u64..100) {
            let options = Options::default();
            let mut tries = Tries::new(&options, "test", &about);
            tries.failed = failed;
            let pause = tries.pause(Some(Duration::from_secs(ask)));
            prop_assert!(pause <= options.longest_pause);
            let doubled = options.first_pause.saturating_mul(1 << (failed - 1).min(16)).min(options.longest_pause);
            prop_assert!(pause >= doubled / 2);
            prop_assert!(pause >= Duration::from_secs(ask).min(options.longest_pause));
        }
    }
}
