//! What goes on beside requests: the sequencer, the publisher, jobs, and uploads that expire.

use std::sync::Arc;
use std::time::Duration;

use onrecord_program::{Program, ProgramError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::LedgerConfig;

/// How often the sequencer looks, if nobody rings: entries get their places within a second.
const SEQUENCE: Duration = Duration::from_millis(400);
/// How often jobs are looked for, if nobody rings.
const JOBS: Duration = Duration::from_secs(1);
/// How often expired uploads are looked for.
const EXPIRY: Duration = Duration::from_mins(10);
/// How many jobs a node does at a time.
const WORKERS: usize = 2;

/// A checkpoint that was published, and when.
type Published = (String, i64);

/// Publishes what there is; none where that cannot be done yet.
pub(crate) async fn publish_now(program: &Arc<Program>, ledger: &LedgerConfig) -> Option<Published> {
    match program.publish(ledger.pad_to).await {
        Ok(published) => Some(published),
        Err(error) => {
            tracing::error!(%error, "no checkpoint could be published; it will be tried again");
            None
        }
    }
}

pub(crate) fn start(
    program: &Arc<Program>,
    ledger: &LedgerConfig,
    first: Option<Published>,
    stopped: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    let mut tasks = vec![
        tokio::spawn(until_stopped(stopped.clone(), sequence(Arc::clone(program)))),
        tokio::spawn(until_stopped(stopped.clone(), publish(Arc::clone(program), ledger.clone(), first))),
        tokio::spawn(until_stopped(stopped.clone(), expire(Arc::clone(program)))),
        tokio::spawn(until_stopped(stopped.clone(), forget_sessions(Arc::clone(program)))),
    ];
    for _ in 0..WORKERS {
        tasks.push(tokio::spawn(work(Arc::clone(program), stopped.clone())));
    }
    tasks
}

async fn until_stopped(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

async fn sequence(program: Arc<Program>) {
    loop {
        if let Err(error) = program.run_sequencer().await {
            tracing::error!(%error, "the ledger could not go on; it will be tried again");
            tokio::time::sleep(SEQUENCE).await;
        }
        let _ = tokio::time::timeout(SEQUENCE, program.live.bell.notified()).await;
    }
}

async fn publish(program: Arc<Program>, config: LedgerConfig, first: Option<Published>) {
    let every = Duration::from_secs(config.publish_every_seconds.max(1));
    let mut published = first;
    loop {
        if let Some((note, at)) = &published {
            collect_cosignatures(&program, &config, note, *at).await;
        }
        tokio::time::sleep(if published.is_some() { every } else { SEQUENCE * 5 }).await;
        published = publish_now(&program, &config).await;
    }
}

async fn collect_cosignatures(program: &Arc<Program>, config: &LedgerConfig, note: &str, at: i64) {
    for witness in &config.witnesses {
        if let Err(error) = crate::ledger::witnesses::cosign(program, witness, note, at).await {
            tracing::warn!(witness = witness.url, error, "a witness did not cosign");
        }
    }
}

async fn expire(program: Arc<Program>) {
    loop {
        match program.forget_expired().await {
            Ok(0) => tokio::time::sleep(EXPIRY).await,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "expired uploads could not be looked for");
                tokio::time::sleep(EXPIRY).await;
            }
        }
    }
}

async fn forget_sessions(program: Arc<Program>) {
    loop {
        if let Err(error) = program.forget_sessions().await {
            tracing::warn!(%error, "sessions that have ended could not be forgotten");
        }
        tokio::time::sleep(EXPIRY).await;
    }
}

async fn work(program: Arc<Program>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let done: Result<bool, ProgramError> = program.run_job().await;
        let wait = match done {
            Ok(true) => continue,
            Ok(false) => JOBS,
            Err(error) => {
                tracing::warn!(%error, "jobs could not be looked for");
                JOBS * 5
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = program.live.bell.notified() => {}
            _ = stopped.changed() => {}
        }
    }
}
