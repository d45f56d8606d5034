//! Work that follows from other work: one kind a line, put down in the same transaction as its cause, done by whichever
//! node comes first.

use std::sync::Arc;
use std::time::Duration;

use onrecord_store::commit;
use onrecord_store::jobs::{self, Job};

use crate::{Program, ProgramError};

/// Look into a sealed clip with the media tools. Subject: the clip.
pub const READ_MEDIA: &str = "media.read";
/// Copy a sealed clip's segments into the second store. Subject: the clip.
pub const COPY: &str = "vault.copy";
/// Bring the outcomes of the audit up to date. Subject: `all`.
pub const UPDATE_OUTCOMES: &str = "outcomes.update";
/// Bring the search up to date. Subject: `all`.
pub const INDEX: &str = "search.index";

/// Mail somebody what they were told. Subject: the person.
pub const MAIL: &str = "mail.send";
/// Count figures of the audit. Subject: the result.
pub const FIGURES: &str = "audit.figures";
/// Try a policy on history. Subject: the result.
pub const COMPARE: &str = "policy.compare";

/// How long a claim lasts before another node may take the job: half a minute, in microseconds. A node that is alive
/// renews it three times as often.
const CLAIM: i64 = 30_000_000;
const RENEW: Duration = Duration::from_secs(10);

impl Program {
    /// Does the next job that is due; answers whether there was one.
    ///
    /// # Errors
    /// Where the database cannot be asked; a job that fails is noted and tried again, which is no error here.
    pub async fn run_job(self: &Arc<Self>) -> Result<bool, ProgramError> {
        if self.may_write().is_err() {
            return Ok(false);
        }
        let now = self.world.now();
        let Some(job) = jobs::claim(&self.store, now, now + CLAIM).await? else { return Ok(false) };
        let outcome = tokio::select! {
            outcome = self.do_job(&job) => outcome,
            lost = self.hold_job(&job) => lost,
        };
        self.settle_job(&job, outcome).await?;
        Ok(true)
    }

    async fn do_job(self: &Arc<Self>, job: &Job) -> Result<(), ProgramError> {
        match job.kind.as_str() {
            READ_MEDIA => self.read_media(&job.subject).await,
            COPY => self.copy_to_mirror(&job.subject).await,
            UPDATE_OUTCOMES => self.update_outcomes().await,
            INDEX => self.index().await,
            MAIL => self.mail_person(&job.subject).await,
            FIGURES => self.keep_figures(&job.subject).await,
            COMPARE => self.compare_policies(&job.subject).await,
            other => Err(ProgramError::Fault(format!("No version of this program knows the job {other}."))),
        }
    }

    /// Renews the claim for ever; answers only where that fails.
    async fn hold_job(&self, job: &Job) -> Result<(), ProgramError> {
        loop {
            tokio::time::sleep(RENEW).await;
            let mut tx = self.store.begin().await?;
            jobs::renew(&mut tx, job, self.world.now() + CLAIM).await?;
            commit(tx).await?;
        }
    }

    async fn settle_job(&self, job: &Job, outcome: Result<(), ProgramError>) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        match outcome {
            Ok(()) => jobs::done(&mut tx, job, self.world.now()).await?,
            Err(error) => {
                tracing::warn!(job = job.kind, subject = job.subject, attempt = job.attempt, %error, "a job failed");
                // 2, 4, 8 … seconds, at most half an hour.
                let wait = (1_i64 << job.attempt.clamp(1, 11)).min(1_800) * 1_000_000;
                jobs::failed(&mut tx, job, &error.to_string(), self.world.now() + wait).await?;
            }
        }
        commit(tx).await?;
        Ok(())
    }
}
