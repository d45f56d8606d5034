//! What the audit says of every call, kept true as rows and recordings come in. The engine is the audit's own: for the
//! officers whose evidence has changed, the rows that could matter to them are put together as an export in memory, and
//! decided as `onrecord audit` would decide all rows together.
//!
//! It goes on in steps, each under a lock that imports take too, so that none sees half an import: see to what follows
//! from new rows ([`settle`]); look whether what only all rows together can tell has changed ([`facts`]); decide some
//! officers anew ([`decide`]). What is still to be done stands in the database, so that a crash loses nothing.

mod decide;
mod facts;
mod own;
pub(crate) mod rows;
mod settle;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use onrecord_exchange::{ExchangeError, Zone, Zones};
use onrecord_policy::Policy;
use onrecord_store::outcomes::{self, Filter, Outcome};
use onrecord_store::{Tx, commit, imports, jobs, recordings, settings};

use crate::jobs::UPDATE_OUTCOMES;
use crate::{Action, Principal, Program, ProgramError};

/// The setting that names the policy: a shipped pack, or the path of a policy file.
pub const POLICY: &str = "audit.policy";
/// The setting that names the zone of local times, where an import does not.
pub const TIMEZONE: &str = "audit.timezone";
/// The policy where none is set.
const DEFAULT_POLICY: &str = "generic";

/// What this process remembers of the audit: nothing that a restart could lose.
#[derive(Default)]
pub struct Audit {
    /// Held by whoever writes rows or decides: SQLite has one node, and this is its lock.
    pub(crate) turn: tokio::sync::Mutex<()>,
    zones: Arc<Zones>,
    /// The policy that was read last, with its text.
    policy: Mutex<Option<(String, Arc<Policy>)>>,
}

/// The right to write rows or to decide. It ends when it is dropped.
pub(crate) struct Turn<'a> {
    _here: tokio::sync::MutexGuard<'a, ()>,
    among_nodes: Option<Tx>,
}

impl Turn<'_> {
    /// Gives the right back and waits until other nodes can have it.
    pub async fn end(self) -> Result<(), ProgramError> {
        if let Some(tx) = self.among_nodes {
            commit(tx).await?;
        }
        Ok(())
    }
}

/// The recordings that an outcome names.
fn named_in(outcome: &Outcome) -> Vec<String> {
    outcome.recordings.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

impl Program {
    /// Lists outcomes in the order in which their calls were taken in.
    ///
    /// # Errors
    /// Where the caller may not look at evidence, or where the database cannot.
    pub async fn list_outcomes(
        &self,
        who: &Principal,
        filter: &Filter,
    ) -> Result<Vec<Outcome>, ProgramError> {
        let sight = who.sight(Action::ViewCall);
        if sight.is_nothing() {
            return Err(ProgramError::NotFound { what: "outcomes", id: String::new() });
        }
        let mut found = outcomes::list(&self.store, filter, &sight).await?;
        self.name_seen_recordings(who, &mut found).await?;
        Ok(found)
    }

    /// Leaves those recordings named in outcomes that somebody may see. What the audit says of a duty counts every recording,
    /// and must: whoever recorded what only few may see did what they had to.
    pub(crate) async fn name_seen_recordings(
        &self,
        who: &Principal,
        found: &mut [Outcome],
    ) -> Result<(), ProgramError> {
        let sight = who.sight(Action::View);
        let named: BTreeSet<String> = found.iter().flat_map(named_in).collect();
        let named: Vec<String> = named.into_iter().collect();
        let seen = recordings::seen_with_either_id(&self.store, &named, &sight).await?;
        for outcome in found.iter_mut().filter(|outcome| outcome.recordings.is_some()) {
            let left: Vec<String> = named_in(outcome).into_iter().filter(|id| seen.contains(id)).collect();
            outcome.recordings = serde_json::to_string(&left).ok();
        }
        Ok(())
    }

    /// Says which policy the audit has (a shipped pack, or the path of a file) and in which zone local times are that come
    /// without one; none of either leaves things as they are. Outcomes are brought up to date by a job, also where nothing
    /// but the text of a policy file has changed.
    ///
    /// # Errors
    /// Where the policy cannot be read or there is no such zone; then nothing is changed.
    pub async fn configure_audit(
        &self,
        policy: Option<&str>,
        timezone: Option<&str>,
    ) -> Result<(), ProgramError> {
        if let Some(name) = policy {
            Policy::parse(name, &policy_text(name).await?)
                .map_err(|error| ProgramError::Refused(format!("The policy: {error}")))?;
        }
        if let Some(name) = timezone {
            Zone::named(name).map_err(|error| ProgramError::Refused(error.to_string()))?;
        }
        let mut tx = self.store.begin().await?;
        for (setting, value) in [(POLICY, policy), (TIMEZONE, timezone)] {
            if let Some(value) = value {
                settings::set(&mut tx, setting, value).await?;
            }
        }
        jobs::add(&mut tx, UPDATE_OUTCOMES, "all", self.world.now()).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Brings every outcome up to date.
    ///
    /// # Errors
    /// Where the policy or the database cannot be used.
    pub async fn update_outcomes(self: &Arc<Self>) -> Result<(), ProgramError> {
        while self.outcomes_step().await? {}
        Ok(())
    }

    /// Does the next thing that brings outcomes up to date; answers whether there was one.
    pub(crate) async fn outcomes_step(self: &Arc<Self>) -> Result<bool, ProgramError> {
        let policy = self.audit_policy().await?;
        let turn = self.audit_turn().await?;
        self.sweep_imports().await?;
        let did = self.settle_rows().await? || self.decide_anew(&policy).await?;
        turn.end().await?;
        Ok(did)
    }

    /// Looks what all rows together tell, and decides some officers anew; answers whether there was anything to do.
    async fn decide_anew(self: &Arc<Self>, policy: &Arc<Policy>) -> Result<bool, ProgramError> {
        let (facts, anybody) = self.facts(policy).await?;
        Ok(self.look_at_facts(&facts).await? || self.decide_officers(policy, &facts, anybody).await?)
    }

    /// Waits for the right to write rows or to decide.
    pub(crate) async fn audit_turn(&self) -> Result<Turn<'_>, ProgramError> {
        let here = self.live.audit.turn.lock().await;
        Ok(Turn { _here: here, among_nodes: imports::lock(&self.store).await? })
    }

    /// The zone of local times: an IANA name.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn timezone(&self) -> Result<Option<String>, ProgramError> {
        Ok(settings::get(&self.store, TIMEZONE).await?)
    }

    /// The policy in force, for whoever is signed in.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn policy_in_force(&self) -> Result<Arc<Policy>, ProgramError> {
        self.audit_policy().await
    }

    /// The policy in force.
    pub(crate) async fn audit_policy(&self) -> Result<Arc<Policy>, ProgramError> {
        let name = settings::get(&self.store, POLICY).await?.unwrap_or_else(|| DEFAULT_POLICY.to_owned());
        let text = policy_text(&name).await?;
        let mut known = self.live.audit.policy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, policy)) = known.as_ref().filter(|(known, _)| *known == text) {
            return Ok(Arc::clone(policy));
        }
        let policy = Policy::parse(&name, &text)
            .map_err(|error| ProgramError::Fault(format!("The policy: {error}")))?;
        let policy = Arc::new(policy);
        *known = Some((text, Arc::clone(&policy)));
        Ok(policy)
    }

    pub(crate) fn zones(&self) -> Arc<Zones> {
        Arc::clone(&self.live.audit.zones)
    }
}

/// The text of a shipped pack, or of a policy file.
async fn policy_text(name: &str) -> Result<String, ProgramError> {
    if let Some(text) = Policy::pack(name) {
        return Ok(text.to_owned());
    }
    tokio::fs::read_to_string(name).await.map_err(|error| {
        ProgramError::Fault(format!(
            "The policy {name} is none of the shipped packs ({}), and cannot be read as a file: {error}.",
            Policy::PACKS.join(", ")
        ))
    })
}

/// What was kept can be read again: where it cannot, the fault is ours.
pub(crate) fn kept_unreadable(error: &ExchangeError) -> ProgramError {
    ProgramError::Fault(format!("The rows that were kept cannot be audited: {error}"))
}
