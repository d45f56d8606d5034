//! One request's worth of bytes: from the socket, through hash and cipher, to the disk and the database.

use std::ops::ControlFlow;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use onrecord_store::clips::{self, Clip, SegmentRow};
use onrecord_store::commit;
use onrecord_store::uploads::{self, Upload};
use onrecord_vault::{ClipWriter, Place, Segment, read_begun};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::seal::Sealed;
use super::{Check, PATIENCE};
use crate::{Principal, Program, ProgramError};

/// How many pieces from the socket may wait for the thread that writes; each has at most 128 KiB.
const WAITING: usize = 16;

enum Message {
    Bytes(Bytes),
    /// The request's bytes end here; the clip goes on.
    Pause,
    /// The request's bytes end here, and so does the clip.
    Finish,
    /// Nothing of what has not been committed yet shall count.
    Abandon,
}

/// What came of an attempt.
struct Outcome {
    place: u64,
    sealed: Option<Sealed>,
}

/// An attempt that brings bytes. Dropped without an end (because its connection broke), it keeps what has arrived.
pub struct Attempt {
    /// The upload as it stood at the beginning.
    pub upload: Upload,
    messages: mpsc::Sender<Message>,
    worker: JoinHandle<Result<Outcome, ProgramError>>,
}

/// How others reach an attempt that runs.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) attempt: i64,
    messages: mpsc::WeakSender<Message>,
    ended: watch::Receiver<()>,
}

impl Running {
    /// Stops it and waits for its end.
    pub async fn stop(mut self) {
        if let Some(messages) = self.messages.upgrade() {
            let _ = messages.send(Message::Pause).await;
        }
        // The sender is dropped, never used: an error is the end.
        while self.ended.changed().await.is_ok() {}
    }
}

impl Program {
    /// Begins an attempt at an upload, which must stand at `at` where that is given. An older attempt is over with this.
    ///
    /// # Errors
    /// Where the upload is not there, is finished, or stands elsewhere; or where the database cannot.
    pub async fn attempt(
        self: &Arc<Self>,
        who: &Principal,
        id: &str,
        at: Option<u64>,
        check: Check,
    ) -> Result<Attempt, ProgramError> {
        self.may_write()?;
        let (known, ticket) = self.arrive(who, id).await?;
        stands_at(&known, at)?;
        let mut tx = self.store.begin().await?;
        let upload = uploads::attempt(&mut tx, id, self.world.now() + PATIENCE)
            .await?
            .ok_or_else(|| ProgramError::NotFound { what: "upload", id: id.to_owned() })?;
        // Between looking and fencing, another node may have brought it further.
        stands_at(&upload, at)?;
        commit(tx).await?;
        let clip = clips::get(&self.store, &upload.clip_id)
            .await?
            .ok_or_else(|| ProgramError::NotFound { what: "clip", id: upload.clip_id.clone() })?;
        let before =
            if upload.place == 0 { Vec::new() } else { clips::segments(&self.store, &clip.id).await? };
        self.start(who, ticket, upload, clip, before, check)
    }

    fn start(
        self: &Arc<Self>,
        who: &Principal,
        ticket: u64,
        upload: Upload,
        clip: Clip,
        before: Vec<SegmentRow>,
        check: Check,
    ) -> Result<Attempt, ProgramError> {
        let seat = self.live.seats.of_an_upload(who)?;
        let (messages, inbox) = mpsc::channel(WAITING);
        let (ending, ended) = watch::channel(());
        let running = Running { attempt: upload.attempt, messages: messages.downgrade(), ended };
        self.live.attempts.gate().enter(&upload.id, ticket, running)?;
        let worker = Worker {
            program: Arc::clone(self),
            runtime: Handle::current(),
            who: who.clone(),
            upload: upload.clone(),
            clip,
            check,
            held: Vec::new(),
            place: Place { bytes: upload.place, chunks: upload.chunks },
        };
        let worker = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            let outcome = worker.run(inbox, &before);
            drop(ending);
            outcome
        });
        Ok(Attempt { upload, messages, worker })
    }
}

/// Refuses an attempt that would not go on where the upload stands.
fn stands_at(upload: &Upload, at: Option<u64>) -> Result<(), ProgramError> {
    match at {
        Some(at) if at != upload.place => Err(ProgramError::Conflict(format!(
            "This upload stands at byte {}, not at {at}: ask for its offset and go on from there.",
            upload.place
        ))),
        _ if upload.state != "open" => {
            Err(ProgramError::Conflict("This upload is complete; there is nothing to add.".to_owned()))
        }
        _ => Ok(()),
    }
}

impl Attempt {
    /// Hands over bytes; waits where the disk is slower than the socket.
    ///
    /// # Errors
    /// Where the attempt has ended: [`Attempt::pause`] tells why.
    pub async fn send(&mut self, bytes: Bytes) -> Result<(), ProgramError> {
        self.messages.send(Message::Bytes(bytes)).await.map_err(|_| ProgramError::TakenOver)
    }

    /// The request ends, the clip does not; answers how far the upload has come.
    ///
    /// # Errors
    /// Where bytes could not be kept or do not match their checksum.
    pub async fn pause(self) -> Result<u64, ProgramError> {
        self.end(Message::Pause).await.map(|outcome| outcome.place)
    }

    /// The clip is complete: seals it.
    ///
    /// # Errors
    /// Where bytes could not be kept or do not match their checksum.
    pub async fn finish(self) -> Result<Sealed, ProgramError> {
        self.end(Message::Finish).await?.sealed.ok_or(ProgramError::TakenOver)
    }

    /// Throws away what has not been committed.
    ///
    /// # Errors
    /// Where the thread that writes has failed.
    pub async fn abandon(self) -> Result<(), ProgramError> {
        self.end(Message::Abandon).await.map(drop)
    }

    async fn end(self, message: Message) -> Result<Outcome, ProgramError> {
        // Where nobody listens any more, the outcome is there already.
        let _ = self.messages.send(message).await;
        drop(self.messages);
        self.worker
            .await
            .unwrap_or_else(|error| Err(ProgramError::Fault(format!("The writer stopped: {error}."))))
    }
}

/// What runs on the thread.
struct Worker {
    program: Arc<Program>,
    runtime: Handle,
    who: Principal,
    upload: Upload,
    clip: Clip,
    check: Check,
    /// Segments that are durable and may not count yet.
    held: Vec<Segment>,
    /// How far the bytes that have come reach.
    place: Place,
}

impl Worker {
    fn run(
        mut self,
        mut inbox: mpsc::Receiver<Message>,
        before: &[SegmentRow],
    ) -> Result<Outcome, ProgramError> {
        let program = Arc::clone(&self.program);
        let (id, attempt) = (self.upload.id.clone(), self.upload.attempt);
        let outcome = self.take_in(&mut inbox, before);
        if outcome.is_err() {
            self.delete_held();
        }
        program.live.attempts.gate().leave(&id, attempt);
        outcome
    }

    fn take_in(
        &mut self,
        inbox: &mut mpsc::Receiver<Message>,
        before: &[SegmentRow],
    ) -> Result<Outcome, ProgramError> {
        let (clip, key) = self.program.open_key(&self.clip.id, &self.clip.key)?;
        let mut digest = self.digest_so_far(clip, &key, before)?;
        let fill = self.program.world.filler();
        let mut writer = ClipWriter::new(Arc::clone(&self.program.shelf), clip, key, self.place, fill);
        let end = loop {
            match inbox.blocking_recv() {
                Some(Message::Bytes(bytes)) => {
                    self.accept(&bytes)?;
                    digest.update(&bytes);
                    self.check.update(&bytes);
                    writer.push(&bytes)?;
                    self.held.extend(writer.take_durable());
                    if self.check.counts_at_once() {
                        self.commit_held()?;
                    }
                }
                // A connection that broke: what has come so far counts, unless a checksum was to be compared.
                None if self.check.counts_at_once() => break Message::Pause,
                None => break Message::Abandon,
                Some(end) => break end,
            }
        };
        // A connection may break, or a newer request may come, just when the last byte is here: nothing lacks then.
        let is_whole = self.upload.length == Some(self.place.bytes);
        let end = if is_whole && matches!(end, Message::Pause) { Message::Finish } else { end };
        self.end(&end, writer, digest)
    }

    fn end(&mut self, end: &Message, writer: ClipWriter, digest: Context) -> Result<Outcome, ProgramError> {
        match end {
            Message::Abandon => {
                writer.abandon();
                self.delete_held();
                Ok(Outcome { place: self.upload.place, sealed: None })
            }
            Message::Finish => {
                let md5 = std::mem::replace(&mut self.check, Check::None).settle()?;
                self.held.extend(writer.finish()?);
                let sealed = self.seal(&digest, md5)?;
                Ok(Outcome { place: self.place.bytes, sealed: Some(sealed) })
            }
            Message::Pause | Message::Bytes(_) => {
                std::mem::replace(&mut self.check, Check::None).settle()?;
                self.held.extend(writer.pause()?);
                self.commit_held()?;
                self.program.live.attempts.keep_digest(&self.upload.id, self.place.bytes, digest);
                Ok(Outcome { place: self.place.bytes, sealed: None })
            }
        }
    }

    /// Refuses bytes beyond what was announced, or beyond what may be.
    fn accept(&mut self, bytes: &Bytes) -> Result<(), ProgramError> {
        let place = self.place.bytes + bytes.len() as u64;
        let most = self.upload.length.unwrap_or(super::LARGEST);
        if place > most {
            return Err(ProgramError::Refused(format!(
                "This clip was announced with {most} bytes, and more are coming; nothing of this request was kept \
                 beyond byte {}.",
                self.upload.place
            )));
        }
        self.place.bytes = place;
        Ok(())
    }

    /// The digest of what is kept already: remembered, or read again.
    fn digest_so_far(
        &self,
        clip: [u8; 16],
        key: &onrecord_vault::DataKey,
        before: &[SegmentRow],
    ) -> Result<Context, ProgramError> {
        let place = self.upload.place;
        if place == 0 {
            return Ok(Context::new(&SHA256));
        }
        if let Some(digest) = self.program.live.attempts.take_digest(&self.upload.id, place) {
            return Ok(digest);
        }
        let mut digest = Context::new(&SHA256);
        let segments: Vec<Segment> = before.iter().map(segment_of).collect::<Result<_, _>>()?;
        read_begun(&self.program.shelf, clip, key, &segments, 0..place, |bytes| {
            digest.update(&bytes);
            ControlFlow::Continue(())
        })?;
        Ok(digest)
    }

    /// Commits the segments that are durable: from now on the upload stands behind them.
    fn commit_held(&mut self) -> Result<(), ProgramError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let (program, upload, held) = (&self.program, &self.upload, &self.held);
        let place = end_of(held);
        self.runtime.block_on(async {
            let mut tx = program.store.begin().await?;
            for segment in held {
                clips::add_segment(&mut tx, &upload.clip_id, &row_of(segment)).await?;
            }
            if !uploads::advance(&mut tx, &upload.id, upload.attempt, place.bytes, place.chunks).await? {
                return Err(ProgramError::TakenOver);
            }
            commit(tx).await?;
            Ok(())
        })?;
        self.held.clear();
        self.upload.place = place.bytes;
        Ok(())
    }

    fn seal(&mut self, digest: &Context, md5: Option<[u8; 16]>) -> Result<Sealed, ProgramError> {
        let sha256 = crate::access::hex(digest.clone().finish().as_ref());
        let rows: Vec<SegmentRow> = self.held.iter().map(row_of).collect();
        let sealing =
            self.program.seal(&self.who, &self.upload, &self.clip, &rows, self.place.bytes, sha256, md5);
        let sealed = self.runtime.block_on(sealing)?;
        self.held.clear();
        Ok(sealed)
    }

    fn delete_held(&mut self) {
        for segment in self.held.drain(..) {
            if let Err(error) = self.program.shelf.delete(&segment.name) {
                tracing::warn!(%error, "a segment that does not count could not be deleted; the scrub will");
            }
        }
    }
}

/// Where the last of some segments ends.
fn end_of(segments: &[Segment]) -> Place {
    segments.last().map_or(Place { bytes: 0, chunks: 0 }, |last| Place {
        bytes: last.at + last.bytes,
        chunks: last.first_chunk + last.chunks,
    })
}

/// A segment as the database keeps it.
pub(crate) fn row_of(segment: &Segment) -> SegmentRow {
    SegmentRow {
        id: segment.id.to_vec(),
        at: segment.at,
        bytes: segment.bytes,
        first_chunk: segment.first_chunk,
        chunks: segment.chunks,
        stored: segment.stored,
        name: segment.name.clone(),
        is_final: segment.last_is_final,
    }
}

/// A segment as the vault reads it.
pub(crate) fn segment_of(row: &SegmentRow) -> Result<Segment, ProgramError> {
    let id = <[u8; 16]>::try_from(row.id.as_slice()).map_err(|_| {
        ProgramError::Fault(format!("The database holds a damaged id for the segment {}.", row.name))
    })?;
    Ok(Segment {
        id,
        at: row.at,
        bytes: row.bytes,
        first_chunk: row.first_chunk,
        chunks: row.chunks,
        stored: row.stored,
        name: row.name.clone(),
        last_is_final: row.is_final,
    })
}
