//! Receipts: fetched until they hold a proof, and checked against the bytes of the file.

use std::io;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use onrecord_ledger::{Receipt, Verdict};
use reqwest::Method;
use tokio::time::Instant;

use crate::answer::{Failure, accepted, is_id};
use crate::patience::Tries;
use crate::source::Digest;
use crate::{Client, ClientError, Source};

const FETCH: &str = "fetch a receipt";
/// The first wait for a proof: the ledger gives entries their places within a second.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

impl Client {
    /// The receipt of a clip, once it holds a place in the ledger, a proof and a checkpoint. It is not checked here.
    ///
    /// # Errors
    /// See [`ClientError`]; `NotSequenced` where the proof takes too long.
    pub async fn receipt(&self, clip_id: &str) -> Result<Receipt, ClientError> {
        if !is_id(clip_id) {
            let detail = "this is not the id of a clip".to_owned();
            return Err(ClientError::Refused { doing: FETCH, status: 404, detail });
        }
        let path = format!("api/v1/clips/{clip_id}/receipt");
        let until = Instant::now() + self.options.receipt;
        let mut wait = FIRST_WAIT;
        loop {
            let text = self.fetch(FETCH, &path).await?;
            let receipt: Receipt = serde_json::from_str(&text)
                .map_err(|error| ClientError::Nonsense { doing: FETCH, why: error.to_string() })?;
            if receipt.index.is_some() && receipt.proof.is_some() && receipt.checkpoint.is_some() {
                return Ok(receipt);
            }
            if Instant::now() + wait > until {
                let seconds = self.options.receipt.as_secs();
                return Err(ClientError::NotSequenced { clip_id: clip_id.to_owned(), seconds });
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// The text at an address under that of the server.
    pub(crate) async fn fetch(&self, doing: &'static str, path: &str) -> Result<String, ClientError> {
        let url = self.at(path)?;
        let mut tries = Tries::new(&self.options, doing, path);
        loop {
            let request = self.request(Method::GET, url.clone());
            let text = match self.send(request, &AtomicU64::new(0)).await {
                Ok(answer) => match accepted(doing, answer).await {
                    Ok(answer) => self.text(answer).await,
                    // Not an upload that is gone: a page that is not there.
                    Err(Failure::Final(ClientError::Gone { detail })) => {
                        Err(Failure::Final(ClientError::Refused { doing, status: 404, detail }))
                    }
                    Err(failure) => Err(failure),
                },
                Err(failure) => Err(failure),
            };
            match text {
                Ok(text) => return Ok(text),
                Err(failure) => tries.wait(failure).await?,
            }
        }
    }
}

/// Checks what a file's bytes are against a receipt, with the ledger's verifier key where there is one. Pure.
pub fn check(file: &Digest, receipt: &Receipt, vkey: Option<&str>) -> Verdict {
    match serde_json::to_string(receipt) {
        Ok(json) => onrecord_ledger::verify(&file.sha256, file.size, &json, vkey),
        Err(error) => Verdict::CannotSay(format!("The receipt cannot be written as JSON: {error}.")),
    }
}

/// Reads a file and checks it against a receipt. Blocks while it reads.
///
/// # Errors
/// The file cannot be read.
pub fn verify(source: &Source, receipt: &Receipt, vkey: Option<&str>) -> io::Result<Verdict> {
    Ok(check(&source.digest()?, receipt, vkey))
}
