//! `onrecord serve`: the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use onrecord_server::{Config, Opened, open};
use tokio::signal::unix::{SignalKind, signal};

/// Take recordings in, keep them, prove it
///
/// The first start makes everything it needs: the data folder with its database and evidence, and
/// beside it the key folder. Then:
///
///   onrecord admin token create --data DIR --role intake     a token for uploads
///   onrecord admin connection-file --data DIR                what an Axis system loads
///
/// The key folder is in no backup of the data folder, on purpose. Copy it to a safe place that is
/// not connected to anything, and say so with `onrecord admin keys confirm-copy --data DIR`.
///
/// Listens on this machine only, until you say otherwise. Logs are JSON on standard error.
/// Stops cleanly on SIGTERM and Ctrl-C.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct ServeCommand {
    #[command(flatten)]
    place: Place,
    /// Where to speak HTTP [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where to speak HTTPS, for cameras [default: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDR")]
    tls_listen: Option<SocketAddr>,
}

/// Where an installation is.
#[derive(Args)]
pub struct Place {
    /// The data folder; made where it is missing
    #[arg(long, value_name = "DIR", required_unless_present = "config")]
    pub data: Option<PathBuf>,
    /// The key folder [default: beside the data folder, named like it with -keys behind]
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// One TOML file instead; docs/operations.md lists its keys
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "keys"])]
    pub config: Option<PathBuf>,
}

impl Place {
    /// Reads the configuration.
    pub fn config(&self) -> Result<Config, String> {
        if let Some(file) = &self.config {
            return Config::read(file, std::env::vars()).map_err(|error| error.to_string());
        }
        let data = self.data.as_ref().ok_or("Say where the data folder is, with --data or --config.")?;
        let data = std::path::absolute(data).map_err(|error| format!("--data: {error}."))?;
        let mut config = Config::for_data(&data);
        config.keys.folder.clone_from(&self.keys);
        Ok(config)
    }
}

/// A runtime for the server's asynchronous work.
pub fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(onrecord_program::seats::THREADS)
        .build()
        .map_err(|error| format!("The threads of the server cannot be started: {error}."))
}

/// Logs as JSON on standard error; `RUST_LOG` chooses what.
pub fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// Runs the server until it is told to stop.
pub fn run(command: &ServeCommand) -> Result<ExitCode, String> {
    let mut config = command.place.config()?;
    if let Some(listen) = command.listen {
        config.server.listen = listen;
    }
    if let Some(listen) = command.tls_listen {
        config.server.tls_listen = Some(listen);
    }
    log();
    runtime()?.block_on(serve(&config)).map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config) -> Result<(), onrecord_server::ServerError> {
    let _lock = open::lock(config)?;
    let opened = open(config, open::system_world()).await?;
    warn_of_keys(config, &opened);
    if opened.is_restored {
        eprintln!(
            "onrecord: this is a restored copy. It takes nothing in until it has proved itself: onrecord admin \
             prove-restore --checkpoint FILE, with the last checkpoint that was published"
        );
    }
    let listening = |plain: SocketAddr, encrypted: Option<SocketAddr>| {
        say!("Onrecord answers at http://{plain}");
        if let Some(encrypted) = encrypted {
            say!("and, for cameras, at https://{encrypted}");
        }
    };
    onrecord_server::serve(config, opened, listening, told_to_stop()).await
}

/// Until an operator has confirmed a copy, every start says that there is none.
fn warn_of_keys(config: &Config, opened: &Opened) {
    if opened.keys_copied {
        return;
    }
    let folder = config.key_folder();
    eprintln!(
        "onrecord: nobody has confirmed an offline copy of the key folder {}. Without it, all evidence is lost with this \
         disk. Copy it to a safe place, then run: onrecord admin keys confirm-copy",
        folder.display()
    );
}

/// Resolves on SIGTERM and Ctrl-C.
pub async fn told_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
