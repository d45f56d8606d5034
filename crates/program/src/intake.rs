//! Taking bytes in: register → hash and encrypt → durable → sealed. Every door (tus, Axis, the dock) comes through here.
//!
//! A clip's bytes come in *attempts*, each one request. An attempt runs on a thread of its own: the request hands it
//! bytes, it hashes, encrypts and writes, and commits each segment once it is durable. A new attempt takes over from an
//! older one at once: on this node by stopping it and waiting for what it has, on other nodes by a number in the
//! database that fences the older one off.

mod attempt;
mod checks;
mod seal;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::Context;
use onrecord_ledger::Kind;
use onrecord_store::clips::{self, Clip, SealedKey};
use onrecord_store::commit;
use onrecord_store::recordings::{self, Recording, Standing};
use onrecord_store::uploads::{self, Upload};
use onrecord_vault::{DataKey, WrappedKey};
use uuid::Uuid;

pub use attempt::Attempt;
pub(crate) use attempt::{row_of, segment_of};
pub use checks::Check;
pub use seal::Sealed;

use crate::custody::Event;
use crate::text::{NAME, WORD, keepable};
use crate::{Principal, Program, ProgramError, World};

/// The largest clip: 100 GiB.
pub const LARGEST: u64 = 100 << 30;

/// How long an upload waits for more bytes: seven days, in microseconds.
pub const PATIENCE: i64 = 7 * 86_400 * 1_000_000;

/// What a source says of the recording that a clip belongs to.
#[derive(Debug, Clone, Default)]
pub struct NewRecording {
    /// By which door it comes.
    pub source: &'static str,
    /// What tells it apart from the principal's other recordings; none where the source cannot tell: then it is one of
    /// its own.
    pub key: Option<String>,
    /// Its camera.
    pub camera_serial: Option<String>,
    /// Whose camera it was.
    pub officer_id: Option<String>,
    /// Its first frame.
    pub started_at: Option<i64>,
    /// When the officer switched on.
    pub activated_at: Option<i64>,
    /// Its end.
    pub stopped_at: Option<i64>,
    /// The camera's own zone, as it says it.
    pub timezone: Option<String>,
    /// The camera's clock minus ours, in microseconds.
    pub clock_offset: Option<i64>,
    /// Whether nothing more will come after the clips that are on their way.
    pub transfer_complete: bool,
    /// Everything the source said, as JSON.
    pub metadata: String,
}

/// What a source says of a clip whose bytes it is about to send.
#[derive(Debug, Clone)]
pub struct NewClip {
    /// `clip`, `key`, `bookmark`, `trail` or `rejected`.
    pub kind: &'static str,
    /// Its name at its source.
    pub name: String,
    /// Its media type.
    pub content_type: Option<String>,
    /// Everything the source said of it, as JSON.
    pub metadata: String,
    /// Its bytes, where the source has said how many.
    pub length: Option<u64>,
}

/// The attempts that go on in this process, and the digests of uploads that pause.
#[derive(Default)]
pub struct Attempts {
    gate: Mutex<Gate>,
    digests: Mutex<HashMap<String, (u64, Context)>>,
}

/// Lets the newest request for an upload in, and no older one behind it: bytes of a connection that was given up may
/// still be on their way when the client has asked where to go on.
#[derive(Default)]
struct Gate {
    tickets: u64,
    newest: HashMap<String, u64>,
    running: HashMap<String, attempt::Running>,
}

/// How many uploads' newest requests are remembered.
const TICKETS: usize = 65_536;

impl Gate {
    /// A request for an upload has arrived; answers its ticket, and the attempt that it takes over from.
    fn arrive(&mut self, upload: &str) -> (u64, Option<attempt::Running>) {
        if self.newest.len() >= TICKETS {
            self.newest.retain(|upload, _| self.running.contains_key(upload));
        }
        self.tickets += 1;
        self.newest.insert(upload.to_owned(), self.tickets);
        (self.tickets, self.running.get(upload).cloned())
    }

    /// Lets an attempt begin, unless a newer request has arrived since.
    fn enter(&mut self, upload: &str, ticket: u64, running: attempt::Running) -> Result<(), ProgramError> {
        if self.newest.get(upload).is_some_and(|newest| *newest > ticket) {
            return Err(ProgramError::TakenOver);
        }
        self.running.insert(upload.to_owned(), running);
        Ok(())
    }

    /// An attempt has ended.
    fn leave(&mut self, upload: &str, attempt: i64) {
        if self.running.get(upload).is_some_and(|running| running.attempt == attempt) {
            self.running.remove(upload);
        }
    }
}

/// How many running digests are kept; an upload whose digest was let go is read again when it goes on.
const DIGESTS: usize = 1_024;

impl Attempts {
    fn gate(&self) -> std::sync::MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_digest(&self, upload: &str, place: u64, digest: Context) {
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if digests.len() >= DIGESTS {
            digests.clear();
        }
        digests.insert(upload.to_owned(), (place, digest));
    }

    fn take_digest(&self, upload: &str, place: u64) -> Option<Context> {
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, digest) = digests.remove(upload)?;
        (at == place).then_some(digest)
    }
}

impl Program {
    /// Registers a clip, and its recording where that is new, and opens an upload for its bytes.
    ///
    /// # Errors
    /// Where it is too large, or where the database or the key folder cannot keep it.
    pub async fn begin_upload(
        &self,
        who: &Principal,
        recording: NewRecording,
        clip: NewClip,
        upload_metadata: &str,
    ) -> Result<Upload, ProgramError> {
        if clip.length.is_some_and(|length| length > LARGEST) {
            return Err(ProgramError::Refused(format!(
                "A clip has at most {LARGEST} bytes; this one has more. Split it at the camera."
            )));
        }
        keepable_names(&recording, &clip)?;
        self.may_write()?;
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        // Not before: a rotation of keys between wrapping and committing would leave this one behind.
        clips::hold_keys(&self.store, &mut tx).await?;
        let (clip_id, _, wrapped) = self.new_key(now)?;
        let recording = self.register_recording(&mut tx, who, recording).await?;
        let clip = Clip {
            id: clip_id.to_string(),
            recording_id: recording.id,
            kind: clip.kind.to_owned(),
            name: clip.name,
            content_type: clip.content_type,
            state: "receiving".to_owned(),
            size: clip.length,
            sha256: None,
            entry_id: None,
            same_as: None,
            key: wrapped,
            metadata: clip.metadata,
            created_at: now,
            sealed_at: None,
        };
        clips::register(&mut tx, &clip).await?;
        let upload = Upload {
            id: crate::access::hex(&self.world.random::<16>()),
            clip_id: clip.id,
            principal: who.id.clone(),
            length: clip.size,
            place: 0,
            chunks: 0,
            attempt: 0,
            metadata: upload_metadata.to_owned(),
            state: "open".to_owned(),
            created_at: now,
            expires_at: now + PATIENCE,
        };
        uploads::add(&mut tx, &upload).await?;
        commit(tx).await?;
        Ok(upload)
    }

    /// Registers a recording, or finds the one with the same key of the same principal.
    pub(crate) async fn register_recording(
        &self,
        tx: &mut onrecord_store::Tx,
        who: &Principal,
        new: NewRecording,
    ) -> Result<Recording, ProgramError> {
        let id = self.world.id().to_string();
        let recording = Recording {
            source_key: new.key.unwrap_or_else(|| id.clone()),
            id,
            source: new.source.to_owned(),
            principal: who.id.clone(),
            state: "receiving".to_owned(),
            camera_serial: new.camera_serial,
            officer_id: new.officer_id,
            started_at: new.started_at,
            activated_at: new.activated_at,
            stopped_at: new.stopped_at,
            timezone: new.timezone,
            clock_offset: new.clock_offset,
            transfer_complete: new.transfer_complete,
            metadata: new.metadata,
            created_at: self.world.now(),
            standing: Standing::default(),
        };
        let (recording, is_new) = recordings::register(tx, &recording).await?;
        if is_new {
            let event =
                Event::new(Kind::RecordingRegistered, &recording.id, &who.actor(), "announced by its source")
                    .with([("source", recording.source.as_str().into())]);
            self.record(tx, event).await?;
        }
        Ok(recording)
    }

    /// A new id with its data key, plain and wrapped.
    pub(crate) fn new_key(&self, now: i64) -> Result<(Uuid, DataKey, SealedKey), ProgramError> {
        let id = self.world.id();
        let mut fill = self.world.filler();
        let key = self.keys.new_data_key(&mut fill);
        let wrapped = self.keys.wrap(&World::period(now), *id.as_bytes(), &key)?;
        let wrapped = SealedKey { period: wrapped.period, version: wrapped.version, wrapped: wrapped.bytes };
        Ok((id, key, wrapped))
    }

    /// The data key of a clip or derivative.
    pub(crate) fn open_key(&self, id: &str, key: &SealedKey) -> Result<([u8; 16], DataKey), ProgramError> {
        let id = id_bytes(id)?;
        let wrapped =
            WrappedKey { period: key.period.clone(), version: key.version, bytes: key.wrapped.clone() };
        Ok((id, self.keys.unwrap(id, &wrapped)?))
    }

    /// An upload of this principal, as it stands. An attempt that still runs on this node is stopped first, and bytes of
    /// older requests that come later change nothing: the answer is what the next attempt begins with.
    ///
    /// # Errors
    /// Where there is none, or it is somebody else's, or where the database cannot be asked.
    pub async fn upload(&self, who: &Principal, id: &str) -> Result<Upload, ProgramError> {
        self.arrive(who, id).await.map(|(upload, _)| upload)
    }

    /// A request has arrived: stops the attempt before it. Answers the upload, and the request's ticket.
    async fn arrive(&self, who: &Principal, id: &str) -> Result<(Upload, u64), ProgramError> {
        // Whose it is comes first: nobody may stop somebody else's.
        self.find_upload(who, id).await?;
        let (ticket, running) = self.live.attempts.gate().arrive(id);
        if let Some(running) = running {
            // An attempt that waits for its disk is not waited for longer than this: the fence keeps it out.
            let _ = tokio::time::timeout(Duration::from_secs(20), running.stop()).await;
        }
        Ok((self.find_upload(who, id).await?, ticket))
    }

    /// An upload of this principal, as it stands, without disturbing an attempt that runs.
    ///
    /// # Errors
    /// Where there is none, or it is somebody else's, or where the database cannot be asked.
    pub async fn known_upload(&self, who: &Principal, id: &str) -> Result<Upload, ProgramError> {
        self.find_upload(who, id).await
    }

    /// Notes how many bytes an upload will have, where its client had not said so yet.
    ///
    /// # Errors
    /// Where another length was said before, where more bytes are here already, or where the database cannot.
    pub async fn set_upload_length(
        &self,
        who: &Principal,
        id: &str,
        length: u64,
    ) -> Result<(), ProgramError> {
        self.may_write()?;
        let upload = self.upload(who, id).await?;
        match upload.length {
            Some(known) if known == length => return Ok(()),
            Some(known) => {
                return Err(ProgramError::Refused(format!(
                    "This upload was announced with {known} bytes; that cannot be changed to {length}."
                )));
            }
            None if length < upload.place => {
                return Err(ProgramError::Refused(format!(
                    "{} bytes of this upload are here already; it cannot have only {length}.",
                    upload.place
                )));
            }
            None => {}
        }
        let mut tx = self.store.begin().await?;
        uploads::set_length(&mut tx, id, length).await?;
        commit(tx).await?;
        Ok(())
    }

    async fn find_upload(&self, who: &Principal, id: &str) -> Result<Upload, ProgramError> {
        uploads::get(&self.store, id)
            .await?
            .filter(|upload| upload.principal == who.id)
            .ok_or_else(|| ProgramError::NotFound { what: "upload", id: id.to_owned() })
    }

    /// Throws an upload away, with everything of it that is not sealed.
    ///
    /// # Errors
    /// Where there is none, or it is somebody else's, or where the database cannot.
    pub async fn forget_upload(&self, who: &Principal, id: &str) -> Result<(), ProgramError> {
        self.may_write()?;
        let upload = self.upload(who, id).await?;
        if upload.state != "open" {
            return Err(ProgramError::Conflict(
                "This upload is complete and its clip sealed: evidence goes by disposition only.".to_owned(),
            ));
        }
        self.discard(&upload).await
    }

    /// Throws away uploads whose time has run out; answers how many.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn forget_expired(&self) -> Result<usize, ProgramError> {
        if self.may_write().is_err() {
            return Ok(0);
        }
        let expired = uploads::expired(&self.store, self.world.now()).await?;
        for upload in &expired {
            self.discard(upload).await?;
        }
        Ok(expired.len())
    }

    async fn discard(&self, upload: &Upload) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        // The fence goes up first, so that an attempt on another node cannot add to what is thrown away.
        uploads::attempt(&mut tx, &upload.id, upload.expires_at).await?;
        uploads::forget(&mut tx, &upload.id).await?;
        let objects = clips::forget(&mut tx, &upload.clip_id).await?;
        commit(tx).await?;
        self.delete_objects(objects).await;
        Ok(())
    }

    /// Deletes objects that no row names any more. One that stays behind is an orphan, which the scrub removes.
    pub(crate) async fn delete_objects(&self, names: Vec<String>) {
        let shelf = self.shelf.clone();
        let deleting = tokio::task::spawn_blocking(move || {
            for name in names {
                if let Err(error) = shelf.delete(&name) {
                    tracing::warn!(%error, "an object that is no longer needed could not be deleted");
                }
            }
        });
        let _ = deleting.await;
    }
}

/// Refuses a recording or clip whose names no database would keep.
fn keepable_names(recording: &NewRecording, clip: &NewClip) -> Result<(), ProgramError> {
    keepable("The name of the clip", &clip.name, NAME)?;
    for (what, text) in [
        ("The type of the clip", &clip.content_type),
        ("The serial number of the camera", &recording.camera_serial),
        ("The id of the officer", &recording.officer_id),
        ("The zone of the recording", &recording.timezone),
    ] {
        keepable(what, text.as_deref().unwrap_or_default(), WORD)?;
    }
    Ok(())
}

/// The bytes of an id.
pub(crate) fn id_bytes(id: &str) -> Result<[u8; 16], ProgramError> {
    Uuid::parse_str(id)
        .map(Uuid::into_bytes)
        .map_err(|_| ProgramError::NotFound { what: "clip", id: id.chars().take(80).collect() })
}
