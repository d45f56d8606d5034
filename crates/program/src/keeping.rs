//! Keeping: keys are rotated, copies are made, everything is read again from time to time and compared.

use std::ops::ControlFlow;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use onrecord_ledger::Kind;
use onrecord_store::clips::{self, Clip, SealedKey};
use onrecord_store::{commit, settings};
use onrecord_vault::{Segment, WrappedKey, check_segment, copy_segment, orphans, read_range, repair_segment};

use tokio::runtime::Handle;

use crate::custody::Event;
use crate::intake::{id_bytes, segment_of};
use crate::{Program, ProgramError};

/// How many wrapped keys are replaced in one transaction.
const AT_ONCE: u32 = 500;

/// An object without a row is an orphan after a day, in microseconds: until then an upload may still be at it.
const ORPHAN_AFTER: i64 = 86_400 * 1_000_000;

/// What a scrub found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Clips that were read whole.
    pub clips: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Clips whose damaged segments were replaced from the second store.
    pub repaired: Vec<String>,
    /// Clips that are damaged, with what was found.
    pub damaged: Vec<(String, String)>,
    /// Objects without a row that were removed.
    pub orphans: u64,
}

impl Program {
    /// Gives a period a new key-encryption key and wraps every data key of the period with it; no evidence is encrypted
    /// again. The old version is destroyed once nothing needs it. Answers how many data keys were wrapped.
    ///
    /// # Errors
    /// Where the key folder or the database cannot.
    pub async fn rotate(&self, period: &str, actor: &str) -> Result<u64, ProgramError> {
        self.may_write()?;
        let before = self.keys.versions(period)?;
        let version = self.keys.rotate(period)?;
        let mut wrapped = 0;
        // The last look is taken where nobody else is about to commit a key of an old version; whoever comes later finds
        // the new one.
        let mut tx = loop {
            let mut tx = self.store.begin().await?;
            clips::only_new_keys(&self.store, &mut tx).await?;
            let old = clips::keys_before(&mut tx, period, version, AT_ONCE).await?;
            if old.is_empty() {
                break tx;
            }
            for (owner, key) in &old {
                clips::rewrap(&mut tx, owner, &self.rewrapped(owner, key)?).await?;
                wrapped += 1;
            }
            commit(tx).await?;
        };
        let event = Event::new(Kind::KeyChanged, period, actor, "key-encryption key rotated")
            .with([("version", version.into()), ("data_keys", wrapped.into())]);
        self.record(&mut tx, event).await?;
        commit(tx).await?;
        for old in before {
            self.keys.forget_version(period, old)?;
        }
        Ok(wrapped)
    }

    fn rewrapped(&self, owner: &str, key: &SealedKey) -> Result<SealedKey, ProgramError> {
        let id = id_bytes(owner)?;
        let old = WrappedKey { period: key.period.clone(), version: key.version, bytes: key.wrapped.clone() };
        let new = self.keys.wrap(&key.period, id, &self.keys.unwrap(id, &old)?)?;
        Ok(SealedKey { period: new.period, version: new.version, wrapped: new.bytes })
    }

    /// Copies a clip's segments into the second store.
    pub(crate) async fn copy_to_mirror(self: &Arc<Self>, clip_id: &str) -> Result<(), ProgramError> {
        let Some(mirror) = self.mirror.clone() else { return Ok(()) };
        let segments = clips::segments(&self.store, clip_id).await?;
        self.blocking(move |program| {
            for segment in &segments {
                copy_segment(&program.shelf, &mirror, &segment.name)?;
            }
            Ok(())
        })
        .await
    }

    /// Reads clips again and compares them with what was sealed, from where the last scrub stopped, until about `budget`
    /// bytes have been read; repairs from the second store where there is one; removes orphans.
    ///
    /// # Errors
    /// Where the database or the shelf cannot be used at all. Damage is no error: it is in the answer, and in the ledger.
    pub async fn scrub(self: &Arc<Self>, budget: u64) -> Result<Scrubbed, ProgramError> {
        // To a database older than its evidence, the newest evidence would look like orphans.
        self.may_write()?;
        let mut found = Scrubbed::default();
        let mut after = settings::get(&self.store, "scrub.after").await?.unwrap_or_default();
        while found.bytes < budget {
            let Some(clip) = clips::sealed_after(&self.store, &after, 1).await?.pop() else {
                after.clear();
                break;
            };
            self.scrub_clip(&clip, &mut found).await?;
            after = clip.id;
        }
        found.orphans = self.remove_orphans().await?;
        let mut tx = self.store.begin().await?;
        settings::set(&mut tx, "scrub.after", &after).await?;
        commit(tx).await?;
        Ok(found)
    }

    async fn scrub_clip(self: &Arc<Self>, clip: &Clip, found: &mut Scrubbed) -> Result<(), ProgramError> {
        let (id, key) = self.open_key(&clip.id, &clip.key)?;
        let rows = clips::segments(&self.store, &clip.id).await?;
        let segments: Vec<Segment> = rows.iter().map(segment_of).collect::<Result<_, _>>()?;
        let (size, sha256) = (clip.size.unwrap_or(0), clip.sha256.clone().unwrap_or_default());
        let (repaired, damage) = self
            .blocking(move |program| {
                let mut repaired = false;
                for segment in &segments {
                    let Err(damage) = check_segment(&program.shelf, id, &key, segment, |_| {}) else {
                        continue;
                    };
                    let Some(mirror) = &program.mirror else { return Ok((false, Some(damage.to_string()))) };
                    if let Err(error) = repair_segment(&program.shelf, mirror, id, &key, segment) {
                        return Ok((
                            false,
                            Some(format!("{damage} The second store does not help: {error}")),
                        ));
                    }
                    repaired = true;
                }
                let mut digest = Context::new(&SHA256);
                let read = read_range(&program.shelf, id, &key, &segments, 0..size, |bytes| {
                    digest.update(&bytes);
                    ControlFlow::Continue(())
                });
                let damage = match read {
                    Err(error) => Some(error.to_string()),
                    Ok(()) if crate::access::hex(digest.finish().as_ref()) != sha256 => {
                        Some("The bytes do not have the digest that was sealed.".to_owned())
                    }
                    Ok(()) => None,
                };
                Ok((repaired, damage))
            })
            .await?;
        found.clips += 1;
        found.bytes += size;
        if repaired {
            self.note_damage(clip, "repaired from the second store").await?;
            found.repaired.push(clip.id.clone());
        }
        if let Some(damage) = damage {
            tracing::error!(clip = clip.id, damage, "evidence is damaged");
            self.note_damage(clip, &damage).await?;
            found.damaged.push((clip.id.clone(), damage));
        }
        Ok(())
    }

    async fn note_damage(&self, clip: &Clip, what: &str) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        self.record(&mut tx, Event::new(Kind::Flagged, &clip.id, "system", what)).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Removes objects that no row names and that are older than a day.
    async fn remove_orphans(self: &Arc<Self>) -> Result<u64, ProgramError> {
        let (now, runtime) = (self.world.now(), Handle::current());
        let store = self.store.clone();
        let orphans = self
            .blocking(move |program| {
                // Where the database cannot say, an object is taken for known.
                let known = |name: &str| runtime.block_on(clips::is_segment(&store, name)).unwrap_or(true);
                Ok(orphans(&program.shelf, known, ORPHAN_AFTER, now)?)
            })
            .await?;
        let count = orphans.len() as u64;
        self.delete_objects(orphans.into_iter().map(|object| object.name).collect()).await;
        Ok(count)
    }
}
