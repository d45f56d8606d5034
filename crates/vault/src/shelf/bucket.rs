//! A shelf that is a bucket of an object store with an S3 API.

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload,
    RetryConfig,
};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::{Object, ShelfError, check_name, check_name_or_leftover, prefix_folder};

/// How long a request may take, and how long it is repeated before the store counts as away.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Where a bucket is and who asks.
#[derive(Clone)]
pub struct BucketConfig {
    /// Address of the object store; that of AWS for the region where there is none.
    pub endpoint: Option<String>,
    /// Region, as the store names it.
    pub region: String,
    /// Name of the bucket, which must exist.
    pub bucket: String,
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
    /// Whether an endpoint without TLS is allowed. Segments are encrypted either way.
    pub allow_http: bool,
    /// What comes before all names, such as `agency/evidence`; may be empty.
    pub prefix: String,
}

impl fmt::Debug for BucketConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BucketConfig")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// A bucket, and the runtime on which its requests run.
#[derive(Clone)]
pub(crate) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    runtime: Handle,
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.store, self.prefix)
    }
}

/// Bytes of an object, with the size of all of it.
pub(crate) struct Piece {
    pub bytes: Bytes,
    pub size: u64,
}

impl Bucket {
    pub fn open(config: &BucketConfig, runtime: Handle, patience: Duration) -> Result<Self, ShelfError> {
        let prefix = config.prefix.trim_matches('/').to_owned();
        if !prefix.is_empty() {
            check_name(&prefix)?;
        }
        let retry =
            RetryConfig { backoff: BackoffConfig::default(), max_retries: 8, retry_timeout: patience };
        let client = ClientOptions::new().with_allow_http(config.allow_http).with_timeout(PATIENCE);
        // TLS keeps the bytes of a request whole already; without it, the store checks them by their signed digest.
        let is_tls = config.endpoint.as_ref().is_none_or(|endpoint| endpoint.starts_with("https://"));
        let mut builder = AmazonS3Builder::new()
            .with_region(&config.region)
            .with_bucket_name(&config.bucket)
            .with_access_key_id(&config.access_key)
            .with_secret_access_key(&config.secret_key)
            .with_virtual_hosted_style_request(false)
            .with_unsigned_payload(is_tls)
            .with_client_options(client)
            .with_allow_http(config.allow_http)
            .with_retry(retry);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder
            .build()
            .map_err(|error| ShelfError::failed(&config.bucket, "set up the object store for", error))?;
        Ok(Self { store: Arc::new(store), prefix, runtime })
    }

    pub fn in_memory(runtime: Handle) -> Self {
        Self { store: Arc::new(InMemory::new()), prefix: String::new(), runtime }
    }

    pub fn put(&self, name: &str, parts: Vec<Bytes>) -> Result<(), ShelfError> {
        self.runtime.block_on(self.clone().put_now(name.to_owned(), parts))
    }

    /// Writes an object in the background.
    pub fn put_later(&self, name: String, parts: Vec<Bytes>) -> JoinHandle<Result<(), ShelfError>> {
        self.runtime.spawn(self.clone().put_now(name, parts))
    }

    async fn put_now(self, name: String, parts: Vec<Bytes>) -> Result<(), ShelfError> {
        let path = self.path(&name)?;
        let payload: PutPayload = parts.into_iter().collect();
        let written = self.store.put(&path, payload).await;
        written.map(|_| ()).map_err(|error| ShelfError::of_store(&name, "write", error))
    }

    pub fn get(&self, name: &str) -> Result<Bytes, ShelfError> {
        let path = self.path(name)?;
        let failed = |error| ShelfError::of_store(name, "read", error);
        self.runtime.block_on(async { self.store.get(&path).await?.bytes().await }).map_err(failed)
    }

    pub fn get_range(&self, name: &str, range: Range<u64>) -> Result<Bytes, ShelfError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        self.runtime.block_on(self.clone().piece(name.to_owned(), range)).map(|piece| piece.bytes)
    }

    /// Reads a range in the background.
    pub fn piece_later(&self, name: String, range: Range<u64>) -> JoinHandle<Result<Piece, ShelfError>> {
        self.runtime.spawn(self.clone().piece(name, range))
    }

    async fn piece(self, name: String, range: Range<u64>) -> Result<Piece, ShelfError> {
        let path = self.path(&name)?;
        let (expected, length) = (range.end, range.end.saturating_sub(range.start));
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let failed = |error| ShelfError::of_store(&name, "read", error);
        let answer = match self.store.get_opts(&path, options).await {
            Ok(answer) => answer,
            // Each store has its own words for a range behind the end; its size tells.
            Err(error) => match self.store.head(&path).await {
                Ok(object) if object.size < expected => {
                    return Err(ShelfError::Short { name, expected, found: object.size });
                }
                _ => return Err(failed(error)),
            },
        };
        let size = answer.meta.size;
        let bytes = answer.bytes().await.map_err(failed)?;
        if (bytes.len() as u64) < length {
            return Err(ShelfError::Short { name, expected, found: size });
        }
        Ok(Piece { bytes, size })
    }

    pub fn size(&self, name: &str) -> Result<u64, ShelfError> {
        let path = self.path(name)?;
        let object = self.runtime.block_on(self.store.head(&path));
        object.map(|object| object.size).map_err(|error| ShelfError::of_store(name, "find", error))
    }

    pub fn delete(&self, name: &str) -> Result<(), ShelfError> {
        check_name_or_leftover(name)?;
        let path = Path::from(self.full(name));
        match self.runtime.block_on(self.store.delete(&path)) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(ShelfError::of_store(name, "remove", error)),
        }
    }

    pub fn copy(&self, name: &str, second: &str) -> Result<(), ShelfError> {
        let (from, to) = (self.path(name)?, self.path(second)?);
        let copied = self.runtime.block_on(self.store.copy(&from, &to));
        copied.map_err(|error| ShelfError::of_store(name, "copy", error))
    }

    pub fn each(
        &self,
        prefix: &str,
        mut take: impl FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), ShelfError> {
        let folder = prefix_folder(prefix)?.map_or_else(|| self.prefix.clone(), |folder| self.full(folder));
        let ours = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        let mut objects = self.store.list(Some(&Path::from(folder)));
        while let Some(object) = self.runtime.block_on(objects.next()) {
            let object = object.map_err(|error| ShelfError::of_store(prefix, "list", error))?;
            let Some(name) = object.location.as_ref().strip_prefix(&ours) else { continue };
            let modified = object.last_modified.timestamp_micros();
            if take(Object { name: name.to_owned(), size: object.size, modified }).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Waits for what was begun in the background.
    pub fn wait<T>(&self, task: JoinHandle<Result<T, ShelfError>>, name: &str) -> Result<T, ShelfError> {
        self.runtime
            .block_on(task)
            .unwrap_or_else(|error| Err(ShelfError::failed(name, "finish with", error)))
    }

    fn path(&self, name: &str) -> Result<Path, ShelfError> {
        check_name(name).map(|()| Path::from(self.full(name)))
    }

    fn full(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }
}
