//! Trying a policy on history: which obligations change their outcome under another policy.
use crate::error::ExchangeError;
/// x
pub struct Compared;
/// x
pub fn compare() -> Result<Compared, ExchangeError> { Ok(Compared) }
