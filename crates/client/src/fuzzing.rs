//! What this crate reads of a server's answers, for the fuzzer only.

use reqwest::Response;

use crate::Client;
use crate::answer::{Failure, accepted, body, id, number};

/// Reads an answer as the client does: its headers, then its body or the problem that it states.
///
/// # Errors
/// The sentence that people would see.
pub async fn answer(response: Response) -> Result<String, String> {
    let headers = response.headers();
    for name in ["upload-offset", "upload-length", "retry-after"] {
        let _ = number(headers, name);
    }
    for name in ["onrecord-clip", "onrecord-recording"] {
        let _ = id(headers, name);
    }
    let why = |failure| match failure {
        Failure::Passing { why, .. } => why,
        Failure::Final(error) => error.to_string(),
    };
    body(accepted("fuzz", response).await.map_err(why)?).await.map_err(why)
}

/// An address that a server named, where it is one that the client's token may be sent to.
pub fn ours(client: &Client, address: &str) -> Option<String> {
    client.ours(address).map(Into::into)
}
