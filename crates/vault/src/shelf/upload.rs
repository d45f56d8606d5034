//! An object on its way to the shelf: pieces go straight to the file, or are kept until the object store gets them.

use std::thread;

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::bucket::Bucket;
use super::error::ShelfError;
use super::folder::NewFile;

/// An object that is being written. Dropped before it has landed, it leaves nothing.
pub(crate) enum Upload {
    /// A file without its name.
    File(NewFile),
    /// Pieces in memory.
    Object(Parts),
}

/// The pieces of an object for a bucket.
pub(crate) struct Parts {
    bucket: Bucket,
    name: String,
    parts: Vec<Bytes>,
}

impl Upload {
    pub fn object(bucket: Bucket, name: &str) -> Self {
        Self::Object(Parts { bucket, name: name.to_owned(), parts: Vec::new() })
    }

    /// Takes the bytes of a buffer, which is empty afterwards and has as much room as before.
    pub fn write(&mut self, buffer: &mut Vec<u8>) -> Result<(), ShelfError> {
        match self {
            Self::File(file) => {
                file.write(buffer)?;
                buffer.clear();
            }
            Self::Object(object) => {
                let empty = Vec::with_capacity(buffer.capacity());
                object.parts.push(Bytes::from(std::mem::replace(buffer, empty)));
            }
        }
        Ok(())
    }

    /// Makes the object durable in the background.
    pub fn land_later(self) -> Landing {
        match self {
            Self::File(file) => {
                let worker = thread::Builder::new().name("vault fsync".to_owned());
                match worker.spawn(move || file.publish()) {
                    Ok(thread) => Landing::Thread(thread),
                    Err(error) => {
                        Landing::Done(Err(ShelfError::failed("a segment", "start a thread for", error)))
                    }
                }
            }
            Self::Object(Parts { bucket, name, parts }) => {
                let task = bucket.put_later(name.clone(), parts);
                Landing::Task { bucket, name, task }
            }
        }
    }

    /// Makes the object durable; a file on this very thread, as nothing is left to do meanwhile.
    pub fn land(self) -> Landing {
        match self {
            Self::File(file) => Landing::Done(file.publish()),
            object @ Self::Object(_) => object.land_later(),
        }
    }
}

/// An object that is becoming durable.
pub(crate) enum Landing {
    /// It is decided.
    Done(Result<(), ShelfError>),
    /// A thread is at it.
    Thread(thread::JoinHandle<Result<(), ShelfError>>),
    /// A task of the runtime is at it.
    Task {
        /// Whose runtime.
        bucket: Bucket,
        /// The object.
        name: String,
        /// The task.
        task: JoinHandle<Result<(), ShelfError>>,
    },
}

impl Landing {
    /// Whether waiting would return at once.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Done(_) => true,
            Self::Thread(thread) => thread.is_finished(),
            Self::Task { task, .. } => task.is_finished(),
        }
    }

    /// Waits until the object is durable.
    pub fn wait(self) -> Result<(), ShelfError> {
        match self {
            Self::Done(result) => result,
            Self::Thread(thread) => thread.join().unwrap_or_else(|_| {
                Err(ShelfError::failed("a segment", "make durable", "the thread ended before its work did"))
            }),
            Self::Task { bucket, name, task } => bucket.wait(task, &name),
        }
    }
}
