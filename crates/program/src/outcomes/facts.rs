//! What only all rows together can tell the audit, and whom it concerns when that changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use onrecord_exchange::FileKind;
use onrecord_policy::Policy;
use onrecord_store::imports::{self, Row};
use onrecord_store::{commit, outcomes, settings};
use serde::{Deserialize, Serialize};

use super::settle::UPLOADS;
use crate::access::hex;
use crate::{Program, ProgramError};

/// The setting that holds the facts that the outcomes rest on.
const FACTS: &str = "audit.facts";

/// Where assignments of cameras come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Assignments {
    /// Nothing tells.
    Unknown,
    /// The officers, by camera_issued_at.
    Officers,
    /// The camera assignments.
    File,
}

/// What only all rows together can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    /// Stands for the whole policy.
    policy: String,
    pub assignments: Assignments,
    /// Whether device events tell of uploads, or would if their rows were not damaged.
    pub uploads: bool,
    /// From the first to the last frame of all accepted recordings.
    pub window: Option<(i64, i64)>,
    /// Stands for the rejected rows that could concern anyone.
    anybody: String,
}

impl Program {
    /// What all rows together tell now, with the rejected rows that could concern anyone.
    pub(super) async fn facts(&self, policy: &Policy) -> Result<(Facts, Vec<Row>), ProgramError> {
        let assignments = if imports::any_of_kind(&self.store, FileKind::CameraAssignments.name()).await? {
            Assignments::File
        } else if imports::any_issued(&self.store).await? {
            Assignments::Officers
        } else {
            Assignments::Unknown
        };
        let anybody = imports::about_anybody(&self.store, assignments == Assignments::Officers).await?;
        let ids: Vec<u8> = anybody.iter().flat_map(|row| row.id.to_be_bytes()).collect();
        let facts = Facts {
            policy: hex(digest(&SHA256, format!("{policy:?}").as_bytes()).as_ref()),
            assignments,
            uploads: settings::get(&self.store, UPLOADS).await?.is_some(),
            window: imports::window(&self.store).await?,
            anybody: hex(digest(&SHA256, &ids).as_ref()),
        };
        Ok((facts, anybody))
    }

    /// Marks whom it concerns that the facts have changed; answers whether they had.
    pub(super) async fn look_at_facts(self: &Arc<Self>, now: &Facts) -> Result<bool, ProgramError> {
        let before = settings::get(&self.store, FACTS).await?;
        let before: Option<Facts> = before.and_then(|text| serde_json::from_str(&text).ok());
        if before.as_ref() == Some(now) {
            return Ok(false);
        }
        let concerned: BTreeSet<String> = match before.as_ref().and_then(|before| edges(before, now)) {
            Some((ends_after, begins_before)) => {
                outcomes::officers_beyond(&self.store, ends_after, begins_before).await?.into_iter().collect()
            }
            None => imports::all_with_calls(&self.store).await?.into_iter().collect(),
        };
        let mut tx = self.store.begin().await?;
        if before.is_none_or(|before| before.assignments != now.assignments) {
            imports::unsettle_all_by_camera(&mut tx).await?;
        }
        outcomes::mark(&mut tx, &concerned).await?;
        settings::set(&mut tx, FACTS, &serde_json::to_string(now).unwrap_or_default()).await?;
        commit(tx).await?;
        Ok(true)
    }
}

/// Where nothing but the edges of the window has changed: only calls beyond them are concerned. What reaches to the end
/// of the window (a recording that still runs, a spoilt row without an end) did so before for all others.
fn edges(before: &Facts, now: &Facts) -> Option<(i64, i64)> {
    let (was, is) = (before.window?, now.window?);
    let same = Facts { window: now.window, ..before.clone() } == *now;
    same.then(|| (was.1.min(is.1), was.0.max(is.0)))
}
