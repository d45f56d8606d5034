//! Collecting cosignatures: each witness is shown that what we publish extends what it saw last.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_ledger::{Checkpoint, take_cosignature};
use onrecord_program::Program;
use onrecord_store::{commit, ledger, settings};

use crate::config::WitnessConfig;

/// How long a witness may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks a witness to cosign a published checkpoint, and keeps its cosignature.
pub(crate) async fn cosign(
    program: &Arc<Program>,
    witness: &WitnessConfig,
    note: &str,
    published_at: i64,
) -> Result<(), String> {
    let Checkpoint { origin, size, .. } =
        Checkpoint::read_unverified(note).map_err(|error| error.to_string())?;
    let remembered = format!("witness.{}.{origin}.size", witness.key);
    let last = settings::get(&program.store, &remembered).await.map_err(|error| error.to_string())?;
    let last = last.and_then(|size| size.parse().ok()).unwrap_or(0);
    let answer = match ask(program, witness, note, last, size).await? {
        Answer::Cosigned(answer) => answer,
        // It saw another size last: once more from there.
        Answer::SawLast(seen) => match ask(program, witness, note, seen, size).await? {
            Answer::Cosigned(answer) => answer,
            Answer::SawLast(seen) => return Err(format!("it says that it saw {seen} entries last, twice")),
        },
    };
    // Another witness may have cosigned meanwhile: add to what is published now.
    let now = ledger::published(&program.store).await.map_err(|error| error.to_string())?;
    let current = now.filter(|(_, at)| *at == published_at).map_or_else(|| note.to_owned(), |(note, _)| note);
    let (cosigned, _) =
        take_cosignature(&current, &answer, &witness.key).map_err(|error| error.to_string())?;
    program.add_cosignatures(size, &cosigned, published_at).await.map_err(|error| error.to_string())?;
    let mut tx = program.store.begin().await.map_err(|error| error.to_string())?;
    settings::set(&mut tx, &remembered, &size.to_string()).await.map_err(|error| error.to_string())?;
    commit(tx).await.map_err(|error| error.to_string())
}

enum Answer {
    Cosigned(String),
    SawLast(u64),
}

async fn ask(
    program: &Arc<Program>,
    witness: &WitnessConfig,
    note: &str,
    old: u64,
    size: u64,
) -> Result<Answer, String> {
    let proof = if old == 0 || old > size {
        Vec::new()
    } else {
        program.prove_consistency(old, size).await.map_err(|error| error.to_string())?
    };
    let mut body = format!("old {old}\n");
    for hash in proof {
        let _ = writeln!(body, "{}", STANDARD.encode(hash));
    }
    let _ = write!(body, "\n{note}");
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(|error| error.to_string())?;
    let url = format!("{}/add-checkpoint", witness.url.trim_end_matches('/'));
    let answer = client.post(url).body(body).send().await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| error.to_string())?;
    match status.as_u16() {
        200 => Ok(Answer::Cosigned(text)),
        409 => {
            text.trim().parse().map(Answer::SawLast).map_err(|_| "it answered 409 without a size".to_owned())
        }
        status => Err(format!("it answered {status}: {}", text.chars().take(200).collect::<String>())),
    }
}
