//! What follows from new rows: whether the audit accepts them, which recordings are listed, and whose outcomes are to
//! be decided anew.
//!
//! Whoever a row names is concerned, and everybody who ever stood on a row with the camera that it names. Rows that
//! share the recording_id of a recording, or the officer_id of an officer, are looked at with it, since rows that
//! contradict each other are all rejected.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use onrecord_exchange::{Export, FileKind, Standing};
use onrecord_store::imports::{self, Row};
use onrecord_store::officers::{self, Officer};
use onrecord_store::recordings::{self, Recording};
use onrecord_store::search;
use onrecord_store::{Tx, commit, jobs, outcomes, settings};

use super::{kept_unreadable, rows};
use crate::jobs::INDEX;
use crate::{Program, ProgramError};

/// How many rows are seen to at a time. Recordings take longer, and SQLite's transactions must be short.
const ROWS: u32 = 3_000;
const RECORDINGS: usize = 400;
/// The setting that stands where device events tell of uploads.
pub(super) const UPLOADS: &str = "audit.uploads";

impl Program {
    /// Sees to some new rows; answers whether there were any.
    pub(super) async fn settle_rows(self: &Arc<Self>) -> Result<bool, ProgramError> {
        let mut new = imports::waiting(&self.store, ROWS).await?;
        // Recordings come last. They are looked at when everything that tells whose they are has been.
        let others = new.iter().take_while(|row| row.kind != FileKind::Recordings.name()).count();
        new.truncate(if others > 0 { others } else { RECORDINGS });
        if new.is_empty() {
            return Ok(false);
        }
        let all = self.with_contradicting(&new).await?;
        let recordings: Vec<Row> =
            all.values().filter(|row| row.kind == FileKind::Recordings.name()).cloned().collect();
        let standings = self.standings(&recordings).await?;
        let concerned = self.concerned(all.values()).await?;
        let mut tx = self.store.begin().await?;
        self.write_standings(&mut tx, recordings, &standings).await?;
        self.write_officers(&mut tx, &new).await?;
        imports::settle(&mut tx, &new).await?;
        imports::unsettle_by_cameras(&mut tx, &cameras_of_holders(all.values())).await?;
        if new.iter().any(tells_of_uploads) {
            settings::set(&mut tx, UPLOADS, "known").await?;
        }
        outcomes::mark(&mut tx, &concerned).await?;
        commit(tx).await?;
        Ok(true)
    }

    /// The rows with those that could contradict them, by number.
    async fn with_contradicting(&self, new: &[Row]) -> Result<BTreeMap<i64, Row>, ProgramError> {
        let ids = |kind: FileKind, id: fn(&Row) -> Option<&String>| -> Vec<String> {
            let ids: BTreeSet<_> = new.iter().filter(|row| row.kind == kind.name()).filter_map(id).collect();
            ids.into_iter().cloned().collect()
        };
        let recordings = ids(FileKind::Recordings, |row| row.recording_id.as_ref());
        let officers = ids(FileKind::Officers, |row| row.officer_id.as_ref());
        let mut all: BTreeMap<i64, Row> = new.iter().map(|row| (row.id, row.clone())).collect();
        let others = imports::of_recordings(&self.store, &recordings).await?;
        all.extend(others.into_iter().map(|row| (row.id, row)));
        let others = imports::officers(&self.store, &officers).await?;
        all.extend(others.into_iter().map(|row| (row.id, row)));
        Ok(all)
    }

    /// Of these recordings those that the audit accepts, by id.
    async fn standings(
        self: &Arc<Self>,
        recordings: &[Row],
    ) -> Result<HashMap<String, Standing>, ProgramError> {
        if recordings.is_empty() {
            return Ok(HashMap::new());
        }
        let by_camera = recordings.iter().filter(|row| row.officer_id.is_none());
        let cameras: BTreeSet<_> = by_camera.filter_map(|row| row.camera_serial.clone()).collect();
        let mut export = self.holders(cameras).await?;
        for row in recordings {
            rows::add(&mut export, row)?;
        }
        let zones = self.zones();
        let accepted = self
            .blocking(move |_| export.accepted_recordings(&zones).map_err(|error| kept_unreadable(&error)))
            .await?;
        Ok(accepted.into_iter().map(|standing| (standing.recording_id.clone(), standing)).collect())
    }

    /// Writes who officers are, as the newest rows name them.
    async fn write_officers(&self, tx: &mut Tx, new: &[Row]) -> Result<(), ProgramError> {
        let mut named: BTreeMap<String, Officer> = BTreeMap::new();
        for row in new.iter().filter(|row| row.kind == FileKind::Officers.name()) {
            let Some(officer_id) = row.officer_id.clone() else { continue };
            let value = |column: &str| rows::value_of(row, column).unwrap_or_default();
            let officer = Officer {
                officer_id: officer_id.clone(),
                name: value("name"),
                badge: value("badge"),
                district: value("district"),
            };
            officers::write(tx, &officer, row.id).await?;
            named.insert(officer_id, officer);
        }
        if named.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = named.into_keys().collect();
        search::mark_officers(tx, &ids).await?;
        jobs::add(tx, INDEX, "all", self.world.now()).await?;
        Ok(())
    }

    /// Who had these cameras, as far as officers and camera assignments tell.
    pub(crate) async fn holders(&self, cameras: BTreeSet<String>) -> Result<Export, ProgramError> {
        let cameras: Vec<_> = cameras.into_iter().collect();
        let holders = imports::holders_of(&self.store, &cameras).await?;
        let officers = holders.iter().filter(|row| row.kind == FileKind::Officers.name());
        let officers: BTreeSet<_> = officers.filter_map(|row| row.officer_id.clone()).collect();
        let officers: Vec<_> = officers.into_iter().collect();
        let mut all: BTreeMap<i64, Row> = holders.into_iter().map(|row| (row.id, row)).collect();
        all.extend(imports::officers(&self.store, &officers).await?.into_iter().map(|row| (row.id, row)));
        let mut export = Export::default();
        if imports::any_of_kind(&self.store, FileKind::CameraAssignments.name()).await? {
            export.have(FileKind::CameraAssignments);
        }
        for row in all.values() {
            rows::add(&mut export, row)?;
        }
        Ok(export)
    }

    /// Everybody with calls whom these rows could concern.
    async fn concerned(&self, rows: impl Iterator<Item = &Row>) -> Result<BTreeSet<String>, ProgramError> {
        let (mut officers, mut cameras) = (BTreeSet::new(), BTreeSet::new());
        for row in rows {
            officers.extend(row.officer_id.clone());
            cameras.extend(row.camera_serial.clone());
        }
        let cameras: Vec<_> = cameras.into_iter().collect();
        officers.extend(imports::officers_of_cameras(&self.store, &cameras).await?);
        let officers: Vec<_> = officers.into_iter().collect();
        Ok(imports::with_calls(&self.store, &officers).await?.into_iter().collect())
    }

    /// Writes what the audit makes of recordings, and lists those whose bytes are kept elsewhere.
    async fn write_standings(
        &self,
        tx: &mut Tx,
        recordings: Vec<Row>,
        standings: &HashMap<String, Standing>,
    ) -> Result<(), ProgramError> {
        let (mut listed, mut accepted) = (Vec::new(), Vec::new());
        for mut row in recordings {
            let standing = row.recording_id.as_ref().and_then(|id| standings.get(id));
            let before = (row.accepted, row.from_at, row.to_at);
            row.accepted = standing.is_some();
            if let Some(standing) = standing {
                (row.from_at, row.to_at) = (Some(standing.window.0.0), Some(standing.window.1.0));
            }
            let now = (row.accepted, row.from_at, row.to_at);
            if row.own_id.is_none() && row.accepted && before == (false, row.from_at, row.to_at) {
                accepted.push(row.id);
            } else if before != now {
                imports::set_standing(tx, &row).await?;
            }
            if row.own_id.is_none() {
                match standing {
                    Some(standing) => listed.push(self.external(&row, standing)),
                    None => imports::name_external(tx, &row).await?,
                }
            }
        }
        imports::accept(tx, &accepted).await?;
        imports::list_external(tx, &listed).await?;
        let listed: Vec<String> = listed.into_iter().map(|recording| recording.source_key).collect();
        search::mark_external(tx, &listed).await?;
        jobs::add(tx, INDEX, "all", self.world.now()).await?;
        Ok(())
    }

    /// A recording whose bytes are kept elsewhere, as it is listed.
    fn external(&self, row: &Row, standing: &Standing) -> Recording {
        Recording {
            id: self.world.id().to_string(),
            source: "import".to_owned(),
            principal: "import".to_owned(),
            source_key: standing.recording_id.clone(),
            state: "external".to_owned(),
            camera_serial: row.camera_serial.clone(),
            officer_id: Some(standing.officer_id.clone()),
            started_at: Some(standing.started.0),
            activated_at: Some(standing.activated.0),
            stopped_at: standing.stopped.map(|at| at.0),
            timezone: None,
            clock_offset: None,
            transfer_complete: true,
            metadata: row.data.clone(),
            created_at: self.world.now(),
            standing: recordings::Standing::default(),
        }
    }
}

/// The cameras on rows that tell who had which.
fn cameras_of_holders<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<String> {
    let kinds = [FileKind::Officers.name(), FileKind::CameraAssignments.name()];
    let holders = rows.filter(|row| kinds.contains(&row.kind.as_str()));
    let cameras: BTreeSet<_> = holders.filter_map(|row| row.camera_serial.clone()).collect();
    cameras.into_iter().collect()
}

/// Whether a row tells of uploads, or would if it were not damaged.
fn tells_of_uploads(row: &Row) -> bool {
    row.kind == FileKind::DeviceEvents.name()
        && (!row.accepted || rows::value_of(row, "event").as_deref() == Some("uploaded"))
}
