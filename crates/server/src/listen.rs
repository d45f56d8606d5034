//! Connections: accepts them, plain or with TLS, and lets them finish when the server stops.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::{Peer, ServerError};

/// How long a client may take to send its headers.
const HEADERS: Duration = Duration::from_secs(30);
/// How many bytes are read from a socket at once: few enough that the allocator keeps and gives the same memory again.
const READ_AT_ONCE: usize = 128 * 1024;
/// How long requests may take to finish when the server stops.
const FINISH: Duration = Duration::from_secs(20);

pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| ServerError::doing(format!("The server cannot listen on {address}"))(&error))
}

pub(crate) fn address(listener: &TcpListener) -> Result<SocketAddr, ServerError> {
    listener
        .local_addr()
        .map_err(|error| ServerError::doing("The server cannot tell where it listens")(&error))
}

/// Accepts connections until the server stops; then waits for those that are open.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<Arc<TlsAcceptor>>,
    routes: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        match accepted {
            Ok((stream, from)) => {
                open.spawn(connection(stream, from.ip(), tls.clone(), routes.clone(), stopped.clone()));
            }
            // Out of descriptors, say: those that are open go on.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    let all = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH, all).await.is_err() {
        tracing::warn!("some requests did not finish in time; their clients will try again");
    }
}

async fn connection(
    stream: TcpStream,
    from: IpAddr,
    tls: Option<Arc<TlsAcceptor>>,
    routes: Router,
    stopped: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return speak(stream, from, routes, stopped).await };
    match tokio::time::timeout(HEADERS, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, from, routes, stopped).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    from: IpAddr,
    routes: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let routes = routes.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(from));
        request.map(axum::body::Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(READ_AT_ONCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            return;
        }
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
