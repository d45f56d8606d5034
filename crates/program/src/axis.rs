//! What an Axis body-worn system delivers: containers and objects with metadata, and what they mean to us. The facts of
//! its API stand in the design of intake; HTTP is the server's business.

mod names;
pub(crate) mod times;
pub(crate) mod unwrap;

use std::collections::BTreeMap;
use std::sync::Arc;

use onrecord_ledger::Kind;
use onrecord_store::recordings::{self, Recording};
use onrecord_store::swift::{self, Container, Object};
use onrecord_store::uploads::Upload;
use onrecord_store::{Tx, commit};
use serde_json::{Map, Value, json};

pub use names::{ContainerKind, ObjectKind};

use crate::custody::Event;
use crate::intake::{Attempt, Check, NewClip, NewRecording, Sealed};
use crate::text::{WORD, keepable, kept};
use crate::{Principal, Program, ProgramError, Role};

/// Metadata: lower-case names, decoded values.
pub type Metadata = BTreeMap<String, String>;

/// Who an Axis system is to us: it signs in with the key of the connection file.
pub fn axis_principal() -> Principal {
    Principal::token("axis", Role::Intake)
}

/// Whether a container was made, or was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is new.
    New,
    /// It was there; its metadata were merged.
    Merged,
}

fn missing(what: &'static str, id: &str) -> ProgramError {
    ProgramError::NotFound { what, id: id.chars().take(120).collect() }
}

fn parse(metadata: &str) -> Metadata {
    serde_json::from_str(metadata).unwrap_or_default()
}

fn text(metadata: &Metadata) -> String {
    serde_json::to_string(metadata).unwrap_or_default()
}

/// Adds to metadata what is new; an empty value deletes.
fn merge(into: &mut Metadata, new: &Metadata) {
    for (name, value) in new {
        if value.is_empty() {
            into.remove(name);
        } else {
            into.insert(name.clone(), value.clone());
        }
    }
}

impl Program {
    /// Creates a container, or merges metadata into one that exists.
    ///
    /// # Errors
    /// [`ProgramError::Refused`] where it can never be stored: a name that is none of Axis's, times that contradict each
    /// other, a user or device that has not been announced.
    pub async fn put_container(&self, name: &str, metadata: Metadata) -> Result<Made, ProgramError> {
        loop {
            let known = swift::container(&self.store, name).await?;
            let made = if known.is_some() { Made::Merged } else { Made::New };
            if self.write_container(name, known, &metadata).await? {
                return Ok(made);
            }
        }
    }

    /// Merges metadata into a container.
    ///
    /// # Errors
    /// As [`Program::put_container`], and where there is no such container.
    pub async fn post_container(&self, name: &str, metadata: Metadata) -> Result<(), ProgramError> {
        loop {
            let known =
                swift::container(&self.store, name).await?.ok_or_else(|| missing("container", name))?;
            if self.write_container(name, Some(known), &metadata).await? {
                return Ok(());
            }
        }
    }

    /// Merges metadata into what was known of a container. False, and nothing is written, where somebody else has written
    /// it since: two that merge at once must not lose what one of them says.
    async fn write_container(
        &self,
        name: &str,
        known: Option<Container>,
        new: &Metadata,
    ) -> Result<bool, ProgramError> {
        self.may_write()?;
        let kind = ContainerKind::of(name)?;
        let before = known.as_ref().map(|known| known.metadata.clone());
        let mut metadata = parse(before.as_deref().unwrap_or("{}"));
        merge(&mut metadata, new);
        let mut container = Container {
            name: name.to_owned(),
            metadata: text(&metadata),
            recording_id: known.and_then(|known| known.recording_id),
        };
        let recording = match &kind {
            ContainerKind::System | ContainerKind::Users | ContainerKind::Devices => None,
            ContainerKind::Rejected => Some(rejected(&container.name, &metadata)),
            ContainerKind::Recording { .. } => Some(self.announced(&container.name, &kind, &metadata).await?),
        };
        let mut tx = self.store.begin().await?;
        if swift::container_in(&mut tx, name).await?.map(|there| there.metadata) != before {
            return Ok(false);
        }
        if let Some(new) = recording {
            container.recording_id = Some(self.write_recording(&mut tx, new).await?);
        }
        if before.is_some() {
            swift::set_container(&mut tx, &container, self.world.now()).await?;
        } else if !swift::add_container(&mut tx, &container, self.world.now()).await? {
            return Ok(false);
        }
        commit(tx).await?;
        Ok(true)
    }

    /// Registers the recording of a container, or writes what its metadata say now.
    async fn write_recording(&self, tx: &mut Tx, new: NewRecording) -> Result<String, ProgramError> {
        let said = new.clone();
        let known = self.register_recording(tx, &axis_principal(), new).await?;
        let changed = Recording {
            camera_serial: said.camera_serial,
            officer_id: said.officer_id,
            started_at: said.started_at,
            activated_at: said.activated_at,
            stopped_at: said.stopped_at,
            timezone: said.timezone,
            transfer_complete: said.transfer_complete,
            metadata: said.metadata,
            ..known.clone()
        };
        if changed != known {
            recordings::update(tx, &changed).await?;
        }
        self.note_correction(tx, &known, &changed).await?;
        self.settle_recording(tx, &changed.id).await?;
        Ok(changed.id)
    }

    /// Whose a recording is, of which camera and when: where its source takes back what it had said, the ledger knows.
    async fn note_correction(
        &self,
        tx: &mut Tx,
        known: &Recording,
        changed: &Recording,
    ) -> Result<(), ProgramError> {
        let texts = [
            ("camera_serial", &known.camera_serial, &changed.camera_serial),
            ("officer_id", &known.officer_id, &changed.officer_id),
        ];
        let times = [
            ("started_at", known.started_at, changed.started_at),
            ("activated_at", known.activated_at, changed.activated_at),
            ("stopped_at", known.stopped_at, changed.stopped_at),
        ];
        let texts = texts.into_iter().filter(|(_, was, is)| was.is_some() && was != is);
        let times = times.into_iter().filter(|(_, was, is)| was.is_some() && was != is);
        let facts: Map<String, Value> = texts
            .map(|(what, was, is)| (what.to_owned(), json!({ "was": was, "is": is })))
            .chain(times.map(|(what, was, is)| (what.to_owned(), json!({ "was": was, "is": is }))))
            .collect();
        if facts.is_empty() {
            return Ok(());
        }
        let actor = axis_principal().actor();
        let event = Event::new(Kind::Annotated, &changed.id, &actor, "its source says otherwise now");
        self.record(tx, event.with([("changed", Value::Object(facts))])).await?;
        Ok(())
    }

    /// What the metadata of a recording's container say.
    async fn announced(
        &self,
        name: &str,
        kind: &ContainerKind,
        metadata: &Metadata,
    ) -> Result<NewRecording, ProgramError> {
        let ContainerKind::Recording { user, device, .. } = kind else { return Ok(rejected(name, metadata)) };
        let user = metadata.get("userid").unwrap_or(user);
        let device = metadata.get("bwcserialnumber").unwrap_or(device);
        let officer = self.known_user(user).await?;
        keepable("The id of the user", &officer, WORD)?;
        if swift::object(&self.store, "Devices", device).await?.is_none() {
            return Err(ProgramError::Refused(format!(
                "The camera {device} has not been announced: put it into the container Devices first."
            )));
        }
        let times = times::of_recording(metadata)?;
        Ok(NewRecording {
            source: "axis",
            key: Some(name.to_owned()),
            camera_serial: Some(device.clone()),
            officer_id: Some(officer),
            started_at: times.start.or(times.trigger_on).or(kind.trigger_on()),
            activated_at: times.trigger_on.or(kind.trigger_on()),
            stopped_at: times.stop.or(times.trigger_off),
            timezone: metadata.get("timezone").map(|zone| kept(zone, WORD)),
            clock_offset: None,
            transfer_complete: metadata
                .get("status")
                .is_some_and(|status| status.eq_ignore_ascii_case("complete")),
            metadata: text(metadata),
        })
    }

    /// The officer that a user is: users are announced under a UUID, with the id that the agency gave them.
    async fn known_user(&self, user: &str) -> Result<String, ProgramError> {
        for object in swift::objects(&self.store, "Users").await? {
            let id = parse(&object.metadata).remove("userid").filter(|id| !id.is_empty());
            if object.name == user || id.as_deref() == Some(user) {
                return Ok(id.unwrap_or(object.name));
            }
        }
        Err(ProgramError::Refused(format!(
            "The user {user} has not been announced: put it into the container Users first."
        )))
    }

    /// The metadata of a container.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn head_container(&self, name: &str) -> Result<Metadata, ProgramError> {
        let known = swift::container(&self.store, name).await?.ok_or_else(|| missing("container", name))?;
        Ok(parse(&known.metadata))
    }

    /// An object and its metadata.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn head_object(&self, container: &str, name: &str) -> Result<(Object, Metadata), ProgramError> {
        let object =
            swift::object(&self.store, container, name).await?.ok_or_else(|| missing("object", name))?;
        let metadata = parse(&object.metadata);
        Ok((object, metadata))
    }

    /// Replaces the metadata of an object.
    ///
    /// # Errors
    /// Where there is none, or where the metadata can never be stored.
    pub async fn post_object(
        &self,
        container: &str,
        name: &str,
        metadata: Metadata,
    ) -> Result<(), ProgramError> {
        let kind = ContainerKind::of(container)?;
        let (mut object, _) = self.head_object(container, name).await?;
        if !matches!(kind, ContainerKind::Rejected) {
            times::of_clip(&metadata)?;
        }
        object.metadata = text(&metadata);
        self.write_object(&object).await
    }

    async fn write_object(&self, object: &Object) -> Result<(), ProgramError> {
        self.may_write()?;
        let mut tx = self.store.begin().await?;
        swift::set_object(&mut tx, object, self.world.now()).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Whether an object's bytes are kept: those of System, Users and Devices are nothing but metadata.
    ///
    /// # Errors
    /// Where the container is not there, or the name can never be stored.
    pub async fn keeps_bytes(&self, container: &str) -> Result<bool, ProgramError> {
        let kind = ContainerKind::of(container)?;
        if swift::container(&self.store, container).await?.is_none() {
            return Err(missing("container", container));
        }
        Ok(matches!(kind, ContainerKind::Recording { .. } | ContainerKind::Rejected))
    }

    /// Writes an object that is nothing but metadata: a system, a user, a device.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn put_plain_object(
        &self,
        container: &str,
        name: &str,
        metadata: &Metadata,
        etag: String,
    ) -> Result<(), ProgramError> {
        keepable("The name of the object", name, WORD)?;
        let object = Object {
            container: container.to_owned(),
            name: name.to_owned(),
            metadata: text(metadata),
            clip_id: None,
            etag,
            size: 0,
        };
        self.write_object(&object).await
    }

    /// Begins to take in an object's bytes.
    ///
    /// # Errors
    /// Where the metadata can never be stored, or where the database or the key folder cannot.
    pub async fn begin_object(
        self: &Arc<Self>,
        container: &str,
        name: &str,
        content_type: Option<String>,
        metadata: &Metadata,
        length: Option<u64>,
        md5: Option<[u8; 16]>,
    ) -> Result<Attempt, ProgramError> {
        let kind = ContainerKind::of(container)?;
        let is_rejected = matches!(kind, ContainerKind::Rejected);
        if !is_rejected {
            times::of_clip(metadata)?;
        }
        let holder =
            swift::container(&self.store, container).await?.ok_or_else(|| missing("container", container))?;
        let clip = NewClip {
            kind: if is_rejected { "rejected" } else { ObjectKind::of(name).word() },
            name: name.to_owned(),
            content_type: content_type.map(|kind| kept(&kind, WORD)),
            metadata: text(metadata),
            length,
        };
        let recording = NewRecording {
            source: "axis",
            key: Some(container.to_owned()),
            metadata: holder.metadata,
            transfer_complete: is_rejected,
            ..NewRecording::default()
        };
        let who = axis_principal();
        let upload: Upload = self.begin_upload(&who, recording, clip, "").await?;
        self.attempt(&who, &upload.id, Some(0), Check::md5(md5)).await
    }

    /// All bytes of an object are here: seals them and writes the object.
    ///
    /// # Errors
    /// Where they do not match their checksum, or where they cannot be kept; then nothing of them is.
    pub async fn finish_object(
        self: &Arc<Self>,
        attempt: Attempt,
        container: &str,
        name: &str,
        metadata: &Metadata,
    ) -> Result<(Sealed, String), ProgramError> {
        let upload = attempt.upload.id.clone();
        let sealed = match attempt.finish().await {
            Ok(sealed) => sealed,
            Err(error) => {
                self.forget_object(&upload).await;
                return Err(error);
            }
        };
        let etag = crate::access::hex(&sealed.md5.unwrap_or_default());
        let object = Object {
            container: container.to_owned(),
            name: name.to_owned(),
            metadata: text(metadata),
            clip_id: Some(sealed.clip_id.clone()),
            etag: etag.clone(),
            size: sealed.size,
        };
        self.write_object(&object).await?;
        Ok((sealed, etag))
    }

    /// An object whose bytes broke off is forgotten: its source sends it again from the start.
    pub async fn forget_object(&self, upload: &str) {
        if let Err(error) = self.forget_upload(&axis_principal(), upload).await {
            tracing::warn!(%error, "an unfinished object could not be forgotten; it will expire");
        }
    }
}

/// Rejected content is never refused, whatever its metadata say.
fn rejected(name: &str, metadata: &Metadata) -> NewRecording {
    let times = times::of_recording(metadata).unwrap_or_default();
    NewRecording {
        source: "axis",
        key: Some(name.to_owned()),
        camera_serial: metadata.get("bwcserialnumber").map(|serial| kept(serial, WORD)),
        officer_id: metadata.get("userid").map(|user| kept(user, WORD)),
        started_at: times.start.or(times.trigger_on),
        activated_at: times.trigger_on,
        stopped_at: times.stop.or(times.trigger_off),
        timezone: metadata.get("timezone").map(|zone| kept(zone, WORD)),
        clock_offset: None,
        transfer_complete: true,
        metadata: text(metadata),
    }
}
