//! Resumable uploads by tus 1.0: creation, then bytes in pieces. After any failure HEAD says how far the server has come,
//! and it goes on from there.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Body, Method, RequestBuilder, Url};
use serde::{Deserialize, Serialize};

use crate::answer::{Failure, accepted, id, number};
use crate::patience::Tries;
use crate::source::Trouble;
use crate::{Client, ClientError, Metadata, Source};

const BEGIN: &str = "begin an upload";
const ASK: &str = "ask how far an upload has come";
const BRING: &str = "bring bytes";

/// Where an upload goes on: to be kept by whoever wants it to survive a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadUrl(String);

impl fmt::Display for UploadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What came of a whole upload: the server has all bytes, durably. Whether they are the right ones only the receipt
/// shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The clip.
    pub clip_id: String,
    /// Its recording, where the server said it; the receipt always does.
    pub recording_id: Option<String>,
}

/// How far an upload has come.
enum Standing {
    At(u64),
    Whole(Uploaded),
}

impl Client {
    /// Brings a file from its first byte to its last. For one that goes on after a restart, see [`Client::begin`] and
    /// [`Client::resume`].
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn upload(
        &self,
        source: &Source,
        metadata: &Metadata,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Uploaded, ClientError> {
        let url = self.begin(source.size(), metadata).await?;
        self.resume(source, &url, progress).await
    }

    /// Begins an upload of `size` bytes; none are sent yet.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn begin(&self, size: u64, metadata: &Metadata) -> Result<UploadUrl, ClientError> {
        let mut tries = Tries::new(&self.options, BEGIN, &metadata.filename);
        loop {
            match self.create(size, metadata).await {
                Ok(url) => return Ok(url),
                Err(failure) => tries.wait(failure).await?,
            }
        }
    }

    async fn create(&self, size: u64, metadata: &Metadata) -> Result<UploadUrl, Failure> {
        let url = self.at("api/v1/uploads").map_err(Failure::Final)?;
        let request = self
            .tus(Method::POST, url)
            .header("upload-length", size)
            .header("upload-metadata", metadata.header())
            .header(CONTENT_LENGTH, 0);
        let answer = accepted(BEGIN, self.send(request, &AtomicU64::new(0)).await?).await;
        let answer = answer.map_err(|failure| match failure {
            // There is no upload yet that could be gone: this server has no such page.
            Failure::Final(ClientError::Gone { detail }) => Failure::nonsense(BEGIN, detail),
            other => other,
        })?;
        let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let Some(location) = location else { return Err(Failure::nonsense(BEGIN, "it names no Location")) };
        match self.ours(location) {
            Some(url) => Ok(UploadUrl(url.into())),
            None => Err(Failure::nonsense(BEGIN, "its Location is on another server")),
        }
    }

    /// Brings the rest of an upload, wherever it stands: also one that another process began, and one that is whole
    /// already. `progress` hears how many bytes are durable.
    ///
    /// # Errors
    /// See [`ClientError`]; after `Gone`, `Foreign` and `OtherFile` a new upload must be begun, after anything else this
    /// one goes on.
    pub async fn resume(
        &self,
        source: &Source,
        url: &UploadUrl,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Uploaded, ClientError> {
        let target = self.ours(&url.0).ok_or_else(|| ClientError::Foreign { url: url.0.clone() })?;
        let mut tries = Tries::new(&self.options, BRING, &url.0);
        let mut reached = 0;
        loop {
            let failure = match self.standing(&target, source.size()).await {
                Ok(Standing::Whole(uploaded)) => return Ok(uploaded),
                Ok(Standing::At(offset)) => {
                    if offset > reached {
                        tries.progress();
                    }
                    reached = offset;
                    progress(offset);
                    match self.pieces(source, &target, &mut reached, progress, &mut tries).await {
                        Ok(uploaded) => return Ok(uploaded),
                        Err(failure) => failure,
                    }
                }
                Err(failure) => failure,
            };
            tries.wait(failure).await?;
        }
    }

    /// Asks how far an upload has come.
    async fn standing(&self, url: &Url, size: u64) -> Result<Standing, Failure> {
        let request = self.tus(Method::HEAD, url.clone());
        let answer = accepted(ASK, self.send(request, &AtomicU64::new(0)).await?).await?;
        let headers = answer.headers();
        if let Some(length) = number(headers, "upload-length").filter(|length| *length != size) {
            let why = format!("it is one of {length} bytes, the file has {size}");
            return Err(Failure::Final(ClientError::OtherFile { why }));
        }
        let Some(offset) = number(headers, "upload-offset") else {
            return Err(Failure::nonsense(ASK, "it does not say Upload-Offset"));
        };
        match uploaded(headers) {
            _ if offset > size => Err(Failure::Final(ClientError::OtherFile {
                why: format!("it has come to byte {offset}, the file has {size}"),
            })),
            Some(uploaded) if offset == size => Ok(Standing::Whole(uploaded)),
            _ => Ok(Standing::At(offset)),
        }
    }

    /// Brings piece after piece until the server says which clip it is.
    async fn pieces(
        &self,
        source: &Source,
        url: &Url,
        at: &mut u64,
        progress: &(dyn Fn(u64) + Send + Sync),
        tries: &mut Tries<'_>,
    ) -> Result<Uploaded, Failure> {
        loop {
            let length = (source.size() - *at).min(self.options.piece.max(1));
            let headers = self.piece(source, url, *at, length).await?;
            let Some(offset) = number(&headers, "upload-offset") else {
                return Err(Failure::nonsense(BRING, "it does not say Upload-Offset"));
            };
            if offset != *at + length {
                return Err(Failure::passing(format!(
                    "the server is at byte {offset} after a piece that ended at {}",
                    *at + length
                )));
            }
            *at = offset;
            tries.progress();
            progress(offset);
            if offset == source.size() {
                return uploaded(&headers)
                    .ok_or_else(|| Failure::passing("the server has all bytes, but does not name the clip"));
            }
        }
    }

    /// Brings one piece. An empty one ends an upload whose bytes are all there, but which was cut off before its end.
    async fn piece(&self, source: &Source, url: &Url, at: u64, length: u64) -> Result<HeaderMap, Failure> {
        let trouble = Arc::new(Trouble::default());
        let moved = Arc::new(AtomicU64::new(0));
        let parts = source.read_ahead(at, length, Arc::clone(&trouble));
        let counter = Arc::clone(&moved);
        let body = stream::unfold((parts, counter), |(mut parts, counter)| async move {
            let part = parts.recv().await?;
            counter.fetch_add(1, Ordering::Relaxed);
            Some((part, (parts, counter)))
        });
        let request = self
            .tus(Method::PATCH, url.clone())
            .header("upload-offset", at)
            .header(CONTENT_TYPE, "application/offset+octet-stream")
            .header(CONTENT_LENGTH, length)
            .body(Body::wrap_stream(body));
        let answer = match self.send(request, &moved).await {
            Ok(answer) => accepted(BRING, answer).await,
            Err(failure) => Err(failure),
        };
        // A file that cannot be read also breaks the request off; the reason is the file.
        match (trouble.error(source.size()), answer) {
            (Some(error), Err(_)) => Err(Failure::Final(error)),
            (_, answer) => Ok(answer?.headers().clone()),
        }
    }

    fn tus(&self, method: Method, url: Url) -> RequestBuilder {
        self.request(method, url).header("tus-resumable", "1.0.0")
    }
}

/// The clip that the server made of a whole upload.
fn uploaded(headers: &HeaderMap) -> Option<Uploaded> {
    let clip_id = id(headers, "onrecord-clip")?;
    Some(Uploaded { clip_id, recording_id: id(headers, "onrecord-recording") })
}
