//! The server: HTTP in front of the use cases of [`onrecord_program`], and the loops that keep them going.
//!
//! The folders tell what is where: `api` the JSON API with one file for each thing it serves, `axis` the content
//! destination that Axis body-worn systems deliver to, `ledger` the public ledger. [`config`] is the one TOML file,
//! [`open`] puts a program together from it, [`serve`] runs it.

mod api;
mod axis;
pub mod config;
#[doc(hidden)]
pub mod fuzzing;
mod headers;
mod health;
mod ledger;
mod listen;
mod logs;
mod loops;
mod metrics;
mod oidc;
pub mod open;
mod pages;
mod problem;
pub mod settings;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use onrecord_program::Program;
use tokio::sync::watch;

pub use axis::{ConnectionFile, connection_file};
pub use config::Config;
pub use open::{Opened, open};
pub use problem::Problem;

use metrics::Metrics;

/// Why the server could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The configuration cannot be used.
    #[error("{0}")]
    Config(String),
    /// Something that the server stands on failed.
    #[error("{doing}: {why}")]
    Failed {
        /// What was being done.
        doing: String,
        /// Why it failed.
        why: String,
    },
}

impl ServerError {
    pub(crate) fn doing(doing: impl Into<String>) -> impl FnOnce(&dyn std::fmt::Display) -> Self {
        let doing = doing.into();
        move |why| Self::Failed { doing, why: why.to_string() }
    }
}

/// What every handler is given.
pub(crate) struct Server {
    pub program: Arc<Program>,
    pub metrics: Metrics,
    /// What an Axis system signs in with.
    pub axis_key: String,
    /// Signs the tokens that Axis systems are given.
    pub axis_signer: aws_lc_rs::hmac::Key,
    /// Whether the server is stopping: answers without an end then end.
    pub stopping: AtomicBool,
    /// What is configured about people and how they sign in.
    pub site: Site,
}

/// What is configured about people and how they sign in.
pub(crate) struct Site {
    pub config: config::ServerConfig,
    pub sign_in: config::SignInConfig,
    pub provider: Option<oidc::Provider>,
    pub passkeys: Option<onrecord_program::people::passkeys::Site>,
}

impl Site {
    fn new(config: &Config) -> Result<Self, ServerError> {
        let public = config.server.public_url.as_deref().map(|url| url.trim_end_matches('/'));
        let provider = match (&config.oidc, public) {
            (None, _) => None,
            (Some(oidc), Some(public)) => Some(oidc::Provider::new(oidc, public)?),
            (Some(_), None) => {
                return Err(ServerError::Config(
                    "[oidc] needs public_url under [server]: the address under which browsers reach this server."
                        .to_owned(),
                ));
            }
        };
        let name = &config.server.name;
        let passkeys = public.and_then(|url| onrecord_program::people::passkeys::Site::new(url, name));
        Ok(Self { config: config.server.clone(), sign_in: config.sign_in.clone(), provider, passkeys })
    }
}

/// The address that a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub std::net::IpAddr);

/// Marks requests whose client speaks TLS: with us, or with a balancer that the configuration names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encrypted;

/// The state of handlers.
pub(crate) type Shared = Arc<Server>;

/// Every route.
fn routes(server: Shared) -> Router {
    Router::new()
        .merge(api::routes())
        .merge(axis::routes())
        .merge(ledger::routes())
        .merge(health::routes())
        .fallback(pages::page)
        .method_not_allowed_fallback(problem::not_by_this_method)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&server), headers::on_each_answer))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&server), logs::each_request))
        .with_state(server)
}

/// Runs the server until `stop` resolves; then lets requests finish and stops cleanly. `listening` is called with the
/// addresses once they answer.
///
/// # Errors
/// Where it cannot start.
pub async fn serve(
    config: &Config,
    opened: Opened,
    listening: impl FnOnce(SocketAddr, Option<SocketAddr>),
    stop: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    let site = Site::new(config)?;
    let plain = listen::bind(config.server.listen).await?;
    let encrypted = match config.server.tls_listen {
        Some(address) => Some((listen::bind(address).await?, tls::acceptor(&opened.program, config)?)),
        None => None,
    };
    let plain_at = listen::address(&plain)?;
    let encrypted_at = encrypted.as_ref().map(|(listener, _)| listen::address(listener)).transpose()?;
    open::remember_addresses(&opened.program, plain_at, encrypted_at).await?;

    let program = Arc::clone(&opened.program);
    let server = Arc::new(Server {
        program: Arc::clone(&program),
        metrics: Metrics::default(),
        axis_key: opened.axis_key,
        axis_signer: opened.axis_signer,
        stopping: AtomicBool::new(false),
        site,
    });
    let routes = routes(Arc::clone(&server));
    let (stopping, stopped) = watch::channel(false);
    if config.audit.policy.is_some() || config.audit.timezone.is_some() {
        let (policy, timezone) = (config.audit.policy.as_deref(), config.audit.timezone.as_deref());
        let configured = program.configure_audit(policy, timezone).await;
        configured
            .map_err(|error| ServerError::doing("[audit] in the configuration cannot be used")(&error))?;
    }
    // Whoever looks once the server answers finds everything of before under a checkpoint.
    let first = loops::publish_now(&program, &config.ledger).await;
    let loops = loops::start(&program, &config.ledger, first, &stopped);
    let mut accepting = vec![tokio::spawn(listen::accept(plain, None, routes.clone(), stopped.clone()))];
    if let Some((listener, acceptor)) = encrypted {
        accepting.push(tokio::spawn(listen::accept(
            listener,
            Some(acceptor),
            routes.layer(axum::Extension(Encrypted)),
            stopped.clone(),
        )));
    }
    listening(plain_at, encrypted_at);

    stop.await;
    tracing::info!("stopping");
    server.stopping.store(true, Ordering::Relaxed);
    program.live.bell.notify_waiters();
    let _ = stopping.send(true);
    for task in accepting.into_iter().chain(loops) {
        let _ = task.await;
    }
    if let Err(error) = program.run_sequencer().await {
        tracing::warn!(%error, "the last ledger entries will get their places at the next start");
    }
    program.store.close().await;
    Ok(())
}
