//! What can go wrong on a shelf.

use std::error::Error;
use std::io;

use object_store::client::HttpError;
use rustix::io::Errno;

/// Why a shelf could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// No room. Nothing that was acknowledged is affected.
    #[error(
        "no room left: {name} cannot be written; make room on the disk or raise the quota, then try again"
    )]
    Full {
        /// The object.
        name: String,
        /// What the system said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The object store does not answer, or says that it cannot just now. Worth another try.
    #[error("the object store does not answer: cannot {doing} {name}; it will be tried again: {source}")]
    Away {
        /// The object.
        name: String,
        /// What was being done, as a verb.
        doing: &'static str,
        /// What the client said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// There is no such object.
    #[error("{name} is not on the shelf")]
    Missing {
        /// The object.
        name: String,
    },
    /// The object ends before the range that was asked for.
    #[error("{name} is cut off: it holds {found} bytes and should hold at least {expected}")]
    Short {
        /// The object.
        name: String,
        /// Bytes it should hold at least.
        expected: u64,
        /// Bytes it holds.
        found: u64,
    },
    /// The disk itself cannot read the bytes back.
    #[error("the disk cannot read {name} back ({source}); replace the disk and repair from the mirror")]
    Unreadable {
        /// The object.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// An object that must never change is there with other bytes.
    #[error("{name} is on the shelf already with other bytes; it must never change and was left as it is")]
    Differs {
        /// The object.
        name: String,
    },
    /// Not a name for an object.
    #[error(
        "“{name}” cannot name an object: parts of letters, digits, '.', '-' and '_', joined by '/', none beginning \
         with a dot, at most 512 characters"
    )]
    Name {
        /// The name, or its beginning.
        name: String,
    },
    /// Anything else.
    #[error("cannot {doing} {name}: {source}")]
    Failed {
        /// The object or the folder.
        name: String,
        /// What was being done, as a verb.
        doing: &'static str,
        /// What the system or the client said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ShelfError {
    pub(crate) fn failed(
        name: impl Into<String>,
        doing: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Failed { name: name.into(), doing, source: source.into() }
    }

    /// What an error of the file system means for an object.
    pub(crate) fn of_file(name: &str, doing: &'static str, error: io::Error) -> Self {
        let name = name.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound if doing != "write" => Self::Missing { name },
            io::ErrorKind::AlreadyExists => Self::Differs { name },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { name, source: error.into() }
            }
            _ if doing == "read" && error.raw_os_error() == Some(Errno::IO.raw_os_error()) => {
                Self::Unreadable { name, source: error }
            }
            _ => Self::failed(name, doing, error),
        }
    }

    /// What an error of the object store means for an object.
    pub(crate) fn of_store(name: &str, doing: &'static str, error: object_store::Error) -> Self {
        let text = error.to_string();
        // MinIO and HTTP 507; Ceph and Garage; each has its own word for "no room".
        if ["StorageFull", "QuotaExceeded", "InsufficientStorage", "code: 507"]
            .iter()
            .any(|w| text.contains(w))
        {
            return Self::Full { name: name.to_owned(), source: error.into() };
        }
        match error {
            object_store::Error::NotFound { .. } if doing != "write" => {
                Self::Missing { name: name.to_owned() }
            }
            object_store::Error::Generic { .. } if may_pass(&error, &text) => {
                Self::Away { name: name.to_owned(), doing, source: error.into() }
            }
            error => Self::failed(name, doing, error),
        }
    }
}

/// Whether another try may succeed: no connection, a connection that broke, a timeout, or an answer that says so.
/// The client's own type for answers is private; its text is all there is to tell 4xx from 5xx.
fn may_pass(error: &object_store::Error, text: &str) -> bool {
    let refused = text.contains("status code: 4");
    let busy = text.contains("status code: 408") || text.contains("status code: 429");
    let answered =
        text.contains("status code: 5") || text.contains("SlowDown") || text.contains("InternalError");
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    let mut on_the_way = false;
    while let Some(error) = source {
        on_the_way |= error.is::<HttpError>();
        source = error.source();
    }
    busy || answered || (on_the_way && !refused)
}
