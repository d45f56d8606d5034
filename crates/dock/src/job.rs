//! One file on its way: from the camera to the server, into the ledger, and back as a proof. The order of these steps is
//! what makes a file safe, so they stand here one below the other.

use std::io;
use std::sync::Arc;

use onrecord_client::{ClientError, Digest, Receipt, Source, UploadUrl, Uploaded, Verdict, check};

use crate::agent::{Agent, blocking};
use crate::error::Trouble;
use crate::event::{Event, Name};
use crate::fact;
use crate::folder::{Found, Shape, forget_cached};
use crate::journal::{FileKey, Safe};
use crate::mark;
use crate::profile::Delete;

/// How much of a file its key takes in, in bytes.
const HEAD: u64 = 1 << 20;

fn camera(action: &'static str) -> impl FnOnce(io::Error) -> Trouble {
    move |source| Trouble::Camera { action, source }
}

/// Brings a file and makes it safe; or finds that it is.
pub(crate) async fn bring(agent: Arc<Agent>, found: Found) -> Result<(), Trouble> {
    let ledger_key = agent.ledger_key().await?;
    let file = Arc::new(Bringing { name: Name::from(&found.place), found, agent, ledger_key });
    let (source, key) = file.clone().on_thread(Bringing::open).await?;
    let known = file.agent.journal().safe(&key, &file.ledger_key);
    if let Some(safe) = known {
        if file.is_tidy() {
            return Ok(());
        }
        if file.is_still(&key, &safe).await? {
            return file.tidy(key, safe).await;
        }
    }
    file.clone()
        .on_thread(|file| {
            file.unmark();
            Ok(())
        })
        .await?;
    let uploaded = file.upload(&source, &key).await?;
    let receipt = file.agent.client.receipt(&uploaded.clip_id).await?;
    let safe = file.verify(&key, receipt).await?;
    file.agent.journal().make_safe(file.agent.now(), &key, &file.path(), &safe)?;
    file.agent.say(Event::Safe {
        file: file.name.clone(),
        clip_id: safe.receipt.clip_id.clone(),
        sha256: safe.sha256.clone(),
    });
    file.tidy(key, safe).await
}

struct Bringing {
    agent: Arc<Agent>,
    found: Found,
    name: Name,
    ledger_key: String,
}

impl Bringing {
    /// Runs something that reads the camera, which may hang, on a thread for such things.
    async fn on_thread<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        blocking(move || work(&self)).await?
    }

    fn path(&self) -> String {
        self.found.place.text()
    }

    /// Opens the file as the look found it, and says which it is.
    fn open(&self) -> Result<(Source, FileKey), Trouble> {
        let folder = &self.agent.folder;
        let source = self.open_unchanged()?;
        let head = source.digest_up_to(HEAD).map_err(camera("read it"))?;
        let shape = self.found.shape;
        let camera = fact::camera(folder, &self.found.place, &self.agent.profile);
        let below = self.found.place.below_camera();
        let key = FileKey::new(&camera, &below, shape.size, shape.modified, &head.sha256);
        Ok((source, key))
    }

    fn open_unchanged(&self) -> Result<Source, Trouble> {
        let file = self.agent.folder.open_file(&self.found.place).map_err(camera("open it"))?;
        let source = Source::new(file).map_err(camera("open it"))?;
        self.unchanged(&source)?;
        Ok(source)
    }

    fn unchanged(&self, source: &Source) -> Result<(), Trouble> {
        let shape = Shape::of(source.file()).map_err(camera("look at it"))?;
        if shape == self.found.shape { Ok(()) } else { Err(Trouble::Changed) }
    }

    /// Brings its bytes, going on with an upload that was begun before.
    async fn upload(self: &Arc<Self>, source: &Source, key: &FileKey) -> Result<Uploaded, Trouble> {
        let begun = self.agent.journal().begun(key);
        if let Some(url) = begun {
            match self.resume(source, &url, true).await {
                Err(Trouble::Client(
                    error @ (ClientError::Gone { .. }
                    | ClientError::Foreign { .. }
                    | ClientError::OtherFile { .. }),
                )) => self.drop_upload(key, &error.to_string())?,
                ended => return ended,
            }
        }
        let offset = self.agent.cameras().offset(self.found.place.camera());
        let metadata = self.clone().on_thread(move |file| {
            let agent = &file.agent;
            Ok(fact::metadata(&agent.folder, &file.found, &agent.profile, agent.timezone.as_deref(), offset))
        });
        let url = self.agent.client.begin(source.size(), &metadata.await?).await?;
        // Before the first byte: what is not written down would be brought twice after a restart.
        self.agent.journal().begin(self.agent.now(), key, &self.path(), &url)?;
        self.resume(source, &url, false).await
    }

    async fn resume(&self, source: &Source, url: &UploadUrl, resumed: bool) -> Result<Uploaded, Trouble> {
        let size = source.size();
        self.agent.say(Event::Bringing { file: self.name.clone(), size, resumed });
        let progress = |durable| self.agent.say(Event::Progress { file: self.name.clone(), durable, size });
        Ok(self.agent.client.resume(source, url, &progress).await?)
    }

    fn drop_upload(&self, key: &FileKey, why: &str) -> Result<(), Trouble> {
        Ok(self.agent.journal().forget(self.agent.now(), key, &self.path(), why)?)
    }

    /// Reads the file again, all of it, from the camera.
    async fn read_again(self: &Arc<Self>) -> Result<Digest, Trouble> {
        self.clone()
            .on_thread(|file| {
                let source = file.open_unchanged()?;
                forget_cached(source.file());
                let digest = source.digest().map_err(camera("read it again"))?;
                file.unchanged(&source)?;
                Ok(digest)
            })
            .await
    }

    /// Shows that the server holds these bytes and that its ledger says so.
    async fn verify(self: &Arc<Self>, key: &FileKey, receipt: Receipt) -> Result<Safe, Trouble> {
        let digest = self.read_again().await?;
        if receipt.sha256 != digest.hex() || receipt.size != digest.size {
            let trouble = Trouble::OtherBytes {
                receipt: Name::of(&receipt.sha256).to_string(),
                receipt_size: receipt.size,
                file: digest.hex(),
                size: digest.size,
            };
            self.drop_upload(key, &trouble.to_string())?;
            return Err(trouble);
        }
        match check(&digest, &receipt, Some(&self.ledger_key)) {
            Verdict::True { .. } => {
                Ok(Safe { sha256: digest.hex(), ledger_key: self.ledger_key.clone(), receipt })
            }
            Verdict::False(why) | Verdict::CannotSay(why) => {
                Err(Trouble::Unproven(Name::of(&why).to_string()))
            }
        }
    }

    /// Takes a marker away: whoever laid it, we have not shown that it is true. Where the camera cannot be written to,
    /// the file is brought all the same.
    fn unmark(&self) {
        if !self.found.marked {
            return;
        }
        if let Err(error) = mark::clear(&self.agent.folder, &self.found) {
            self.agent.say(Event::NotUnmarked { file: self.name.clone(), why: error.to_string() });
        }
    }

    /// Whether nothing is left to do on the camera with a file that is safe.
    fn is_tidy(&self) -> bool {
        let is_marked = self.found.marked || !self.agent.profile.lays_markers();
        is_marked && self.agent.profile.delete() == Delete::Never
    }

    /// Whether a file that was safe before a restart still has the bytes that were.
    async fn is_still(self: &Arc<Self>, key: &FileKey, safe: &Safe) -> Result<bool, Trouble> {
        if self.read_again().await?.hex() == safe.sha256 {
            return Ok(true);
        }
        self.drop_upload(key, "the file on the camera has other bytes than the one that was safe")?;
        Ok(false)
    }

    /// Does on the camera what the profile says of safe files. What cannot be done there does not make them less safe.
    async fn tidy(self: Arc<Self>, key: FileKey, safe: Safe) -> Result<(), Trouble> {
        let file = Arc::clone(&self);
        let done = self
            .on_thread(move |file| {
                if file.agent.profile.delete() == Delete::AfterVerified {
                    mark::delete(&file.agent.folder, &file.found).map_err(camera("delete it"))?;
                    file.agent.say(Event::Deleted { file: file.name.clone() });
                    let journal =
                        file.agent.journal().deleted(file.agent.now(), &key, &file.path(), &safe.sha256);
                    return Ok(journal?);
                }
                if file.agent.profile.lays_markers() {
                    mark::lay(&file.agent.folder, &file.found, &safe).map_err(camera("mark it"))?;
                    file.agent.say(Event::Marked { file: file.name.clone() });
                }
                Ok(())
            })
            .await;
        if let Err(trouble) = done {
            file.agent.say(Event::NotTidied { file: file.name.clone(), why: trouble.to_string() });
        }
        Ok(())
    }
}
