//! Trying a policy on history: every row that the audit has is written into files, and decided under the policy in force
//! and under the one that is tried. It is a job, which tells how far it is and can be cancelled; its files are removed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use onrecord_exchange::{FileKind, Inputs, ReadOptions, compare};
use onrecord_policy::Policy;
use onrecord_store::results::{self, Kept};
use onrecord_store::{commit, imports, jobs};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::jobs::COMPARE;
use crate::outcomes::rows::value_of;
use crate::{Action, Principal, Program, ProgramError, Resource};

/// How many rows are read at a time.
const SOME: u32 = 5_000;
/// How often progress is noted.
const NOTE: Duration = Duration::from_millis(500);
/// The largest policy, in bytes.
const LARGEST: usize = 256 << 10;

impl Program {
    /// Begins to compare a policy, the text of a policy file or the name of a shipped one, with the one in force.
    ///
    /// # Errors
    /// Where the caller may not, or where the policy cannot be read.
    pub async fn begin_comparison(&self, who: &Principal, policy: &str) -> Result<Kept, ProgramError> {
        self.may_write()?;
        crate::figures::within_sight(who, Action::ComparePolicy, None)?;
        let text = Policy::pack(policy).unwrap_or(policy);
        if text.len() > LARGEST {
            return Err(ProgramError::Refused(format!("A policy has at most {LARGEST} bytes.")));
        }
        Policy::parse("the policy", text)
            .map_err(|error| ProgramError::Refused(format!("The policy cannot be used: {error}")))?;
        let now = self.world.now();
        let wanted = Kept {
            id: self.world.id().to_string(),
            kind: "comparison".to_owned(),
            asked: json!({ "policy": text }).to_string(),
            state: "waiting".to_owned(),
            progress: 0,
            result: None,
            failure: None,
            actor: who.actor(),
            created_at: now,
            done_at: None,
        };
        let mut tx = self.store.begin().await?;
        results::want(&mut tx, &wanted).await?;
        jobs::add(&mut tx, COMPARE, &wanted.id, now).await?;
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(wanted)
    }

    /// A comparison, or how far it is. Whoever may see only some districts sees only these of it.
    ///
    /// # Errors
    /// Where there is none that the caller may see.
    pub async fn comparison(&self, who: &Principal, id: &str) -> Result<Kept, ProgramError> {
        let missing = || ProgramError::NotFound { what: "comparison", id: id.chars().take(80).collect() };
        let districts = crate::figures::within_sight(who, Action::ComparePolicy, None)?;
        let mut kept = results::get(&self.store, id).await?.ok_or_else(missing)?;
        if kept.kind != "comparison" {
            return Err(missing());
        }
        if let (Some(districts), Some(result)) = (districts, &kept.result) {
            kept.result = Some(only(&districts, result));
        }
        Ok(kept)
    }

    /// The comparisons that the caller has asked for.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn comparisons(&self, who: &Principal) -> Result<Vec<Kept>, ProgramError> {
        crate::figures::within_sight(who, Action::ComparePolicy, None)?;
        Ok(results::of_actor(&self.store, "comparison", &who.actor()).await?)
    }

    /// Cancels a comparison that is not done.
    ///
    /// # Errors
    /// Where there is none that the caller asked for.
    pub async fn cancel_comparison(&self, who: &Principal, id: &str) -> Result<(), ProgramError> {
        let kept = self.comparison(who, id).await?;
        let is_theirs =
            kept.actor == who.actor() || who.permit(Action::ManageAgency, &Resource::agency()).is_ok();
        if !is_theirs {
            return Err(ProgramError::Forbidden("Whoever began a comparison cancels it.".to_owned()));
        }
        let mut tx = self.store.begin().await?;
        let cancelled = results::cancel(&mut tx, id, self.world.now()).await?;
        commit(tx).await?;
        if cancelled {
            Ok(())
        } else {
            Err(ProgramError::Conflict("The comparison has ended already.".to_owned()))
        }
    }

    /// Carries a comparison out.
    pub(crate) async fn compare_policies(self: &Arc<Self>, id: &str) -> Result<(), ProgramError> {
        let Some(kept) = results::get(&self.store, id).await? else { return Ok(()) };
        if !self.note_progress(id, 0).await? {
            return Ok(());
        }
        let folder = self.scratch.join(format!("import-comparison-{id}"));
        let done = self.compare_in(&kept, &folder).await;
        let _ = tokio::fs::remove_dir_all(&folder).await;
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        match &done {
            Ok(Some(result)) => results::finish(&mut tx, id, Ok(result), now).await?,
            Ok(None) => {}
            Err(error) => results::finish(&mut tx, id, Err(&error.to_string()), now).await?,
        }
        commit(tx).await?;
        Ok(())
    }

    /// The result, or none where it was cancelled.
    async fn compare_in(
        self: &Arc<Self>,
        kept: &Kept,
        folder: &Path,
    ) -> Result<Option<String>, ProgramError> {
        let asked: Value = serde_json::from_str(&kept.asked).unwrap_or_default();
        let text = asked.get("policy").and_then(Value::as_str).unwrap_or_default();
        let tried =
            Policy::parse("the policy", text).map_err(|error| ProgramError::Fault(error.to_string()))?;
        let in_force = self.audit_policy().await?;
        let inputs = self.write_files(folder).await?;
        let progress = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&progress);
        let comparing = self.blocking(move |_| {
            let options = ReadOptions { ids_verified: true, ..ReadOptions::default() };
            let mut tell = |done: u64, all: u64| {
                let of_thousand = done.saturating_mul(1_000).checked_div(all).unwrap_or(0);
                told.store(i64::try_from(of_thousand).unwrap_or(0).min(999), Ordering::Relaxed);
            };
            compare(&inputs, &options, &in_force, &tried, None, &mut tell)
                .map_err(|error| ProgramError::Refused(error.to_string()))
        });
        tokio::pin!(comparing);
        loop {
            tokio::select! {
                compared = &mut comparing => {
                    let compared = serde_json::to_string(&compared?);
                    return compared.map(Some).map_err(|error| ProgramError::Fault(error.to_string()));
                }
                () = tokio::time::sleep(NOTE) => {
                    if !self.note_progress(kept.id.as_str(), progress.load(Ordering::Relaxed)).await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    async fn note_progress(&self, id: &str, of_thousand: i64) -> Result<bool, ProgramError> {
        let mut tx = self.store.begin().await?;
        let goes_on = results::progress(&mut tx, id, of_thousand).await?;
        commit(tx).await?;
        Ok(goes_on)
    }

    /// Writes every row into exchange files.
    async fn write_files(&self, folder: &Path) -> Result<Inputs, ProgramError> {
        tokio::fs::create_dir_all(folder).await.map_err(|error| cannot(&error))?;
        let path = |kind: FileKind| folder.join(format!("{}.csv", kind.name()));
        let mut optional = [None, None, None, None];
        for kind in FileKind::ALL {
            let rows = self.write_file(kind, &path(kind)).await?;
            let place = match kind {
                FileKind::Calls | FileKind::Recordings => None,
                FileKind::Officers => optional.get_mut(0),
                FileKind::CameraAssignments => optional.get_mut(1),
                FileKind::Exceptions => optional.get_mut(2),
                FileKind::DeviceEvents => optional.get_mut(3),
            };
            if let Some(place) = place.filter(|_| rows > 0) {
                *place = Some(path(kind));
            }
        }
        let [officers, camera_assignments, exceptions, device_events]: [Option<PathBuf>; 4] = optional;
        Ok(Inputs {
            calls: path(FileKind::Calls),
            recordings: path(FileKind::Recordings),
            officers,
            camera_assignments,
            exceptions,
            device_events,
        })
    }

    async fn write_file(&self, kind: FileKind, path: &Path) -> Result<u64, ProgramError> {
        let columns = kind.columns();
        let file = tokio::fs::File::create(path).await.map_err(|error| cannot(&error))?;
        let mut file = tokio::io::BufWriter::new(file);
        let header = format!("{}\n", columns.join(","));
        file.write_all(header.as_bytes()).await.map_err(|error| cannot(&error))?;
        let (mut after, mut written) = (0, 0);
        loop {
            let rows = imports::of_kind(&self.store, kind.name(), after, SOME).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            let mut text = String::new();
            for row in &rows {
                let values =
                    columns.iter().map(|column| value_of(row, column).map_or_else(String::new, quoted));
                text.push_str(&values.collect::<Vec<_>>().join(","));
                text.push('\n');
                written += 1;
            }
            file.write_all(text.as_bytes()).await.map_err(|error| cannot(&error))?;
        }
        file.flush().await.map_err(|error| cannot(&error))?;
        Ok(written)
    }
}

fn cannot(error: &std::io::Error) -> ProgramError {
    ProgramError::Fault(format!("The files of a comparison cannot be written: {error}."))
}

/// A value as CSV. A local time that occurred once is written with its offset; one that occurred twice stays as it is,
/// which the audit cannot read: doubt never accuses.
fn quoted(value: String) -> String {
    let value = match value.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        Some((local, zone)) => in_zone(local, zone).unwrap_or(value),
        None => value,
    };
    if value.contains([',', '"', '\n', '\r']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value }
}

fn in_zone(local: &str, zone: &str) -> Option<String> {
    let local: jiff::civil::DateTime = local.trim().replace(' ', "T").parse().ok()?;
    let zone = jiff::tz::TimeZone::get(zone).ok()?;
    Some(zone.to_ambiguous_timestamp(local).unambiguous().ok()?.to_string())
}

/// A result with only some districts.
fn only(districts: &[String], result: &str) -> String {
    let Ok(mut result) = serde_json::from_str::<Value>(result) else { return String::new() };
    if let Some(list) = result.get_mut("districts").and_then(Value::as_array_mut) {
        list.retain(|it| {
            it.get("name").and_then(Value::as_str).is_some_and(|name| districts.iter().any(|own| own == name))
        });
    }
    result.to_string()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn local_times_are_written_with_their_offset_unless_they_occurred_twice() {
        let written = |text: &str| quoted(text.to_owned());
        assert_eq!(written("2017-12-10 10:00:00[America/Chicago]"), "2017-12-10T16:00:00Z");
        assert_eq!(written("2017-11-05 01:30:00[America/Chicago]"), "2017-11-05 01:30:00[America/Chicago]");
        assert_eq!(written("a,b"), "\"a,b\"");
    }
}
