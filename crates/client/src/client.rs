//! One server, as a client sees it: its address, the token, how long to wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Certificate, Method, RequestBuilder, Response, Url};

use crate::ClientError;
use crate::answer::{Failure, body};

/// How a client behaves. Every duration and number has a default that suits a dock on a department's network.
#[derive(Debug, Clone)]
pub struct Options {
    /// Certificates that are trusted besides the system's, in PEM: for a server that made its own.
    pub root_certificates: Option<String>,
    /// Whether `http://` is allowed to another machine. It always is to this one.
    pub allow_plain_http: bool,
    /// How long connecting may take.
    pub connect: Duration,
    /// How long a request may stand still: no byte taken by the connection and no answer.
    pub stall: Duration,
    /// How many bytes one request brings at most. Memory does not depend on it.
    pub piece: u64,
    /// How often something is tried without any progress.
    pub tries: u32,
    /// The wait after the first failure; it doubles from try to try.
    pub first_pause: Duration,
    /// The longest wait between two tries.
    pub longest_pause: Duration,
    /// How long a clip's proof is waited for.
    pub receipt: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            root_certificates: None,
            allow_plain_http: false,
            connect: Duration::from_secs(10),
            stall: Duration::from_mins(1),
            piece: 64 << 20,
            tries: 8,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            receipt: Duration::from_mins(1),
        }
    }
}

/// Talks to one server with one token. Cheap to clone; its clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    pub(crate) options: Options,
}

impl Client {
    /// A client of the server at `base_url` (with or without a path), with the token that an administrator made.
    ///
    /// # Errors
    /// See [`ClientError`]: the address, the token or the certificate cannot be used, or evidence would travel
    /// unencrypted. Nothing is sent.
    pub fn new(base_url: &str, token: &str, options: Options) -> Result<Self, ClientError> {
        let base = address(base_url, options.allow_plain_http)?;
        let mut headers = HeaderMap::new();
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| ClientError::Token)?;
        if token.trim().is_empty() {
            return Err(ClientError::Token);
        }
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
            .connect_timeout(options.connect)
            // Evidence and the token go to the server that was named, and nowhere else.
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = &options.root_certificates {
            builder = builder.tls_certs_merge(certificates(pem)?);
        }
        let http = builder.build().map_err(|error| ClientError::Setup { why: error.to_string() })?;
        Ok(Self { http, base, options })
    }

    /// The verifier key of the server's ledger, as the server says it now. Trust it only as far as the connection.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn ledger_key(&self) -> Result<String, ClientError> {
        const DOING: &str = "fetch the ledger's key";
        let text = self.fetch(DOING, "ledger/key").await?;
        let key = text.trim();
        match onrecord_ledger::origin_of(key) {
            Ok(_) => Ok(key.to_owned()),
            Err(error) => Err(ClientError::Nonsense { doing: DOING, why: error.to_string() }),
        }
    }

    /// An address under that of the server.
    pub(crate) fn at(&self, path: &str) -> Result<Url, ClientError> {
        self.base.join(path).map_err(|_| ClientError::Address {
            url: format!("{}{path}", self.base),
            why: "it is no address",
        })
    }

    /// An address that somebody else named, where it is one of this server's: the token is sent to no other.
    pub(crate) fn ours(&self, address: &str) -> Option<Url> {
        let url = self.base.join(address).ok()?;
        (url.origin() == self.base.origin()).then_some(url)
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// Sends a request and waits as long as something moves: `moved` counts what the connection has taken.
    pub(crate) async fn send(&self, request: RequestBuilder, moved: &AtomicU64) -> Result<Response, Failure> {
        let mut sending = std::pin::pin!(request.send());
        let mut seen = moved.load(Ordering::Relaxed);
        loop {
            if let Ok(answer) = tokio::time::timeout(self.options.stall, &mut sending).await {
                return answer.map_err(Failure::from);
            }
            let now = moved.load(Ordering::Relaxed);
            if now == seen {
                let seconds = self.options.stall.as_secs();
                return Err(Failure::passing(format!("the server stood still for {seconds} s")));
            }
            seen = now;
        }
    }

    /// The text of an answer, with the same patience.
    pub(crate) async fn text(&self, response: Response) -> Result<String, Failure> {
        match tokio::time::timeout(self.options.stall, body(response)).await {
            Ok(text) => text,
            Err(_) => Err(Failure::passing("the server's answer broke off")),
        }
    }
}

fn address(text: &str, allow_plain_http: bool) -> Result<Url, ClientError> {
    let refuse = |why| ClientError::Address { url: text.to_owned(), why };
    let mut url: Url = text.trim().parse().map_err(|_| refuse("it is no address"))?;
    let Some(host) = url.host_str() else { return Err(refuse("it names no host")) };
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match url.scheme() {
        "https" => {}
        "http" if is_here || allow_plain_http => {}
        "http" => return Err(ClientError::Unencrypted { url: text.to_owned() }),
        _ => return Err(refuse("it begins with neither https:// nor http://")),
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(refuse("it must hold no user, no password, no ? and no #"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn certificates(pem: &str) -> Result<Vec<Certificate>, ClientError> {
    let read = Certificate::from_pem_bundle(pem.as_bytes())
        .map_err(|error| ClientError::Certificate { why: error.to_string() })?;
    if read.is_empty() {
        return Err(ClientError::Certificate { why: "there is none in it".to_owned() });
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(url: &str) -> Result<Client, ClientError> {
        Client::new(url, "secret-token", Options::default())
    }

    #[test]
    fn evidence_does_not_travel_in_the_open() {
        assert!(matches!(client("http://records.example.org"), Err(ClientError::Unencrypted { .. })));
        assert!(client("http://127.0.0.1:8080").is_ok());
        assert!(client("https://records.example.org").is_ok());
        let options = Options { allow_plain_http: true, ..Options::default() };
        assert!(Client::new("http://records.example.org", "t", options).is_ok());
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for url in
            ["", "records", "ftp://a.example", "https://u:p@a.example", "https://a.example?x", "file:///a"]
        {
            assert!(client(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_token_is_shown_to_nobody_and_sent_to_no_other_host() {
        let client = client("https://records.example.org/onrecord").unwrap();
        assert!(!format!("{client:?}").contains("secret-token"));
        assert!(client.ours("https://elsewhere.example/api/v1/uploads/1").is_none());
        assert!(client.ours("//elsewhere.example/1").is_none());
        assert!(client.ours("http://records.example.org/api/v1/uploads/1").is_none());
        let ours = client.ours("/api/v1/uploads/1").unwrap();
        assert_eq!(ours.as_str(), "https://records.example.org/api/v1/uploads/1");
        let below = client.at("api/v1/uploads").unwrap();
        assert_eq!(below.as_str(), "https://records.example.org/onrecord/api/v1/uploads");
    }

    #[test]
    fn a_token_of_two_lines_and_a_certificate_that_is_none_are_refused() {
        assert!(matches!(
            Client::new("https://a.example", "a\nb", Options::default()),
            Err(ClientError::Token)
        ));
        assert!(matches!(Client::new("https://a.example", " ", Options::default()), Err(ClientError::Token)));
        let options = Options { root_certificates: Some("no".into()), ..Options::default() };
        assert!(matches!(
            Client::new("https://a.example", "a", options),
            Err(ClientError::Certificate { .. })
        ));
    }
}
