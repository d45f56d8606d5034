//! The custody trail of a recording in plain words: what the ledger holds of it and its clips.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use onrecord_ledger::Entry;
use onrecord_store::{actors, cases, clips, ledger};
use serde_json::Value;

use crate::{Action, Principal, Program, ProgramError};

/// The reason of a hold that stands for a case, for those who may not know which.
pub(super) const A_CASE: &str = "in a case";

/// A step of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: i64,
    /// The kind of its ledger entry.
    pub kind: &'static str,
    /// What happened, in plain words.
    pub sentence: String,
    /// Who did it, by name.
    pub actor: String,
    /// The entry's place in the ledger; none until it has one.
    pub index: Option<u64>,
}

impl Program {
    /// What happened to a recording, the oldest first.
    ///
    /// # Errors
    /// Where there is none that the caller may see, or where the ledger cannot be read.
    pub async fn custody_trail(&self, who: &Principal, id: &str) -> Result<Vec<Step>, ProgramError> {
        self.recording_for(who, Action::View, id).await?;
        let mut kept = ledger::about(&self.store, id).await?;
        let clips = clips::of_recordings(&self.store, &[id.to_owned()]).await?;
        for clip in &clips {
            kept.extend(ledger::about(&self.store, &clip.id).await?);
        }
        kept.sort_by_key(|kept| kept.id);
        let names: HashMap<&str, &str> =
            clips.iter().map(|clip| (clip.id.as_str(), clip.name.as_str())).collect();
        let entries: Vec<(Entry, Option<u64>)> = kept
            .iter()
            .map(|kept| Ok((Entry::parse(&kept.entry)?, kept.place)))
            .collect::<Result<_, ProgramError>>()?;
        let people = self.actor_names(entries.iter().map(|(entry, _)| entry.actor.clone()).collect()).await?;
        let hidden = self.hidden_cases(who, &entries).await?;
        let step = |(entry, index): &(Entry, Option<u64>)| Step {
            at: entry.at,
            kind: entry.kind.name(),
            sentence: match case_of(entry).filter(|case| hidden.contains(*case)) {
                Some(_) => without_case(entry),
                None => sentence(entry, names.get(entry.subject.as_str()).copied()),
            },
            actor: people.get(&entry.actor).cloned().unwrap_or_else(|| entry.actor.clone()),
            index: *index,
        };
        Ok(entries.iter().map(step).collect())
    }

    /// The cases that entries speak of and that somebody may not know of: by number, and by id where a hold stands for one.
    async fn hidden_cases(
        &self,
        who: &Principal,
        entries: &[(Entry, Option<u64>)],
    ) -> Result<BTreeSet<String>, ProgramError> {
        let named: BTreeSet<&str> = entries.iter().filter_map(|(entry, _)| case_of(entry)).collect();
        let mut hidden = BTreeSet::new();
        for name in named {
            let by_number = cases::with_number(&self.store, name).await?.map(|case| case.id);
            if !self.may_know_case(who, by_number.as_deref().unwrap_or(name)).await? {
                hidden.insert(name.to_owned());
            }
        }
        Ok(hidden)
    }

    /// Names of actors, as far as they have one.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn actor_names(
        &self,
        actors: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, ProgramError> {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for actor in actors {
            let name = match actor.split_once(':') {
                Some(("person", id)) => actors::person(&self.store, id).await?,
                Some(("token", id)) => actors::token(&self.store, id).await?,
                _ => None,
            };
            let name = name.unwrap_or_else(|| actor.clone());
            names.insert(actor, name);
        }
        Ok(names)
    }
}

/// The case that an entry speaks of: its number, or its id.
fn case_of(entry: &Entry) -> Option<&str> {
    let said = entry.facts.get("said")?;
    let name = match entry.facts.get("what")?.as_str()? {
        "case" => "number",
        "hold" => "case_id",
        _ => return None,
    };
    said.get(name)?.as_str()
}

/// The same for those who may not know of the case.
fn without_case(entry: &Entry) -> String {
    match entry.facts.get("what").and_then(Value::as_str) {
        Some("hold") => format!("A hold was set. Reason: {A_CASE}"),
        _ => format!("The recording was {} a case.", entry.reason),
    }
}

/// An entry in plain words. `clip` is the name of the clip that it is about.
fn sentence(entry: &Entry, clip: Option<&str>) -> String {
    let fact = |name: &str| entry.facts.get(name).and_then(Value::as_str).unwrap_or_default();
    let file = clip.map_or_else(String::new, |name| format!(" {name}"));
    match entry.kind.name() {
        "recording.registered" => format!("The recording was announced (by {}).", fact("source")),
        "clip.sealed" => {
            let size = entry.facts.get("size").and_then(Value::as_u64).unwrap_or(0);
            format!(
                "The file {} was received and sealed: {size} bytes, SHA-256 {}.",
                fact("name"),
                fact("sha256")
            )
        }
        "recording.completed" => format!("Everything had arrived; the recording is {}.", fact("state")),
        "accessed" if fact("what") == "verified" => {
            format!("The bytes of{file} were read again and compared with their digest: {}.", fact("result"))
        }
        "accessed" if fact("what") == "downloaded" => {
            format!("The file{file} was downloaded. Reason: {}.", entry.reason)
        }
        "accessed" => format!("The file{file} was looked at. Reason: {}.", entry.reason),
        "recording.disposed" => format!("The recording was destroyed: {}.", entry.reason),
        "clock.offset" => "The offset of the camera's clock was measured.".to_owned(),
        _ => said(entry).unwrap_or_else(|| format!("{}: {}.", entry.kind.name(), entry.reason)),
    }
}

/// What somebody said of the recording.
fn said(entry: &Entry) -> Option<String> {
    let what = entry.facts.get("what")?.as_str()?;
    let said = entry.facts.get("said")?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or("nothing").to_owned();
    let list = |name: &str| -> Vec<String> {
        let list = said.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let reason = &entry.reason;
    Some(match what {
        "categories" => {
            let (added, removed) = (list("added"), list("removed"));
            let parts = [("put into", added), ("taken out of", removed)];
            let parts: Vec<String> = parts
                .into_iter()
                .filter(|(_, list)| !list.is_empty())
                .map(|(verb, list)| format!("{verb} {}", list.join(", ")))
                .collect();
            format!("The recording was {}.", parts.join(" and "))
        }
        "note" => format!("A note was written: {}", text("text")),
        "marker" if reason == "removed" => "A marker was removed.".to_owned(),
        "marker" => format!("A marker was set: {}", text("text")),
        "correction" if said.get("kind").and_then(Value::as_str) == Some("accidental") => {
            format!("The recording was said to be accidental. Reason: {reason}")
        }
        "correction" => format!(
            "The {} was corrected from {} to {}. Reason: {reason}",
            text("kind"),
            text("before"),
            text("after")
        ),
        "restriction" => match said.get("class").and_then(Value::as_str) {
            Some(class) => format!("The recording was restricted ({class}). Reason: {reason}"),
            None => format!("The restriction was taken away. Reason: {reason}"),
        },
        "hold" if reason == "lifted" => "A hold was lifted.".to_owned(),
        "hold" => format!("A hold was set. Reason: {reason}"),
        "alignment" => {
            let micros = said.get("offset_us").and_then(Value::as_i64).unwrap_or(0);
            format!("The picture's clock was moved by {} s. Reason: {reason}", micros as f64 / 1e6)
        }
        "record" => format!("The records system linked it with the {} {}.", text("kind"), text("record_id")),
        "case" => format!("The recording was {reason} the case {}.", text("number")),
        _ => return None,
    })
}
