//! Slows an address down that tries often without success. Kept in memory, by each server for itself: what a restart
//! forgets costs an attacker more than it gives, since names are locked in the database.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Tries that an address has at once.
const BURST: i64 = 20;
/// After so many microseconds it has one more.
const ONE_MORE: i64 = 3_000_000;
/// How many addresses are remembered; beyond it, those that have all their tries are forgotten.
const MOST: usize = 10_000;

/// What addresses have left.
#[derive(Debug, Default)]
pub struct Addresses(Mutex<HashMap<IpAddr, Left>>);

#[derive(Debug, Clone, Copy)]
struct Left {
    tries: i64,
    since: i64,
}

impl Left {
    fn at(self, now: i64) -> Self {
        let more = (now - self.since).max(0) / ONE_MORE;
        let tries = (self.tries + more).min(BURST);
        Self { tries, since: if tries == BURST { now } else { self.since + more * ONE_MORE } }
    }
}

impl Addresses {
    /// Takes one try from an address; false where it has none left.
    pub fn take(&self, address: IpAddr, now: i64) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, left| left.at(now).tries < BURST);
        }
        let left = known.entry(network(address)).or_insert(Left { tries: BURST, since: now });
        *left = left.at(now);
        let has_one = left.tries > 0;
        left.tries -= i64::from(has_one);
        has_one
    }

    /// Gives a try back: it was somebody who may come in.
    pub fn give_back(&self, address: IpAddr) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = known.get_mut(&network(address)) {
            left.tries = (left.tries + 1).min(BURST);
        }
    }
}

/// One who has an IPv6 network of their own has 2^64 addresses: the network counts.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_few_tries_and_then_one_every_three_seconds() {
        let addresses = Addresses::default();
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let same_network: IpAddr = "2001:db8::2".parse().unwrap();
        assert!((0..BURST).all(|_| addresses.take(one, 0)));
        assert!(!addresses.take(same_network, 2_999_999));
        assert!(addresses.take(one, 3_000_000) && !addresses.take(one, 3_000_001));
        assert!(addresses.take("192.0.2.1".parse().unwrap(), 0), "another one is not slowed");
    }

    #[test]
    fn who_may_come_in_is_not_slowed() {
        let addresses = Addresses::default();
        let office: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..100 {
            assert!(addresses.take(office, 0));
            addresses.give_back(office);
        }
    }
}
