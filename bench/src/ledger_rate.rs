//! How many ledger entries a second are durable, sequenced and under a signed checkpoint, and how long an inclusion proof
//! takes. `ledger-rate DATABASE-URL|sqlite FOLDER [ENTRIES]`; prints one line of JSON.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use onrecord_ledger::{Entry, Kind};
use onrecord_server::{Config, open};
use onrecord_store::commit;
use onrecord_store::ledger::{NewEntry, add_all};

/// Entries in a transaction: what an import, or a busy second of looks and seals, writes together.
const TOGETHER: usize = 100;
/// Transactions that are under way at a time.
const WRITERS: usize = 8;
/// Proofs that are timed.
const PROOFS: u64 = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let database = words.next().ok_or("Say which database: sqlite, or postgres://…")?;
    let folder = PathBuf::from(words.next().ok_or("Say which folder.")?);
    let entries: usize = words.next().map_or(Ok(200_000), |entries| entries.parse())?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measure(&database, folder, entries))
}

async fn measure(database: &str, folder: PathBuf, entries: usize) -> Result<(), Box<dyn Error>> {
    let mut config = Config::for_data(&folder.join("data"));
    config.database.url = (database != "sqlite").then(|| database.to_owned());
    let program = open(&config, open::system_world()).await?.program;
    program.publish(0).await?;

    let started = Instant::now();
    let writers = (0..WRITERS).map(|writer| {
        let program = Arc::clone(&program);
        tokio::spawn(async move {
            for _ in 0..entries / TOGETHER / WRITERS {
                let batch = (0..TOGETHER).map(|_| entry(&program, writer)).collect::<Result<Vec<_>, _>>()?;
                let mut tx = program.store.begin().await?;
                add_all(&mut tx, &batch).await?;
                commit(tx).await?;
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(())
        })
    });
    let writers: Vec<_> = writers.collect();
    let sequencing = {
        let program = Arc::clone(&program);
        tokio::spawn(async move {
            loop {
                if program.run_sequencer().await.is_err() {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        })
    };
    for writer in writers {
        writer.await?.map_err(|error| error.to_string())?;
    }
    let durable = started.elapsed().as_secs_f64();
    program.run_sequencer().await?;
    let integrated = started.elapsed().as_secs_f64();
    sequencing.abort();

    let size = program.tree_state().await?.integrated;
    let mut micros = Vec::new();
    for place in (0..PROOFS).map(|proof| proof * 7_919 % size) {
        let started = Instant::now();
        program.prove_inclusion(place).await?.ok_or("an entry has no proof")?;
        micros.push(started.elapsed().as_micros());
    }
    micros.sort_unstable();
    let done = (entries / TOGETHER / WRITERS) * TOGETHER * WRITERS;
    println!(
        "{{\"database\":\"{}\",\"entries\":{done},\"durable_per_second\":{:.0},\"integrated_per_second\":{:.0},\
         \"proof_median_us\":{},\"proof_p99_us\":{}}}",
        if database == "sqlite" { "sqlite" } else { "postgres" },
        done as f64 / durable,
        done as f64 / integrated,
        micros.get(micros.len() / 2).copied().unwrap_or_default(),
        micros.get(micros.len() * 99 / 100).copied().unwrap_or_default(),
    );
    Ok(())
}

fn entry(
    program: &onrecord_program::Program,
    writer: usize,
) -> Result<NewEntry, Box<dyn Error + Send + Sync>> {
    let subject = program.world.id().to_string();
    let entry = Entry {
        at: program.world.now(),
        kind: Kind::Accessed,
        subject: subject.clone(),
        actor: format!("token:{writer}"),
        reason: "measured".to_owned(),
        facts: serde_json::Map::new(),
    };
    Ok(NewEntry { kind: entry.kind.name(), subject, entry: entry.canonical()?, salt: program.world.random() })
}
